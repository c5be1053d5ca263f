"""The journal of alarms: events are only ever appended, and the current alarms follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from alerts.journal.alarms import Alarm, AlarmEvent, EventType, Severity, applied
from alerts.journal.rows import AlarmRow
from alerts.journal.shelves_table import keep_shelf, shelf_of
from storage.database import METADATA, Instant

EVENTS = Table(
    "alarm_events",
    METADATA,
    Column("change", Integer, primary_key=True, autoincrement=True),
    Column("alarm_id", String, nullable=False, index=True),
    Column("rule_id", String, nullable=False),
    Column("site_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("observed_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("value", Float),
    Column("limit", Float),
    Column("retrospective", Boolean, nullable=False),
    Column("by", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("until", Instant),
    Index("ix_alarm_events_site", "site_id", "observed_at"),
    # A shift asks for its own hours, and for what was ever put aside.
    Index("ix_alarm_events_recorded_at", "recorded_at"),
    Index("ix_alarm_events_type", "type"),
)

ALARMS = Table(
    "alarms",
    METADATA,
    Column("id", String, primary_key=True),
    Column("rule_id", String, nullable=False),
    Column("site_id", String, nullable=False, index=True),
    Column("severity", Integer, nullable=False),
    Column("raised_at", Instant, nullable=False, index=True),
    Column("cleared_at", Instant, index=True),
    Column("data_lost_at", Instant),
    Column("last_value", Float),
    Column("limit", Float),
    Column("retrospective", Boolean, nullable=False),
    Column("change", Integer, nullable=False, index=True),
    Column("acknowledged_at", Instant, index=True),
    Column("acknowledged_by", String, nullable=False),
    Column("claimed_by", String, nullable=False),
    Column("assigned_to", String, nullable=False),
)

STATES = Table(
    "engine_states",
    METADATA,
    Column("key", String, primary_key=True),
    Column("state", JSON, nullable=False),
)


def append_events(connection: Connection, events: Sequence[AlarmEvent]) -> None:
    """Add events to the journal and bring alarms and shelves up to them, in the caller's transaction.

    An event of an alarm whose beginning the journal does not hold is written all the same.
    """
    for event in events:
        row = {name: getattr(event, name) for name in AlarmEvent.__dataclass_fields__}
        row |= {"type": event.type.value, "severity": int(event.severity)}
        change = connection.execute(EVENTS.insert(), row).inserted_primary_key[0]  # type: ignore[index]
        if event.type.is_of_shelf:
            keep_shelf(connection, event, change)
            continue
        alarm = applied(_alarm_of(connection, event.alarm_id), event, change=change)
        if alarm is not None:
            _keep(connection, alarm)


def _alarm_of(connection: Connection, alarm_id: str) -> Alarm | None:
    row = connection.execute(select(ALARMS).where(ALARMS.c.id == alarm_id)).mappings().first()
    return None if row is None else _alarm(row)


def _keep(connection: Connection, alarm: Alarm) -> None:
    row = {name: getattr(alarm, name) for name in Alarm.__dataclass_fields__}
    row["severity"] = int(alarm.severity)
    insert = _insert(connection)(ALARMS).values(**row)
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=row))


def alarms(
    connection: Connection,
    *,
    active: bool | None = None,
    site_id: str | None = None,
    after_change: int = 0,
    limit: int | None = None,
) -> list[Alarm]:
    """Return alarms, worst first, then newest first.

    Args:
        connection: An open transaction.
        active: Only active (True) or only cleared ones (False); None for both.
        site_id: Only this site; None for all.
        after_change: Only alarms with an event after this number of the journal.
        limit: At most so many; None for all.
    """
    query = select(ALARMS).where(ALARMS.c.change > after_change)
    if active is not None:
        query = query.where(ALARMS.c.cleared_at.is_(None) if active else ALARMS.c.cleared_at.is_not(None))
    if site_id is not None:
        query = query.where(ALARMS.c.site_id == site_id)
    query = query.order_by(ALARMS.c.severity.desc(), ALARMS.c.raised_at.desc(), ALARMS.c.id).limit(limit)
    return [_alarm(row) for row in connection.execute(query).mappings()]


def open_alarms(connection: Connection) -> list[Alarm]:
    """Return every alarm that is active or wants to be acknowledged, newest first."""
    query = select(ALARMS).where(_IS_OPEN).order_by(ALARMS.c.raised_at.desc(), ALARMS.c.id)
    return [_alarm(row) for row in connection.execute(query).mappings()]


def alarms_since(connection: Connection, rule_id: str, site_id: str, *, since: datetime) -> list[Alarm]:
    """Return the alarms of a rule and site that were active at an instant or later, oldest first."""
    mine = select(ALARMS).where(ALARMS.c.rule_id == rule_id, ALARMS.c.site_id == site_id)
    mine = mine.where(or_(ALARMS.c.cleared_at.is_(None), ALARMS.c.cleared_at >= since))
    return [_alarm(row) for row in connection.execute(mine.order_by(ALARMS.c.raised_at)).mappings()]


def row_of(connection: Connection, rule_id: str, site_id: str) -> AlarmRow:
    """Return the row of one rule and site, with its open alarms and its newest.

    Nobody else changes them until the caller's transaction ends.
    """
    mine = select(ALARMS).where(ALARMS.c.rule_id == rule_id, ALARMS.c.site_id == site_id)
    mine = mine.order_by(ALARMS.c.raised_at.desc()).with_for_update()
    newest = connection.execute(mine.limit(1)).mappings().all()
    still_open = connection.execute(mine.where(_IS_OPEN)).mappings().all()
    found = {row["id"]: _alarm(row) for row in [*newest, *still_open]}
    aside = shelf_of(connection, rule_id, site_id)
    return AlarmRow(rule_id=rule_id, site_id=site_id, alarms=tuple(found.values()), shelf=aside)


_IS_OPEN = or_(
    ALARMS.c.cleared_at.is_(None),
    and_(ALARMS.c.acknowledged_at.is_(None), ALARMS.c.retrospective.is_(False)),
)


def activations(connection: Connection, since: datetime) -> dict[tuple[str, str], list[datetime]]:
    """Return when each rule spoke at each site from an instant on, oldest first, but not of the past."""
    query = select(ALARMS.c.rule_id, ALARMS.c.site_id, ALARMS.c.raised_at)
    query = query.where(ALARMS.c.raised_at >= since, ALARMS.c.retrospective.is_(False))
    found: dict[tuple[str, str], list[datetime]] = {}
    for rule_id, site_id, raised_at in connection.execute(query.order_by(ALARMS.c.raised_at)).tuples():
        found.setdefault((rule_id, site_id), []).append(raised_at)
    return found


def last_automatic_return(connection: Connection) -> datetime | None:
    """Return when an alarm last came back from a shelf by itself; None when none ever did."""
    query = select(EVENTS.c.recorded_at).where(EVENTS.c.type == EventType.RETURNED.value, EVENTS.c.by == "")
    return connection.execute(query.order_by(EVENTS.c.change.desc()).limit(1)).scalar()


def _alarm(row: RowMapping) -> Alarm:
    return Alarm(**{**row, "severity": Severity(row["severity"])})


def events(
    connection: Connection,
    *,
    rule_id: str | None = None,
    site_id: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    after_change: int = 0,
) -> list[AlarmEvent]:
    """Return the journal in the order it was written, with start <= observed_at < end.

    Args:
        connection: An open transaction.
        rule_id: Only this rule; None for all.
        site_id: Only this site; None for all.
        start: First instant wanted; None for the beginning.
        end: First instant no longer wanted; None for no end.
        after_change: Only events after this number of the journal.
    """
    query = select(EVENTS).where(EVENTS.c.change > after_change).order_by(EVENTS.c.change)
    if rule_id is not None:
        query = query.where(EVENTS.c.rule_id == rule_id)
    if site_id is not None:
        query = query.where(EVENTS.c.site_id == site_id)
    if start is not None:
        query = query.where(EVENTS.c.observed_at >= start)
    if end is not None:
        query = query.where(EVENTS.c.observed_at < end)
    return [event_of_row(row) for row in connection.execute(query).mappings()]


def numbered_events(connection: Connection, *, after_change: int, limit: int) -> list[tuple[int, AlarmEvent]]:
    """Return the next events after a number of the journal, at most `limit`, each with its own number."""
    query = select(EVENTS).where(EVENTS.c.change > after_change).order_by(EVENTS.c.change).limit(limit)
    return [(row["change"], event_of_row(row)) for row in connection.execute(query).mappings()]


def alarms_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Alarm]:
    """Return the alarms of these ids, by id; those that the journal does not hold are left out."""
    found = (_alarm_of(connection, alarm_id) for alarm_id in dict.fromkeys(ids))
    return {alarm.id: alarm for alarm in found if alarm is not None}


def event_of_row(row: RowMapping) -> AlarmEvent:
    """Return the event that a row of the journal holds."""
    fields = {name: row[name] for name in AlarmEvent.__dataclass_fields__}
    return AlarmEvent(**{**fields, "type": EventType(row["type"]), "severity": Severity(row["severity"])})


def last_event_change(connection: Connection) -> int:
    """Return the number of the journal's newest event, 0 when it is empty."""
    return int(connection.execute(select(func.coalesce(func.max(EVENTS.c.change), 0))).scalar_one())


def save_states(connection: Connection, states: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep the engine's states that changed, so that a restart neither forgets nor repeats."""
    if states:
        insert = _insert(connection)(STATES)
        connection.execute(
            insert.on_conflict_do_update(index_elements=["key"], set_={"state": insert.excluded.state}),
            [{"key": key, "state": dict(state)} for key, state in states.items()],
        )


def load_states(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return all states that the engine had kept."""
    return {row.key: row.state for row in connection.execute(select(STATES))}


def _insert(connection: Connection):  # type: ignore[no-untyped-def]  # noqa: ANN202 - two dialects, one shape
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
