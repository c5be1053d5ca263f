"""Who holds which session, as the guards ask at every request: the database, remembered for two seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.settings import SessionSettings
from people.roles import Role
from people.sessions import Session, is_over, key_of
from people.sessions_table import note_seen, session_with
from storage.database import Database
from storage.ports import StorageUnavailable

# So long may somebody who was disabled or signed out elsewhere go on reading.
_REMEMBERED = timedelta(seconds=2)
# To the minute is exact enough for limits of hours, and spares a write per touch of the mouse.
_NOTED_EVERY = timedelta(minutes=1)
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    session: Session | None
    read_at: datetime


class SessionBook:
    """Finds sessions and remembers that they are used. Lives in one event loop.

    Args:
        database: The operational database.
        settings: How long sessions last.
        clock: Returns the present moment, aware.
    """

    def __init__(
        self, database: Database, settings: SessionSettings, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._known: dict[bytes, _Known] = {}

    async def session(self, secret: str, *, is_used: bool = False) -> Session | None:
        """Return the session of a browser's secret; None when it has ended or never was.

        While the database is silent, what was known last holds: the page itself says that it is silent.

        Args:
            secret: What the browser holds.
            is_used: Whether a person did something just now; a viewer's open page is use enough.

        Raises:
            StorageUnavailable: The database is silent, and the session was never seen.
        """
        key, now = key_of(secret), self._clock()
        session = await self._found(key, now)
        if session is None or is_over(session, self._settings, now):
            return None
        if (is_used or session.person.role is Role.VIEWER) and now - session.seen_at >= _NOTED_EVERY:
            await self._note_seen(key, now)
        return session

    def forget(self, key: bytes | None = None) -> None:
        """Read a session anew the next time, or all of them."""
        if key is None:
            self._known.clear()
        else:
            self._known.pop(key, None)

    async def _found(self, key: bytes, now: datetime) -> Session | None:
        known = self._known.get(key)
        if known is not None and timedelta(0) <= now - known.read_at < _REMEMBERED:
            return known.session
        try:
            session = await asyncio.to_thread(self._read, key)
        except StorageUnavailable:
            if known is None:
                raise
            return known.session
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = _Known(session=session, read_at=now)
        return session

    async def _note_seen(self, key: bytes, now: datetime) -> None:
        try:
            await asyncio.to_thread(self._write_seen, key, now)
        except StorageUnavailable:
            return
        self.forget(key)

    def _read(self, key: bytes) -> Session | None:
        with self._database.reading() as connection:
            return session_with(connection, key)

    def _write_seen(self, key: bytes, now: datetime) -> None:
        with self._database.transaction() as connection:
            note_seen(connection, key, now)
