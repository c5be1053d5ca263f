"""The operational database: what the city's devices, alarms and books are now. SQLite or PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import BigInteger, Connection, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.types import TypeDecorator

from storage.clock import from_us, to_us
from storage.ports import StorageUnavailable
from storage.sqlite_faults import is_fault_of_the_file, sentence

METADATA = MetaData()
_READ_ONLY = "pantau_read_only"
_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_TIMEOUT_S = 10.0
_AGAIN_AFTER_S = 0.02


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as whole microseconds UTC so that every database sorts and compares it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return the instant as microseconds."""
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the microseconds as an aware UTC instant."""
        return None if value is None else from_us(value)


class Database:
    """One handle on the operational database; safe from several threads, owned and closed by its maker.

    Args:
        url: An SQLAlchemy URL; it may hold a password and is therefore never shown.
    """

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self._reading = self._engine.execution_options(**{_READ_ONLY: True})

    @classmethod
    def in_folder(cls, folder: Path) -> Database:
        """Return the default database: `pantau.sqlite` in the state folder."""
        return cls(f"sqlite:///{folder / 'pantau.sqlite'}")

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Tell whether a state folder has its default database already."""
        return (folder / "pantau.sqlite").exists()

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for migrations and the `*_table` modules."""
        return self._engine

    def upgrade(self) -> None:
        """Bring the schema to this version of Pantau; harmless when it is there already."""
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.transaction() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together, or not at all when the block raises.

        What the block reads stays true until its end: in SQLite it holds the right to write from its start,
        after waiting for at most ten seconds. To read only, take `reading`.

        Raises:
            StorageUnavailable: The database is locked, full, damaged or not reachable; nothing was changed.
        """
        with _errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database and waits for no writer.

        Raises:
            StorageUnavailable: The database is damaged or not reachable.
        """
        with _errors(), self._reading.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise StorageUnavailable("operational database: too many connections at once") from error
    except DBAPIError as error:
        if not (isinstance(error, OperationalError) or is_fault_of_the_file(error.orig)):
            raise
        raise StorageUnavailable(f"operational database: {sentence(error.orig)}") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Python's own transactions begin only at the first change, after what was read may have become untrue.
    connection.isolation_level = None
    for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch a new file over; while several processes try at once SQLite refuses some without any waiting."""
    give_up_s = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not is_busy or time.monotonic() > give_up_s:
                raise
            time.sleep(_AGAIN_AFTER_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    is_read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")
