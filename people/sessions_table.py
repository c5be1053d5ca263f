"""Sessions in the operational database; an ended session has no row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, LargeBinary, RowMapping, String, Table, select

from people.people_table import PEOPLE
from people.roles import Person, Role
from people.sessions import Session
from storage.database import METADATA, Instant

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("key", LargeBinary(32), primary_key=True),
    Column("account_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("began_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("address", String, nullable=False),
    Column("browser", String, nullable=False),
)
_WITH_PERSON = select(SESSIONS, PEOPLE.c.name, PEOPLE.c.role, PEOPLE.c.disabled_at, PEOPLE.c.issuer).join(
    PEOPLE
)


def insert_session(connection: Connection, session: Session) -> None:
    """Keep a new session."""
    names = ("key", "account_id", "began_at", "seen_at", "address", "browser")
    connection.execute(SESSIONS.insert(), {name: getattr(session, name) for name in names})


def session_with(connection: Connection, key: bytes) -> Session | None:
    """Return a session with the person it belongs to now; None when it has ended or never was."""
    found = connection.execute(_WITH_PERSON.where(SESSIONS.c.key == key)).mappings().first()
    return None if found is None else _session(found)


def sessions_of(connection: Connection, account_id: int) -> list[Session]:
    """Return an account's sessions, the newest first."""
    wanted = _WITH_PERSON.where(SESSIONS.c.account_id == account_id).order_by(SESSIONS.c.began_at.desc())
    return [_session(row) for row in connection.execute(wanted).mappings()]


def note_seen(connection: Connection, key: bytes, at: datetime) -> None:
    """Remember that somebody did something; never goes back in time."""
    is_this = (SESSIONS.c.key == key) & (SESSIONS.c.seen_at < at)
    connection.execute(SESSIONS.update().where(is_this), {"seen_at": at})


def delete_session(connection: Connection, key: bytes) -> None:
    """End a session."""
    connection.execute(SESSIONS.delete().where(SESSIONS.c.key == key))


def delete_sessions(connection: Connection, account_id: int, *, but: bytes = b"") -> int:
    """End an account's sessions, except the one of the key `but`, and return how many."""
    are_these = (SESSIONS.c.account_id == account_id) & (SESSIONS.c.key != but)
    return connection.execute(SESSIONS.delete().where(are_these)).rowcount


def forget_sessions(connection: Connection, *, began_before: datetime) -> None:
    """Let go of sessions that are too old to be anybody's."""
    connection.execute(SESSIONS.delete().where(SESSIONS.c.began_at < began_before))


def _session(row: RowMapping) -> Session:
    names = ("key", "account_id", "began_at", "seen_at", "address", "browser")
    return Session(
        **{name: row[name] for name in names},
        person=Person(name=row["name"], role=Role(row["role"]), has_password=row["issuer"] is None),
        is_disabled=row["disabled_at"] is not None,
    )
