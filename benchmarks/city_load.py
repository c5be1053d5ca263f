"""A city of any size in a real operational database, and what its sensors say each second."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import case, update

from devices.kinds import load_kinds
from devices.registry import Device, Registration, Site
from devices.registry_table import register
from storage.database import Database
from storage.heartbeat_table import beat
from storage.latest_table import LATEST, last_change, record_latest
from storage.readings import Flag, Reading

_GROUPS = 100
_KINDS = ("traffic", "flood", "air")
_SIDE_DEG = 0.2
_FLICKERING = "000"  # one group in a hundred changes its state, too, every second


def seed(folder: Path, sensors: int) -> Database:
    """Return the database of a city whose sensors have all just spoken."""
    database = Database.in_folder(folder)
    database.upgrade()
    kinds = load_kinds(Path("config") / "kinds")
    now = datetime.now(UTC)
    names = [(number, f"s{number % _GROUPS:03d}-{number}") for number in range(sensors)]
    with database.transaction() as connection:
        register(connection, [_registration(number, name, sensors, now) for number, name in names])
        record_latest(
            connection,
            [
                Reading(
                    device_id=name,
                    site_id=name,
                    kind=_kind(number),
                    observed_at=now,
                    received_at=now,
                    values={kinds[_kind(number)].primary: float(number % 90)},
                    flags={},
                )
                for number, name in names
            ],
        )
    return database


def _kind(number: int) -> str:
    return _KINDS[number % len(_KINDS)]


def _registration(number: int, name: str, sensors: int, now: datetime) -> Registration:
    """Return a sensor's place: all stand in a square grid over the city."""
    columns = round(sensors**0.5) + 1
    row, column = divmod(number, columns)
    site = Site(
        id=name,
        name=f"Titik {number}",
        lat_deg=-7.63 - _SIDE_DEG / 2 + _SIDE_DEG * row / columns,
        lon_deg=111.52 - _SIDE_DEG / 2 + _SIDE_DEG * column / columns,
    )
    device = Device(id=name, kind=_kind(number))
    return Registration(site=site, device=device, since=now - timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How much of a city changes every second: a share of the values, and the state of one in a hundred."""

    share: float

    @property
    def last_group(self) -> str:
        """The first name behind those that change."""
        return f"s{round(self.share * _GROUPS):03d}"


class Speaking:
    """Lets a share of the sensors speak once a second, from a thread, while it is entered."""

    def __init__(self, database: Database, change: Change) -> None:
        self._database = database
        self._change = change
        self._quiet = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Speaking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._quiet.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._quiet.is_set():
            speak(self._database, self._change)
            due += 1.0
            self._quiet.wait(max(0.0, due - time.monotonic()))


def speak(database: Database, change: Change) -> None:
    """Give a share of the sensors a new value of this moment."""
    now = datetime.now(UTC)
    flickers = LATEST.c.device_id.like(f"s{_FLICKERING}-%")
    turned = case((LATEST.c.flag == int(Flag.GOOD), int(Flag.FAIL)), else_=int(Flag.GOOD))
    with database.transaction() as connection:
        spoken = update(LATEST).where(LATEST.c.device_id < change.last_group)
        connection.execute(
            spoken.values(
                value=LATEST.c.value + 1,
                flag=case((flickers, turned), else_=LATEST.c.flag),
                observed_at=now,
                received_at=now,
                change=last_change(connection) + 1,
            )
        )
        beat(connection, "ingest", now, trouble="")
