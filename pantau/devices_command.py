"""`pantau devices`: the installer's first way: add a sensor in one step, list them, look at one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from devices.credentials import hash_password, new_password
from devices.credentials_table import set_password_hash
from devices.registry import Device, Registration, Registry, Site
from devices.registry_table import AlreadyRegistered, read_registry, register
from devices.topics import RESERVED_IDS, telemetry_topic
from ingest.quarantine import first_heard
from ingest.registration import UNREGISTERED
from pantau.console import Refusal, say, say_json, say_table
from pantau.parts import Configuration, Folders, open_database, read_configuration
from pantau.users_command import os_user
from people.audit import COMMAND_LINE, Act, AuditEntry
from people.audit_table import audit
from storage.database import Database
from storage.dead_letters_table import dead_letters
from storage.latest_table import LatestValue, latest_values


def add(folders: Folders, given: argparse.Namespace) -> int:
    """Register a site, its hardware and the assignment in one step, and tell the device's password once."""
    configuration = read_configuration(folders)
    if given.kind not in configuration.kinds:
        raise Refusal(f"there is no kind '{given.kind}'; known: {', '.join(sorted(configuration.kinds))}")
    if given.id in RESERVED_IDS:
        raise Refusal(f"'{given.id}' has a meaning of its own on the broker; choose another id")
    try:
        site = Site(
            id=given.id,
            name=given.name,
            lat_deg=given.lat,
            lon_deg=given.lon,
            area=given.area,
            tags=tuple(given.tag),
        )
        device = Device(id=given.id, kind=given.kind)
    except ValueError as error:
        raise Refusal(str(error)) from error
    password = new_password()
    with open_database(folders, configuration.settings) as database:
        since = _stands_since(database, given.id, configuration)
        with database.transaction() as connection:
            try:
                added = register(connection, [Registration(site=site, device=device, since=since)])
            except AlreadyRegistered as error:
                raise Refusal(f"{error}; `pantau devices show {given.id}` tells what it is") from error
            if added:
                set_password_hash(connection, given.id, hash_password(password))
                audit(connection, _added(given))
    _tell_added(given, password if added else None)
    return 0


def _stands_since(database: Database, device_id: str, configuration: Configuration) -> datetime:
    """Return since when a new device stands at its site: now, or since it was first heard as a stranger."""
    with database.reading() as connection:
        waiting = dead_letters(connection, device_ids=[device_id], reason=UNREGISTERED)
    now = datetime.now(UTC)
    return min(now, first_heard(waiting, device_id, configuration.sources) or now)


def _added(given: argparse.Namespace) -> AuditEntry:
    return AuditEntry(
        at=datetime.now(UTC),
        by=os_user(),
        act=Act.DEVICE_ADDED,
        about=given.id,
        origin=COMMAND_LINE,
        details={"kind": given.kind, "name": given.name},
    )


def _tell_added(given: argparse.Namespace, password: str | None) -> None:
    topic = telemetry_topic(given.id)
    if given.json:
        say_json({"id": given.id, "topic": topic, "username": given.id, "password": password})
        return
    if password is None:
        say(f"{given.id} was registered already with the same facts; nothing changed.")
        return
    say(f"{given.id} is registered. Set this in the device:")
    say(f"  topic     {topic}")
    say(f"  username  {given.id}")
    say(f"  password  {password}   (told only now; Pantau keeps no copy)")


def list_devices(folders: Folders, given: argparse.Namespace) -> int:
    """List every device with where it stands and when it last spoke."""
    registry, latest, zone = _facts(folders)
    now = datetime.now(UTC)
    newest = {value.device_id: value.observed_at for value in sorted(latest, key=lambda v: v.observed_at)}
    rows = []
    for device in sorted(registry.devices.values(), key=lambda d: d.id):
        site = registry.site_of(device.id, now)
        spoke = newest.get(device.id)
        rows.append(
            {
                "id": device.id,
                "kind": device.kind,
                "site": site.name if site else None,
                "simulated": "yes" if device.simulated else "no",
                "last spoke": _clock(spoke, zone) if spoke else "never",
            }
        )
    if given.json:
        say_json(rows)
    elif rows:
        say_table(rows)
    else:
        say("No device is registered yet; `pantau devices add` registers one.")
    return 0


def show(folders: Folders, given: argparse.Namespace) -> int:
    """Show one device: where it stood and stands, and its latest values."""
    registry, latest, zone = _facts(folders)
    device = registry.devices.get(given.id)
    if device is None:
        raise Refusal(f"there is no device '{given.id}'; `pantau devices list` names those that are")
    own = [value for value in latest if value.device_id == device.id]
    facts = _described(registry, device, own, zone)
    if given.json:
        say_json(facts)
        return 0
    for name, fact in facts.items():
        say(f"{name}: {fact}" if not isinstance(fact, list) else f"{name}:")
        if isinstance(fact, list):
            say_table(fact)
    return 0


def _clock(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant on the city's wall clock."""
    return at.astimezone(zone).isoformat(timespec="seconds")


def _described(
    registry: Registry, device: Device, latest: Sequence[LatestValue], zone: ZoneInfo
) -> dict[str, object]:
    return {
        "id": device.id,
        "kind": device.kind,
        "simulated": device.simulated,
        "topic": telemetry_topic(device.id),
        "assignments": [
            {
                "site": a.site_id,
                "name": registry.sites[a.site_id].name,
                "lat": registry.sites[a.site_id].lat_deg,
                "lon": registry.sites[a.site_id].lon_deg,
                "since": _clock(a.since, zone),
                "until": _clock(a.until, zone) if a.until else None,
            }
            for a in registry.assignments_of(device.id)
        ],
        "latest": [
            {
                "metric": v.metric,
                "value": v.value,
                "observed_at": _clock(v.observed_at, zone),
                "flag": v.flag.name.lower(),
            }
            for v in sorted(latest, key=lambda v: v.metric)
        ],
    }


def _facts(folders: Folders) -> tuple[Registry, list[LatestValue], ZoneInfo]:
    settings = read_configuration(folders).settings
    with open_database(folders, settings) as database, database.reading() as connection:
        return read_registry(connection), latest_values(connection), ZoneInfo(settings.time_zone)
