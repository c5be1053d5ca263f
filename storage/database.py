"""The operational database: what the city's devices, alarms and books are now. SQLite or PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import BigInteger, Connection, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeDecorator

from storage.clock import from_us, to_us
from storage.ports import StorageUnavailable

METADATA = MetaData()
_MIGRATIONS = Path(__file__).parent / "migrations"


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

    @classmethod
    def in_folder(cls, folder: Path) -> Database:
        """Return the default database: `pantau.sqlite` in the state folder."""
        return cls(f"sqlite:///{folder / 'pantau.sqlite'}")

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

        Raises:
            StorageUnavailable: The database is locked, full, or not reachable; nothing was changed.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise StorageUnavailable(f"operational database: {error.orig}") from error

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
