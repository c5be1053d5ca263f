"""What Pantau's stores, processes and disks tell of themselves at one moment, each as far as it answers."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alerts.telling.deliveries_table import Post, post
from config.problems import Problem
from dashboard.parts import Installation, Parts
from devices.kinds import OWN_KIND
from storage.books_table import Balance, balance, counted_since
from storage.dead_letters_table import LetterCount, letter_counts
from storage.health_table import health
from storage.heartbeat_table import heartbeats
from storage.latest_table import arrivals
from storage.ports import ReadingReader, StorageMisconfigured, StorageUnavailable
from storage.readings import Reading
from storage.spool import Spool
from storage.versions import DatabaseVersion, database_version

_NEWEST = 1000
_OWN_SPAN = timedelta(hours=1)
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A file or folder of state: how large it is, and how much room its disk has left, in bytes."""

    name: str
    size_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFacts:
    """What is known at one moment.

    Attributes:
        database: Which one answers.
        health: The newest numbers that ingest told of itself.
        heartbeats: Component to its last sign of life and what troubled it then.
        recent: The books since `recent_since`.
        recent_since: The last full hour's beginning, or when counting began after it.
        day: The books since `day_since`, about a day.
        arrivals: When the newest values were observed and received.
        letters: Dead letters by reason.
        post: Notifications by channel.
        own: Ingest's own readings of the last hour, oldest first; None when the store did not answer.
        store_trouble: What the store of readings says, "" when it answers.
        spooled_at: When the oldest reading that waits for the store was received; None for none or unknown.
        disks: Sizes and room; empty when nobody said where the state is.
        rule_problems: Faults of rule files that are refused.
    """

    database: DatabaseVersion
    health: Mapping[str, float]
    heartbeats: Mapping[str, tuple[datetime, str]]
    recent: Balance
    recent_since: datetime
    day: Balance
    day_since: datetime
    arrivals: Sequence[tuple[datetime, datetime]]
    letters: Sequence[LetterCount]
    post: Sequence[Post]
    own: Sequence[Reading] | None = None
    store_trouble: str = ""
    spooled_at: datetime | None = None
    disks: Sequence[Disk] = ()
    rule_problems: Sequence[Problem] = ()


def read_system(parts: Parts, now: datetime) -> SystemFacts:
    """Return what is known at `now`.

    Raises:
        StorageUnavailable: The operational database does not answer.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    recent_since, day_since = hour - timedelta(hours=1), hour - _DAY
    about = parts.installation
    own, store_trouble = _own_readings(parts.readings, now)
    with parts.database.reading() as connection:
        return SystemFacts(
            database=database_version(connection),
            health=health(connection, "ingest"),
            heartbeats=heartbeats(connection),
            recent=balance(connection, since=recent_since),
            recent_since=counted_since(connection, recent_since) or recent_since,
            day=balance(connection, since=day_since),
            day_since=day_since,
            arrivals=arrivals(connection, limit=_NEWEST),
            letters=letter_counts(connection),
            post=post(connection),
            own=own,
            store_trouble=store_trouble,
            spooled_at=_spooled_at(about),
            disks=_disks(about),
            rule_problems=tuple(about.rule_problems()) if about else (),
        )


def _own_readings(readings: ReadingReader, now: datetime) -> tuple[list[Reading] | None, str]:
    try:
        return list(readings.read(OWN_KIND, start=now - _OWN_SPAN, end=now + timedelta(minutes=1))), ""
    except (StorageUnavailable, StorageMisconfigured) as error:
        return None, str(error)


def _spooled_at(about: Installation | None) -> datetime | None:
    if about is None:
        return None
    with contextlib.suppress(StorageUnavailable):
        waiting = Spool(about.state_folder / "spool.sqlite", capacity_bytes=_UNBOUNDED_BYTES).oldest(1)
        return waiting[0][1].received_at if waiting else None
    return None


# This reader adds nothing; ingest alone holds the spool to its bound.
_UNBOUNDED_BYTES = 1 << 40


def _disks(about: Installation | None) -> list[Disk]:
    if about is None:
        return []
    names = ("pantau.sqlite", "readings.sqlite", "spool.sqlite", "broker", "logs")
    return [_disk(about.state_folder / name) for name in names if (about.state_folder / name).exists()]


def _disk(path: Path) -> Disk:
    files = [path, path.with_name(f"{path.name}-wal")] if path.is_file() else list(path.rglob("*"))
    size = 0
    for file in files:
        with contextlib.suppress(OSError):  # gone between listing and asking
            size += file.stat().st_size
    return Disk(name=path.name, size_bytes=size, free_bytes=shutil.disk_usage(path.parent).free)
