"""Dead letters: messages that could not become readings, kept with their bytes until somebody decides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    Text,
    func,
    select,
)

from storage.database import METADATA, Instant

DEAD_LETTERS = Table(
    "dead_letters",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("received_at", Instant, nullable=False),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("device_id", String),
    Column("reason", Text, nullable=False),
    Column("skew_s", Float),
    Column("replay_wanted", Boolean, nullable=False, default=False),
    # Counting by reason must not read every payload.
    Index("ix_dead_letters_reason", "reason", "received_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message, or a part of one, that could not become a reading.

    Attributes:
        received_at: When it came; aware.
        topic: Where it was published.
        payload: Its bytes as they came.
        device_id: Who sent it, as far as the message tells; None when it does not.
        reason: One sentence for the person who opens it; the same fault gives the same sentence.
        skew_s: By how much the device's clock seems to be ahead, in seconds; None when that is not the fault.
        id: Its number; 0 before it is kept.
    """

    received_at: datetime
    topic: str
    payload: bytes
    device_id: str | None
    reason: str
    skew_s: float | None = None
    id: int = 0


def record_dead_letters(connection: Connection, letters: Sequence[DeadLetter]) -> None:
    """Keep what could not be used, with its reason and its bytes."""
    names = ("received_at", "topic", "payload", "device_id", "reason", "skew_s")
    rows = [{name: getattr(letter, name) for name in names} for letter in letters]
    if rows:
        connection.execute(DEAD_LETTERS.insert(), rows)


def dead_letters(
    connection: Connection,
    *,
    ids: Collection[int] | None = None,
    device_ids: Collection[str] | None = None,
    reason: str | None = None,
    limit: int | None = None,
) -> list[DeadLetter]:
    """Return dead letters, oldest first.

    Args:
        connection: An open transaction.
        ids: Only these numbers; None for all.
        device_ids: Only these devices; None for all.
        reason: Only this reason, to the letter; None for all.
        limit: At most so many; None for all.
    """
    query = select(DEAD_LETTERS)
    if ids is not None:
        query = query.where(DEAD_LETTERS.c.id.in_(list(ids)))
    if device_ids is not None:
        query = query.where(DEAD_LETTERS.c.device_id.in_(list(device_ids)))
    if reason is not None:
        query = query.where(DEAD_LETTERS.c.reason == reason)
    return _letters(connection, query.order_by(DEAD_LETTERS.c.id).limit(limit))


def wanted_letters(connection: Connection, limit: int) -> list[DeadLetter]:
    """Return up to `limit` dead letters that somebody wants replayed, oldest first."""
    query = select(DEAD_LETTERS).where(DEAD_LETTERS.c.replay_wanted).order_by(DEAD_LETTERS.c.id)
    return _letters(connection, query.limit(limit))


def want_replay(connection: Connection, ids: Collection[int]) -> int:
    """Ask ingest to try these dead letters again; return how many there are of them."""
    wanted = DEAD_LETTERS.update().where(DEAD_LETTERS.c.id.in_(list(ids)))
    return int(connection.execute(wanted.values(replay_wanted=True)).rowcount)


def still_wanted(connection: Connection) -> int:
    """Return how many dead letters wait for ingest to try them again."""
    query = select(func.count()).where(DEAD_LETTERS.c.replay_wanted)
    return int(connection.execute(query).scalar_one())


def remove_letters(connection: Connection, ids: Collection[int]) -> int:
    """Take dead letters away and return how many; the ledger goes on counting them as rejected."""
    gone = DEAD_LETTERS.delete().where(DEAD_LETTERS.c.id.in_(list(ids)))
    return int(connection.execute(gone).rowcount)


def trim_strangers(connection: Connection, *, reason: str, device_ids: Collection[str], keep: int) -> int:
    """Keep only the newest letters of each device that have this reason; return how many were let go.

    The ledger goes on counting them as rejected, so nothing disappears from the books.
    """
    gone = 0
    for device_id in device_ids:
        mine = (DEAD_LETTERS.c.device_id == device_id) & (DEAD_LETTERS.c.reason == reason)
        newest = (
            select(DEAD_LETTERS.c.id).where(mine).order_by(DEAD_LETTERS.c.id.desc()).offset(keep).limit(1)
        )
        last_to_go = connection.execute(newest).scalar()
        if last_to_go is not None:
            old = DEAD_LETTERS.delete().where(mine & (DEAD_LETTERS.c.id <= last_to_go))
            gone += connection.execute(old).rowcount
    return gone


def rejection_reasons(
    connection: Connection, *, device_ids: Collection[str] | None = None
) -> list[tuple[str, int]]:
    """Return how often each reason stands in the dead letters, most frequent first."""
    query = select(DEAD_LETTERS.c.reason, func.count()).group_by(DEAD_LETTERS.c.reason)
    if device_ids is not None:
        query = query.where(DEAD_LETTERS.c.device_id.in_(list(device_ids)))
    counted = [(reason, count) for reason, count in connection.execute(query).tuples()]
    return sorted(counted, key=lambda pair: (-pair[1], pair[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterCount:
    """How many dead letters have one reason, and when the newest of them came."""

    reason: str
    count: int
    newest_at: datetime


def letter_counts(connection: Connection) -> list[LetterCount]:
    """Return the dead letters counted by reason, most frequent first."""
    newest = func.max(DEAD_LETTERS.c.received_at)
    query = select(DEAD_LETTERS.c.reason, func.count(), newest).group_by(DEAD_LETTERS.c.reason)
    counted = [
        LetterCount(reason=reason, count=count, newest_at=at)
        for reason, count, at in connection.execute(query)
    ]
    return sorted(counted, key=lambda letter: (-letter.count, letter.reason))


def _letters(connection: Connection, query: Select[tuple[object, ...]]) -> list[DeadLetter]:
    rows = connection.execute(query).mappings()
    return [DeadLetter(**{name: row[name] for name in DeadLetter.__dataclass_fields__}) for row in rows]
