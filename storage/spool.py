"""Readings that wait on disk for a store that is away: bounded, in order, durable."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from storage.clock import from_us, to_us
from storage.ports import StorageUnavailable
from storage.readings import Flag, Reading
from storage.sqlite_faults import is_fault_of_the_file, sentence

_BUSY_TIMEOUT_S = 10.0
# Taking away from the queue needs a little room too, for SQLite's log: a disk that is filled to its last
# block would keep the queue for good, even with its store back.
_HEADROOM_BYTES = 1_000_000


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class SpoolFull(StorageUnavailable):
    """The spool holds all it may, or its disk does. Stop acknowledging: the broker holds the rest."""


class Spool:
    """A queue of readings in one SQLite file.

    One thread appends and another takes away; each call uses a connection of its own making and is short.
    When `append` returns, the readings survive a power cut (`synchronous=FULL`).

    Args:
        path: The file; made when the first reading is appended.
        capacity_bytes: How large the file may grow, at least 64 KiB.
        free_bytes: Tells how much room is left on the disk of a folder.
    """

    def __init__(
        self, path: Path, *, capacity_bytes: int, free_bytes: Callable[[Path], int] = _free_bytes
    ) -> None:
        if capacity_bytes < 65_536:
            raise ValueError("a spool below 64 KiB holds nothing worth the name")
        self._path = path
        self._capacity_bytes = capacity_bytes
        self._free_bytes = free_bytes

    def append(self, readings: Sequence[Reading]) -> None:
        """Queue the readings behind all others, all of them or none.

        Raises:
            SpoolFull: There is no room for them; nothing was queued.
            StorageUnavailable: The file cannot be used; nothing was queued.
        """
        texts = [_text(reading) for reading in readings]
        self._require_room(sum(len(text) for text in texts))
        with self._opened() as connection, connection:
            connection.executemany("INSERT INTO spool (reading) VALUES (?)", ((text,) for text in texts))

    def oldest(self, limit: int, *, after: int = 0) -> list[tuple[int, Reading]]:
        """Return up to `limit` readings, oldest first, each with its number; only those behind a number."""
        if not self._path.exists():
            return []
        with self._opened() as connection:
            rows = connection.execute(
                "SELECT number, reading FROM spool WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
            )
            return [(number, _reading(text)) for number, text in rows]

    def remove(self, up_to: int) -> None:
        """Take away everything up to a number, and give back the room when the queue is empty by it."""
        with self._opened() as connection:
            with connection:
                connection.execute("DELETE FROM spool WHERE number <= ?", (up_to,))
            if connection.execute("SELECT 1 FROM spool LIMIT 1").fetchone() is None:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def count(self) -> int:
        """Return how many readings wait."""
        if not self._path.exists():
            return 0
        with self._opened() as connection:
            return int(connection.execute("SELECT count(*) FROM spool").fetchone()[0])

    def _require_room(self, size_bytes: int) -> None:
        try:
            free = self._free_bytes(self._path.resolve().parent)
        except OSError:
            return  # opening the file says what is wrong, in better words
        # Twice: once in SQLite's log, once in the file.
        if free < _HEADROOM_BYTES + 2 * size_bytes:
            raise SpoolFull(
                f"the spool {self._path.name}: its disk is full; make room ({free} bytes are free)"
            )

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self._path, timeout=_BUSY_TIMEOUT_S)
            try:
                self._prepare(connection)
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            if not is_fault_of_the_file(error):
                raise
            full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
            said = f"the spool {self._path.name}: {sentence(error)}"
            raise (SpoolFull(said) if full else StorageUnavailable(said)) from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        page_bytes = int(connection.execute("PRAGMA page_size").fetchone()[0])
        # SQLite itself refuses to grow the file beyond this, with the same error as a full disk.
        connection.execute(f"PRAGMA max_page_count={self._capacity_bytes // page_bytes}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS spool"
            " (number INTEGER PRIMARY KEY AUTOINCREMENT, reading TEXT NOT NULL)"
        )


def _text(reading: Reading) -> str:
    return json.dumps(
        {
            "device_id": reading.device_id,
            "site_id": reading.site_id,
            "kind": reading.kind,
            "observed_us": to_us(reading.observed_at),
            "received_us": to_us(reading.received_at),
            "values": dict(reading.values),
            "flags": {metric: int(flag) for metric, flag in reading.flags.items()},
        }
    )


def _reading(text: str) -> Reading:
    told = json.loads(text)
    return Reading(
        device_id=told["device_id"],
        site_id=told["site_id"],
        kind=told["kind"],
        observed_at=from_us(told["observed_us"]),
        received_at=from_us(told["received_us"]),
        values=told["values"],
        flags={metric: Flag(flag) for metric, flag in told["flags"].items()},
    )
