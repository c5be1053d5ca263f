"""`pantau up`: everything on one machine, started, watched and stopped by one command."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from devices.credentials_table import password_hashes
from ingest.service import COMPONENT
from pantau.brokers import prepare_broker, write_passwords
from pantau.console import Refusal, complain, say
from pantau.notify_service import read_outward
from pantau.parts import Folders, open_database, read_configuration
from pantau.processes import Family
from people.people_table import has_accounts
from storage.database import Database
from storage.heartbeat_table import heartbeats
from storage.ports import StorageUnavailable

_LOOK_EVERY_S = 0.5
_READY_WITHIN = timedelta(seconds=60)
DEFAULT_MQTT_PORT = 1883


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller of `pantau up` wants.

    Attributes:
        demo: A simulated city, open to everyone on this machine.
        port: Port of the page.
        mqtt_port: Port of the broker; None for 1883, or a free one when 1883 is taken.
        scenario: The simulated city's scenario; only for the demo.
    """

    demo: bool
    port: int
    mqtt_port: int | None
    scenario: str


def up(folders: Folders, wishes: Wishes) -> int:
    """Run until Ctrl-C or SIGTERM, and leave nothing behind.

    Raises:
        Refusal: It cannot run; the sentence says what to do.
        ConfigError: Any fault in the configuration.
    """
    configuration = read_configuration(folders)
    read_outward(folders, configuration)
    for problem in configuration.rule_problems:
        complain(f"refused rule file: {problem}")
    folders.state.prepare()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with folders.state.lock(), open_database(folders, configuration.settings) as database:
        _require_free(wishes.port, "page", "--port")
        family = Family(folders.state.logs)
        try:
            own_broker = configuration.settings.broker is None
            if own_broker:
                _start_broker(family, folders, wishes, configuration.sources.filters)
            _start_services(family, folders, wishes)
            _watch(family, folders, database, wishes, stop=stop)
        finally:
            family.stop()
    say("stopped")
    return 0


def _start_broker(family: Family, folders: Folders, wishes: Wishes, filters: Sequence[str]) -> None:
    port = _mqtt_port(wishes.mqtt_port)
    command = prepare_broker(folders.state, port=port, demo=wishes.demo, filters=filters)
    family.start("broker", command)
    name = "amqtt, embedded" if "pantau.embedded_broker" in command else "mosquitto"
    say(f"broker: {name}, 127.0.0.1:{port}")


def _mqtt_port(wanted: int | None) -> int:
    if wanted is not None:
        _require_free(wanted, "broker", "--mqtt-port")
        return wanted
    if _is_free(DEFAULT_MQTT_PORT):
        return DEFAULT_MQTT_PORT
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    complain(f"port {DEFAULT_MQTT_PORT} is taken by another program; Pantau's broker listens on {port}")
    return port


def _start_services(family: Family, folders: Folders, wishes: Wishes) -> None:
    places = ["--state", str(folders.state.folder), "--config", str(folders.config)]
    run = [sys.executable, "-m", "pantau"]
    family.start("ingest", [*run, "ingest", *places])
    family.start("notify", [*run, "notify", *places])
    demo = ["--demo"] if wishes.demo else []
    family.start("dashboard", [*run, "dashboard", *places, "--port", str(wishes.port), *demo])


def _start_city(family: Family, folders: Folders, wishes: Wishes) -> None:
    """Let the simulated city speak: only when ingest listens, for what comes before is kept for nobody."""
    places = ["--state", str(folders.state.folder), "--config", str(folders.config)]
    command = [sys.executable, "-m", "pantau", "simulate", *places, "--scenario", wishes.scenario]
    family.start("simulate", command)


def _watch(
    family: Family, folders: Folders, database: Database, wishes: Wishes, *, stop: threading.Event
) -> None:
    started_at = datetime.now(UTC)
    is_heard = is_ready = is_late = False
    while not stop.wait(_LOOK_EVERY_S):
        family.watch()
        _refresh_passwords(family, folders, database)
        if not is_heard and _ingest_is_well(database, started_at):
            is_heard = True
            if wishes.demo:
                _start_city(family, folders, wishes)
        if is_heard and not is_ready and _answers(wishes.port):
            is_ready = True
            _say_ready(database, wishes)
        if not is_ready and not is_late and datetime.now(UTC) - started_at > _READY_WITHIN:
            is_late = True
            complain(f"not ready after {_READY_WITHIN.seconds} s; the logs in {folders.state.logs} say why")


def _say_ready(database: Database, wishes: Wishes) -> None:
    say(f"ready: http://127.0.0.1:{wishes.port}")
    if wishes.demo:
        say("This is a simulated city, open to everyone on this machine. Ctrl-C stops it.")
    elif _somebody_may_sign_in(database):
        say("Sign in with your name and password. Ctrl-C stops Pantau.")
    else:
        say("Nobody can sign in yet: make the first account with `pantau users add NAME --role admin`.")


def _somebody_may_sign_in(database: Database) -> bool:
    with contextlib.suppress(StorageUnavailable), database.reading() as connection:
        return has_accounts(connection)
    return True  # unknown; the sign-in page will tell


def _refresh_passwords(family: Family, folders: Folders, database: Database) -> None:
    """Let a newly registered device connect without a restart of the broker."""
    try:
        with database.reading() as connection:
            hashes = password_hashes(connection)
    except StorageUnavailable:
        return
    if write_passwords(folders.state, hashes):
        family.signal("broker", signal.SIGHUP)


def _ingest_is_well(database: Database, since: datetime) -> bool:
    try:
        with database.reading() as connection:
            at, trouble = heartbeats(connection).get(COMPONENT, (since - timedelta(days=1), ""))
    except StorageUnavailable:
        return False
    return at >= since and not trouble


def _answers(port: int) -> bool:
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer,
    ):
        return bool(answer.status == 200)
    return False


def _require_free(port: int, what: str, option: str) -> None:
    if not _is_free(port):
        raise Refusal(
            f"port {port}, wanted for the {what}, is in use on 127.0.0.1;"
            f" stop the program that listens there or choose another port with {option}"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
