"""`pantau doctor`: is everything that Pantau stands on in order, and if not, what to do."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.trial.scope_faults import absences
from config.problems import ConfigError
from config.settings import InfluxAddress, Settings
from ingest.service import COMPONENT
from pantau.brokers import broker_address, mosquitto
from pantau.console import Refusal, say, say_json
from pantau.notifications_health import notifications_in_order
from pantau.parts import (
    Configuration,
    Folders,
    open_database,
    open_readings,
    read_configuration,
    registered_sites,
)
from pantau.signs_of_life import life
from storage.heartbeat_table import heartbeats
from storage.influx import InfluxReadings
from storage.ports import StorageMisconfigured, StorageUnavailable

_DISK_WANTED_BYTES = 1_000_000_000
_CONNECT_WITHIN_S = 3.0
# No release of Pantau is older: an earlier clock is certainly wrong.
_CLOCK_NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        check: What was looked at.
        ok: Whether it is in order.
        says: What was seen, and when it is not in order, what to do.
    """

    check: str
    ok: bool
    says: str


def doctor(folders: Folders, *, as_json: bool) -> int:
    """Tell every finding; 0 when all is in order, 1 when something is not."""
    findings = examine(folders)
    if as_json:
        say_json([{"check": f.check, "ok": f.ok, "says": f.says} for f in findings])
    else:
        for finding in findings:
            say(f"{'ok  ' if finding.ok else 'MEND'}  {finding.check:14}  {finding.says}")
    return 0 if all(finding.ok for finding in findings) else 1


def examine(folders: Folders) -> list[Finding]:
    """Return all findings, in the order in which a person would mend them."""
    try:
        configuration = read_configuration(folders)
    except ConfigError as error:
        return [Finding(check="configuration", ok=False, says=str(error))]
    settings = configuration.settings
    checks: list[tuple[str, Callable[[], str]]] = [
        ("configuration", lambda: _configuration(configuration)),
        ("state folder", lambda: _state_folder(folders)),
        ("disk", lambda: _disk(folders)),
        ("clock", _clock),
        ("database", lambda: _database(folders, settings)),
        ("rules", lambda: _rules(folders, configuration)),
        ("readings", lambda: _readings(folders, settings)),
        ("broker", lambda: _broker(folders, settings)),
        ("ingest", lambda: _ingest(folders, settings)),
        ("notifications", lambda: notifications_in_order(folders, configuration)),
    ]
    return [_finding(name, check) for name, check in checks]


def _finding(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(check=name, ok=True, says=check())
    except (Refusal, StorageUnavailable, StorageMisconfigured, OSError) as error:
        return Finding(check=name, ok=False, says=str(error))


def _configuration(configuration: Configuration) -> str:
    if configuration.rule_problems:
        raise Refusal("; ".join(str(problem) for problem in configuration.rule_problems))
    return f"{len(configuration.kinds)} kinds and {len(configuration.rules)} rules"


def _state_folder(folders: Folders) -> str:
    folders.state.prepare()
    return f"{folders.state.folder} can be written"


def _disk(folders: Folders) -> str:
    free = shutil.disk_usage(folders.state.folder).free
    if free < _DISK_WANTED_BYTES:
        raise Refusal(f"only {free / 1e9:.1f} GB free; make room or move the state folder with --state")
    return f"{free / 1e9:.0f} GB free"


def _clock() -> str:
    now = datetime.now(UTC)
    if now < _CLOCK_NOT_BEFORE:
        raise Refusal(f"it says {now:%Y-%m-%d}; set it, and let a time service keep it")
    asked = shutil.which("timedatectl")
    if asked is None:
        return f"{now:%Y-%m-%d %H:%M:%S} UTC; whether a time service keeps it cannot be told here"
    answer = subprocess.run(
        [asked, "show", "--property=NTPSynchronized", "--value"],
        capture_output=True,
        text=True,
        timeout=5,
        check=False,
    ).stdout.strip()
    if answer == "no":
        raise Refusal("no time service keeps it; switch one on: timedatectl set-ntp true")
    kept = "kept by a time service" if answer == "yes" else "whether a time service keeps it cannot be told"
    return f"{now:%Y-%m-%d %H:%M:%S} UTC; {kept}"


def _database(folders: Folders, settings: Settings) -> str:
    with open_database(folders, settings) as database, database.reading() as connection:
        heartbeats(connection)
    return "answers, schema up to date"


def _rules(folders: Folders, configuration: Configuration) -> str:
    rules = configuration.rules
    found = absences(rules, registered_sites(folders), configuration.kinds)
    told = [f"rule '{absence.rule_id}': {absence.message}" for absence in found if not absence.is_note]
    if told:
        raise Refusal(f"{'; '.join(told)}; `pantau rules check` tells the places")
    waiting = len({absence.rule_id for absence in found})
    says = "what they name is there"
    return f"{says}; {waiting} of {len(rules)} wait for a threshold of a site" if waiting else says


def _readings(folders: Folders, settings: Settings) -> str:
    if settings.influxdb.url:
        return _influxdb(settings.influxdb)
    with open_readings(folders, settings) as readings:
        now = datetime.now(UTC)
        next(readings.read("flood", start=now - timedelta(minutes=1), end=now), None)
    return "embedded store answers"


def _influxdb(address: InfluxAddress) -> str:
    store = InfluxReadings(address)
    try:
        return store.check()
    finally:
        store.close()


def _broker(folders: Folders, settings: Settings) -> str:
    address = broker_address(settings, folders.state)
    place = f"{address.host}:{address.port}"
    try:
        socket.create_connection((address.host, address.port), timeout=_CONNECT_WITHIN_S).close()
    except OSError as error:
        raise Refusal(
            f"nothing answers at {place} ({error}); start it, or everything with `pantau up`"
        ) from error
    kind = "" if mosquitto() or settings.broker else "; embedded, install mosquitto for a city that lasts"
    return f"answers at {place}{kind}"


def _ingest(folders: Folders, settings: Settings) -> str:
    with open_database(folders, settings) as database, database.reading() as connection:
        seen = heartbeats(connection).get(COMPONENT)
    return life(seen, "pantau ingest")
