"""Readings in one SQLite file: the store when no InfluxDB is configured."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from storage.clock import from_us, to_us
from storage.ports import StorageUnavailable
from storage.readings import Flag, Reading, united
from storage.sqlite_faults import is_fault_of_the_file, sentence

_PAGE_ROWS = 5000
_BUSY_TIMEOUT_S = 10.0


class EmbeddedReadings:
    """A `ReadingWriter` and `ReadingReader` over one SQLite file in write-ahead mode.

    One table per kind, named `reading_<kind>`, with one real column per metric and primary key
    (site_id, device_id, observed_at). A metric that is new gets its column when it is first written.
    Times are whole microseconds UTC. `synchronous=FULL` makes a returned write survive a power cut.

    Writing belongs to one thread; every read opens a connection of its own and is safe from any thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._columns: dict[str, frozenset[str]] = {}

    def write(self, readings: Sequence[Reading]) -> None:
        """Store the batch in one transaction; see `ReadingWriter.write`."""
        groups: dict[tuple[str, tuple[str, ...]], list[Reading]] = defaultdict(list)
        for reading in united(readings):
            groups[reading.kind, _metrics(reading)].append(reading)
        with _errors(self._path, otherwise=self.close):
            connection = self._writing()
            made: dict[str, frozenset[str]] = {}
            with connection:
                for (kind, metrics), members in groups.items():
                    if not _names(metrics) <= {**self._columns, **made}.get(kind, frozenset()):
                        made[kind] = _ensure_table(connection, kind, metrics)
                    connection.executemany(_upsert(kind, metrics), _rows(members, metrics))
            # Only now: a table that was made in a transaction taken back is not there.
            self._columns |= made

    def read(
        self, kind: str, *, start: datetime, end: datetime, site_ids: Collection[str] | None = None
    ) -> Iterator[Reading]:
        """Yield readings oldest first; see `ReadingReader.read`."""
        if not self._path.exists():
            return
        with _errors(self._path):
            yield from self._stream(kind, to_us(start), to_us(end), site_ids)

    def _stream(
        self, kind: str, start_us: int, end_us: int, site_ids: Collection[str] | None
    ) -> Iterator[Reading]:
        connection = _open(self._path)
        try:
            columns = _columns(connection, kind)
            if not columns:
                return
            metrics = [name for name in columns if name.startswith("m_")]
            chosen = "" if site_ids is None else " AND site_id IN (SELECT value FROM json_each(:sites))"
            cursor = connection.execute(
                f"SELECT site_id, device_id, observed_at, received_at, flags"
                f"{''.join(f', {_quoted(m)}' for m in metrics)} FROM {_table(kind)}"
                f" WHERE observed_at >= :start AND observed_at < :end{chosen}"
                f" ORDER BY observed_at, site_id, device_id",
                {"start": start_us, "end": end_us, "sites": json.dumps(list(site_ids or ()))},
            )
            while rows := cursor.fetchmany(_PAGE_ROWS):
                for row in rows:
                    yield _reading(kind, metrics, row)
        finally:
            connection.close()

    def close(self) -> None:
        """Close the writing connection; the next write opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._columns.clear()

    def _writing(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _open(self._path)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
        return self._connection


@contextmanager
def _errors(path: Path, *, otherwise: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Turn a fault of the file into what the port promises; call `otherwise` first on any database error."""
    try:
        yield
    except sqlite3.Error as error:
        otherwise()
        if not is_fault_of_the_file(error):
            raise
        raise StorageUnavailable(f"{path}: {sentence(error)}") from error


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout=10000")
    return connection


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(kind: str) -> str:
    return _quoted(f"reading_{kind}")


def _names(metrics: Iterable[str]) -> frozenset[str]:
    return frozenset(f"m_{metric}" for metric in metrics)


def _ensure_table(connection: sqlite3.Connection, kind: str, metrics: Iterable[str]) -> frozenset[str]:
    """Make the kind's table and the metrics' columns where they are missing; return all its columns."""
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_table(kind)} (site_id TEXT NOT NULL, device_id TEXT NOT NULL,"
        " observed_at INTEGER NOT NULL, received_at INTEGER NOT NULL, flags TEXT NOT NULL DEFAULT '{}',"
        " PRIMARY KEY (site_id, device_id, observed_at)) WITHOUT ROWID"
    )
    connection.execute(
        f"CREATE INDEX IF NOT EXISTS {_quoted(f'ix_reading_{kind}_time')} ON {_table(kind)} (observed_at)"
    )
    for column in sorted(_names(metrics) - set(_columns(connection, kind))):
        connection.execute(f"ALTER TABLE {_table(kind)} ADD COLUMN {_quoted(column)} REAL")
    return frozenset(_columns(connection, kind))


def _columns(connection: sqlite3.Connection, kind: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({_table(kind)})")]


def _upsert(kind: str, metrics: tuple[str, ...]) -> str:
    """Return the statement that inserts a reading or unites it with the one already there."""
    columns = [_quoted(f"m_{metric}") for metric in metrics]
    # A metric that only has a flag keeps the value it had.
    newest = ", ".join(f"{column} = coalesce(excluded.{column}, {column})" for column in columns)
    return (
        f"INSERT INTO {_table(kind)}"
        f" (site_id, device_id, observed_at, received_at, flags, {', '.join(columns)})"
        f" VALUES (?1, ?2, ?3, ?4, ?5, {', '.join(f'?{7 + i}' for i in range(len(columns)))})"
        " ON CONFLICT (site_id, device_id, observed_at) DO UPDATE SET"
        f" received_at = excluded.received_at, flags = json_patch(flags, ?6), {newest}"
    )


def _metrics(reading: Reading) -> tuple[str, ...]:
    named = reading.values.keys() | reading.flags.keys() if reading.flags else reading.values
    return tuple(sorted(named))


def _rows(readings: Iterable[Reading], metrics: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
    """Yield what `_upsert` takes: the identity, the flags to insert or to patch in, and the values."""
    # A null in the patch removes the flag that an earlier value of the same metric left behind.
    none_bad = json.dumps(dict.fromkeys(metrics))
    for reading in readings:
        bad = {metric: int(flag) for metric, flag in reading.flags.items() if flag is not Flag.GOOD}
        yield (
            reading.site_id,
            reading.device_id,
            to_us(reading.observed_at),
            to_us(reading.received_at),
            json.dumps(bad) if bad else "{}",
            json.dumps({**dict.fromkeys(metrics), **bad}) if bad else none_bad,
            *(reading.values.get(metric) for metric in metrics),
        )


def _reading(kind: str, metrics: Sequence[str], row: Sequence[Any]) -> Reading:
    site_id, device_id, observed_us, received_us, flags, *values = row
    return Reading(
        device_id=device_id,
        site_id=site_id,
        kind=kind,
        observed_at=from_us(observed_us),
        received_at=from_us(received_us),
        values={m.removeprefix("m_"): v for m, v in zip(metrics, values, strict=True) if v is not None},
        flags={metric: Flag(flag) for metric, flag in json.loads(flags).items()},
    )
