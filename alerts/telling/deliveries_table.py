"""Messages to people: what is to be sent, what was received, and how far the journal was read for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    and_,
    case,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from alerts.journal.alarms import Alarm
from alerts.journal.journal_table import alarms, append_events
from alerts.judging.outages import CHANNEL, channel_judged
from alerts.telling.notices import Group, Purpose, group_as_json, group_from_json
from storage.database import METADATA, Instant

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("route", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("alarm_ids", JSON, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempted_at", Instant),
    Column("next_attempt_at", Instant, nullable=False),
    Column("in_doubt_since", Instant),
    Column("delivered_at", Instant),
    Column("given_up_at", Instant),
    Column("error", Text, nullable=False),
    Index("ix_deliveries_channel", "channel", "delivered_at", "given_up_at", "next_attempt_at"),
)

CURSOR = Table(
    "notification_cursor",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("change", Integer, nullable=False),
    Column("aside", JSON, nullable=False),
)

GROUPS = Table(
    "notification_groups",
    METADATA,
    Column("key", String, primary_key=True),
    Column("state", JSON, nullable=False),
)

_ONLY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message for one channel.

    Attributes:
        key: Of the decision that made it; there is no second one.
        route: Name of the route; "" for none.
        channel: Name of the channel; "" when there was nobody to tell.
        purpose: Why it is sent.
        alarm_ids: The alarms that it tells of.
        title: Its first line, in the channel's language.
        body: The rest of it.
        created_at: When it was made.
        attempts: How often sending was begun.
        attempted_at: When sending was last begun; None before the first time.
        next_attempt_at: When it is due.
        in_doubt_since: When an attempt was begun whose outcome nobody knows; None when it is known.
        delivered_at: The receipt: when the channel's service accepted it.
        given_up_at: When it was given up.
        error: What the last attempt met, without secrets; "" for nothing.
        id: Its number; 0 before it is kept.
    """

    key: str
    route: str
    channel: str
    purpose: Purpose
    alarm_ids: tuple[str, ...]
    title: str
    body: str
    created_at: datetime
    next_attempt_at: datetime
    attempts: int = 0
    attempted_at: datetime | None = None
    in_doubt_since: datetime | None = None
    delivered_at: datetime | None = None
    given_up_at: datetime | None = None
    error: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far the journal was read.

    Attributes:
        change: Number of the last event that was read.
        aside: Keys of the rows that were shelved or out of service after it.
    """

    change: int
    aside: frozenset[str]


def cursor(connection: Connection) -> Cursor | None:
    """Return how far the journal was read; None when it never was."""
    row = connection.execute(select(CURSOR).where(CURSOR.c.id == _ONLY)).first()
    return None if row is None else Cursor(change=row.change, aside=frozenset(row.aside))


def keep_cursor(connection: Connection, at: Cursor) -> None:
    """Remember how far the journal was read."""
    row = {"id": _ONLY, "change": at.change, "aside": sorted(at.aside)}
    insert = _insert(connection)(CURSOR).values(**row)
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=row))


def groups(connection: Connection) -> dict[str, Group]:
    """Return what is still to be said, by route and place."""
    return {row.key: group_from_json(row.state) for row in connection.execute(select(GROUPS))}


def keep_groups(connection: Connection, before: Mapping[str, Group], after: Mapping[str, Group]) -> None:
    """Keep the groups that changed and drop those that are gone."""
    for key in before.keys() - after.keys():
        connection.execute(GROUPS.delete().where(GROUPS.c.key == key))
    for key, group in after.items():
        if before.get(key) != group:
            row = {"key": key, "state": group_as_json(group)}
            insert = _insert(connection)(GROUPS).values(**row)
            connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=row))


def add_deliveries(connection: Connection, new: Iterable[Delivery]) -> None:
    """Keep messages that are to be sent; one whose key is known already is left as it is."""
    for delivery in new:
        row = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__ if name != "id"}
        row |= {"purpose": delivery.purpose.value, "alarm_ids": list(delivery.alarm_ids)}
        insert = _insert(connection)(DELIVERIES).values(**row)
        connection.execute(insert.on_conflict_do_nothing(index_elements=["key"]))


def change_delivery(connection: Connection, key: str, **changed: object) -> None:
    """Change some columns of one message."""
    connection.execute(DELIVERIES.update().where(DELIVERIES.c.key == key), changed)


def give_up_waiting(connection: Connection, *, keep: Iterable[str], now: datetime, error: str) -> None:
    """Give up the messages that wait for channels other than these."""
    others = DELIVERIES.c.channel.not_in(list(keep))
    connection.execute(
        DELIVERIES.update().where(others, _IS_OUTSTANDING).values(given_up_at=now, error=error)
    )


_IS_OUTSTANDING = and_(DELIVERIES.c.delivered_at.is_(None), DELIVERIES.c.given_up_at.is_(None))
_IS_FAILED = and_(DELIVERIES.c.delivered_at.is_(None), DELIVERIES.c.error != "")


def next_due(connection: Connection, channel: str, now: datetime) -> Delivery | None:
    """Return the oldest message of a channel whose time has come; None when there is none."""
    query = select(DELIVERIES).where(
        DELIVERIES.c.channel == channel, _IS_OUTSTANDING, DELIVERIES.c.next_attempt_at <= now
    )
    row = connection.execute(query.order_by(DELIVERIES.c.id).limit(1)).mappings().first()
    return None if row is None else _delivery(row)


def attempts_since(connection: Connection, channel: str, since: datetime) -> list[datetime]:
    """Return when sending through a channel was begun after an instant, oldest first."""
    query = select(DELIVERIES.c.attempted_at)
    query = query.where(DELIVERIES.c.channel == channel, DELIVERIES.c.attempted_at > since)
    return list(connection.execute(query.order_by(DELIVERIES.c.attempted_at)).scalars())


def deliveries(
    connection: Connection, *, failed: bool = False, limit: int | None = None
) -> Sequence[Delivery]:
    """Return messages, newest first.

    Args:
        connection: An open transaction.
        failed: Only those that met an error and were not received, and those for which there was nobody.
        limit: At most so many; None for all.
    """
    query = select(DELIVERIES).order_by(DELIVERIES.c.id.desc()).limit(limit)
    if failed:
        query = query.where(_IS_FAILED)
    return [_delivery(row) for row in connection.execute(query).mappings()]


def judge_channel(connection: Connection, name: str, *, home: str, fails: bool, now: datetime) -> None:
    """Begin or end the alarm of a channel that fails, in the caller's transaction.

    Args:
        connection: An open transaction.
        name: The channel's name.
        home: Pantau's own site.
        fails: Whether a message just failed; False when one was just received.
        now: The present; aware.
    """
    events = channel_judged(
        _alarm_of(connection, name, home), name, home=home, failed_since=now if fails else None, now=now
    )
    append_events(connection, events)


def _alarm_of(connection: Connection, name: str, home: str) -> Alarm | None:
    standing = alarms(connection, active=True, site_id=home)
    return next((alarm for alarm in standing if alarm.rule_id == f"{CHANNEL}{name}"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What became of all messages of one channel.

    Attributes:
        channel: Its name; "" for alarms that nobody was told of.
        delivered: How many were received.
        given_up: How many never will be.
        waiting: How many are still to be sent.
        oldest: When the oldest of those was made; None when none waits.
    """

    channel: str
    delivered: int
    given_up: int
    waiting: int
    oldest: datetime | None


def post(connection: Connection) -> list[Post]:
    """Return what became of all messages, by channel in the order of their names."""

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = select(
        DELIVERIES.c.channel,
        count(DELIVERIES.c.delivered_at.is_not(None)),
        count(DELIVERIES.c.given_up_at.is_not(None)),
        count(_IS_OUTSTANDING),
        func.min(case((_IS_OUTSTANDING, DELIVERIES.c.created_at))).label("oldest"),
    )
    query = query.group_by(DELIVERIES.c.channel).order_by(DELIVERIES.c.channel)
    return [
        Post(channel=row[0], delivered=row[1], given_up=row[2], waiting=row[3], oldest=row[4])
        for row in connection.execute(query)
    ]


def _delivery(row: RowMapping) -> Delivery:
    changed: dict[str, Any] = {"purpose": Purpose(row["purpose"]), "alarm_ids": tuple(row["alarm_ids"])}
    return Delivery(**{**row, **changed})


def _insert(connection: Connection):  # type: ignore[no-untyped-def]  # noqa: ANN202 - two dialects, one shape
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
