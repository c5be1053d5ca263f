"""The books of messages: what was received, what became of it, and what could not be used.

Every message that a device sent ends as stored, duplicate or rejected. The identities that make a duplicate
known, the counts and the dead letters are written in one transaction, so the books balance after any crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import METADATA, Instant


class Outcome(StrEnum):
    """What became of one item of a message."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


LEDGER = Table(
    "ledger",
    METADATA,
    Column("device_id", String, primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("stored", Integer, nullable=False, default=0),
    Column("duplicate", Integer, nullable=False, default=0),
    Column("rejected", Integer, nullable=False, default=0),
)

SEEN = Table(
    "seen_identities",
    METADATA,
    Column("identity", LargeBinary(16), primary_key=True),
    Column("received_at", Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)

DEAD_LETTERS = Table(
    "dead_letters",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("received_at", Instant, nullable=False),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("device_id", String),
    Column("reason", Text, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line for the ledger.

    Attributes:
        device_id: Who sent it; "" when nobody can tell.
        received_at: When; the ledger keeps its hour.
        outcome: What became of it.
    """

    device_id: str
    received_at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message, or a part of one, that could not become a reading.

    Attributes:
        topic: Where it was published.
        payload: Its bytes as they came.
        device_id: Who sent it, as far as the topic tells.
        reason: One sentence for the person who opens it.
    """

    received_at: datetime
    topic: str
    payload: bytes
    device_id: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Counts of what was received: `received == stored + duplicate + rejected` by construction of each."""

    stored: int
    duplicate: int
    rejected: int

    @property
    def received(self) -> int:
        """All that was received."""
        return self.stored + self.duplicate + self.rejected


def known_identities(connection: Connection, identities: Collection[bytes]) -> set[bytes]:
    """Return those of the identities that an earlier message already had."""
    query = select(SEEN.c.identity).where(SEEN.c.identity.in_(bindparam("wanted", expanding=True)))
    known: set[bytes] = set()
    for wanted in _portions(list(identities)):
        known.update(connection.execute(query, {"wanted": wanted}).scalars())
    return known


def record_identities(connection: Connection, identities: Collection[bytes], received_at: datetime) -> None:
    """Remember identities; those already known stay as they are."""
    if identities:
        insert = _insert(connection)(SEEN).on_conflict_do_nothing()
        connection.execute(insert, [{"identity": i, "received_at": received_at} for i in identities])


def record_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Add entries to the hourly counts of their devices."""
    counts: dict[tuple[str, datetime], Counter[str]] = {}
    for entry in entries:
        hour = entry.received_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        counts.setdefault((entry.device_id, hour), Counter())[entry.outcome.value] += 1
    if not counts:
        return
    insert = _insert(connection)(LEDGER)
    added = {o.value: LEDGER.c[o.value] + insert.excluded[o.value] for o in Outcome}
    connection.execute(
        insert.on_conflict_do_update(index_elements=["device_id", "hour"], set_=added),
        [
            {"device_id": device_id, "hour": hour, **{o.value: count[o.value] for o in Outcome}}
            for (device_id, hour), count in counts.items()
        ],
    )


def record_dead_letters(connection: Connection, letters: Sequence[DeadLetter]) -> None:
    """Keep what could not be used, with its reason and its bytes."""
    rows = [
        {
            "received_at": letter.received_at,
            "topic": letter.topic,
            "payload": letter.payload,
            "device_id": letter.device_id,
            "reason": letter.reason,
        }
        for letter in letters
    ]
    if rows:
        connection.execute(DEAD_LETTERS.insert(), rows)


def balance(connection: Connection, *, device_ids: Collection[str] | None = None) -> Balance:
    """Return the counts of all hours together.

    Args:
        connection: An open transaction.
        device_ids: Only these devices; None for all, with messages that name nobody.
    """
    sums = [func.coalesce(func.sum(LEDGER.c[outcome.value]), 0).label(outcome.value) for outcome in Outcome]
    query = select(*sums)
    if device_ids is not None:
        query = query.where(LEDGER.c.device_id.in_(list(device_ids)))
    return Balance(**connection.execute(query).mappings().one())


def rejection_reasons(
    connection: Connection, *, device_ids: Collection[str] | None = None
) -> list[tuple[str, int]]:
    """Return how often each reason stands in the dead letters, most frequent first."""
    query = select(DEAD_LETTERS.c.reason, func.count()).group_by(DEAD_LETTERS.c.reason)
    if device_ids is not None:
        query = query.where(DEAD_LETTERS.c.device_id.in_(list(device_ids)))
    counted = [(reason, count) for reason, count in connection.execute(query).tuples()]
    return sorted(counted, key=lambda pair: (-pair[1], pair[0]))


def _portions(identities: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    # SQLite takes at most 32766 parameters in one statement.
    for first in range(0, len(identities), 10_000):
        yield identities[first : first + 10_000]


def _insert(connection: Connection):  # type: ignore[no-untyped-def]  # noqa: ANN202 - two dialects, one shape
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
