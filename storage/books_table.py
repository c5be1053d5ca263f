"""The books of messages: what was received, what became of it, and what could not be used.

Every message that a device sent ends as stored, duplicate or rejected. The identities that make a duplicate
known, the counts and the dead letters are written in one transaction, so the books balance after any crash.
`received` is counted from the messages as they came, the three outcomes from what became of each: a message
lost in between would show.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.clock import from_us, to_us
from storage.database import METADATA, Instant

_HOUR_US = 3_600_000_000
COLUMNS = ("received", "stored", "duplicate", "rejected", "gap")

LEDGER = Table(
    "ledger",
    METADATA,
    Column("device_id", String, primary_key=True),
    Column("hour", Instant, primary_key=True),
    *(Column(name, Integer, nullable=False, default=0) for name in COLUMNS),
    # What a page asks for, the last hours, must not read the books of years.
    Index("ix_ledger_hour", "hour"),
)

SEEN = Table(
    "seen_identities",
    METADATA,
    Column("identity", LargeBinary(16), primary_key=True),
    Column("received_at", Instant, nullable=False, index=True),
    sqlite_with_rowid=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What is added to one device's hour.

    Attributes:
        device_id: Who sent it; "" when nobody can tell.
        received_at: When; the ledger keeps its hour.
        column: `received`, `stored`, `duplicate`, `rejected` or `gap`.
        change: How much; below 0 when something is taken back.
    """

    device_id: str
    received_at: datetime
    column: str
    change: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Counts of what came and what became of it, over some hours and devices.

    Attributes:
        received: Counted when the messages came, before anybody looked at what they say.
        stored: Durable, in the store of readings or on the way to it in the spool.
        duplicate: Said again what was known.
        rejected: Became dead letters.
        gap: Numbers that devices counted and that never came; beside the balance, not part of it.
    """

    received: int
    stored: int
    duplicate: int
    rejected: int
    gap: int = 0

    @property
    def is_balanced(self) -> bool:
        """True when everything that was received ended as one of the three."""
        return self.received == self.stored + self.duplicate + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """The balance of one device in one hour of UTC."""

    device_id: str
    hour: datetime
    balance: Balance


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


def prune_identities(connection: Connection, before: datetime) -> int:
    """Forget identities received before an instant and return how many.

    A repetition that comes later still overwrites the same with the same; only the books call it stored.
    """
    return int(connection.execute(SEEN.delete().where(SEEN.c.received_at < before)).rowcount)


def counted_since(connection: Connection, since: datetime) -> datetime | None:
    """Return when counting began, from an instant on; None when nothing was counted since.

    The ledger knows its hour; within it the first message that was not rejected tells more.
    """
    hour = connection.execute(select(func.min(LEDGER.c.hour)).where(LEDGER.c.hour >= since)).scalar()
    if hour is None:
        return None
    first = connection.execute(
        select(func.min(SEEN.c.received_at)).where(SEEN.c.received_at >= hour)
    ).scalar()
    is_of_hour = first is not None and to_us(first) < to_us(hour) + _HOUR_US
    return first if is_of_hour else hour


def record_counts(connection: Connection, counts: Iterable[Count]) -> None:
    """Add counts to the hours of their devices."""
    sums: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for count in counts:
        sums[count.device_id, to_us(count.received_at) // _HOUR_US][count.column] += count.change
    if not sums:
        return
    insert = _insert(connection)(LEDGER)
    added = {name: LEDGER.c[name] + insert.excluded[name] for name in COLUMNS}
    connection.execute(
        insert.on_conflict_do_update(index_elements=["device_id", "hour"], set_=added),
        [
            {"device_id": device_id, "hour": from_us(hour * _HOUR_US), **dict.fromkeys(COLUMNS, 0), **total}
            for (device_id, hour), total in sums.items()
        ],
    )


def balance(
    connection: Connection, *, device_ids: Collection[str] | None = None, since: datetime | None = None
) -> Balance:
    """Return the counts of hours together.

    Args:
        connection: An open transaction.
        device_ids: Only these devices; None for all, with messages that name nobody.
        since: Only hours that begin at it or later; None for all.
    """
    sums = [func.coalesce(func.sum(LEDGER.c[name]), 0).label(name) for name in COLUMNS]
    return Balance(**connection.execute(_of(select(*sums), device_ids, since)).mappings().one())


def ledger_lines(
    connection: Connection, *, device_ids: Collection[str] | None = None, since: datetime | None = None
) -> list[LedgerLine]:
    """Return the ledger by hour and device, oldest first; arguments as for `balance`."""
    query = _of(select(LEDGER), device_ids, since).order_by(LEDGER.c.hour, LEDGER.c.device_id)
    return [
        LedgerLine(
            device_id=row["device_id"],
            hour=row["hour"],
            balance=Balance(**{name: row[name] for name in COLUMNS}),
        )
        for row in connection.execute(query).mappings()
    ]


def _of(query: Select[Any], device_ids: Collection[str] | None, since: datetime | None) -> Select[Any]:
    if device_ids is not None:
        query = query.where(LEDGER.c.device_id.in_(list(device_ids)))
    return query if since is None else query.where(LEDGER.c.hour >= since)


def _portions(identities: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    # SQLite takes at most 32766 parameters in one statement.
    for first in range(0, len(identities), 10_000):
        yield identities[first : first + 10_000]


def _insert(connection: Connection):  # type: ignore[no-untyped-def]  # noqa: ANN202 - two dialects, one shape
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
