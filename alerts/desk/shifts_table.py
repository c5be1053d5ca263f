"""Duties, notes, handover sheets and situation reports as they are kept: added, hardly ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.dialects import postgresql, sqlite

from alerts.desk.shifts import LONGEST_DUTY, Duty, Handover, Note
from alerts.journal.alarms import AlarmEvent, EventType
from alerts.journal.journal_table import ALARMS, EVENTS, event_of_row
from storage.database import METADATA, Instant

DUTIES = Table(
    "duties",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False),
    Column("since", Instant, nullable=False, index=True),
    Column("until", Instant),
)

NOTES = Table(
    "shift_notes",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, index=True),
    Column("by", String, nullable=False),
    Column("text", Text, nullable=False),
)

HANDOVERS = Table(
    "handovers",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("start", Instant, nullable=False),
    Column("outgoing", String, nullable=False),
    Column("outgoing_at", Instant, nullable=False),
    Column("incoming", String, nullable=False),
    Column("incoming_at", Instant),
    Column("facts", JSON, nullable=False),
)

REPORTS = Table(
    "situation_reports",
    METADATA,
    Column("at", Instant, primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("facts", JSON, nullable=False),
)


def sign_on(connection: Connection, name: str, at: datetime) -> bool:
    """Put a person on duty; False for one who is on duty already, and goes on."""
    running = select(DUTIES.c.id).where(_runs(name), DUTIES.c.since > at - LONGEST_DUTY)
    if connection.execute(running).first() is not None:
        return False
    sign_off(connection, name, at)  # what was forgotten for longer than a duty ends here
    connection.execute(DUTIES.insert(), {"name": name, "since": at, "until": None})
    return True


def sign_off(connection: Connection, name: str, at: datetime) -> bool:
    """End a person's duty; False when there is none."""
    return bool(connection.execute(DUTIES.update().where(_runs(name)).values(until=at)).rowcount)


def _runs(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a condition of SQLAlchemy's own type
    return (DUTIES.c.name == name) & DUTIES.c.until.is_(None)


def duties(connection: Connection, *, since: datetime) -> list[Duty]:
    """Return the duties that may have reached into the time from an instant on, oldest first."""
    query = select(DUTIES).where(DUTIES.c.since > since - LONGEST_DUTY)
    query = query.where(or_(DUTIES.c.until.is_(None), DUTIES.c.until > since)).order_by(DUTIES.c.since)
    return [Duty(name=row.name, since=row.since, until=row.until) for row in connection.execute(query)]


def add_note(connection: Connection, note: Note) -> int:
    """Keep what a person wrote down, and return its number."""
    row = {"at": note.at, "by": note.by, "text": note.text}
    return int(connection.execute(NOTES.insert(), row).inserted_primary_key[0])  # type: ignore[index]


def notes(connection: Connection, *, since: datetime) -> list[Note]:
    """Return what was written down from an instant on, oldest first."""
    query = select(NOTES).where(NOTES.c.at >= since).order_by(NOTES.c.id)
    return [Note(at=row.at, by=row.by, text=row.text) for row in connection.execute(query)]


def add_handover(
    connection: Connection, *, start: datetime, outgoing: str, at: datetime, facts: Mapping[str, Any]
) -> int:
    """Keep a sheet that the outgoing person signs, and return its number."""
    row = {"start": start, "outgoing": outgoing, "outgoing_at": at, "incoming": "", "facts": dict(facts)}
    return int(connection.execute(HANDOVERS.insert(), row).inserted_primary_key[0])  # type: ignore[index]


def take_over(connection: Connection, sheet_id: int, *, incoming: str, at: datetime) -> bool:
    """Let the incoming person sign; False when somebody has before, and nothing was changed."""
    is_waiting = (HANDOVERS.c.id == sheet_id) & HANDOVERS.c.incoming_at.is_(None)
    signed = HANDOVERS.update().where(is_waiting).values(incoming=incoming, incoming_at=at)
    return bool(connection.execute(signed).rowcount)


def handover(connection: Connection, sheet_id: int) -> Handover | None:
    """Return one sheet, None when there is no such."""
    row = connection.execute(select(HANDOVERS).where(HANDOVERS.c.id == sheet_id)).mappings().first()
    return None if row is None else _handover(row)


def handovers(connection: Connection, *, limit: int) -> list[Handover]:
    """Return the newest sheets, newest first."""
    query = select(HANDOVERS).order_by(HANDOVERS.c.id.desc()).limit(limit)
    return [_handover(row) for row in connection.execute(query).mappings()]


def last_signed(connection: Connection) -> Handover | None:
    """Return the newest sheet that both have signed, None when there is none."""
    query = select(HANDOVERS).where(HANDOVERS.c.incoming_at.is_not(None))
    row = connection.execute(query.order_by(HANDOVERS.c.id.desc()).limit(1)).mappings().first()
    return None if row is None else _handover(row)


def newest_sheet_id(connection: Connection) -> int:
    """Return the number of the newest sheet, 0 when there is none."""
    return int(connection.execute(select(func.coalesce(func.max(HANDOVERS.c.id), 0))).scalar_one())


def journal_reaching(connection: Connection, since: datetime) -> list[AlarmEvent]:
    """Return the part of the journal that the figures from an instant on need, in its order.

    That is what was told since, the whole life of every alarm that was told of since or was active then, and
    all that was ever put aside. `alerts.desk.performance` finds the same in it as in the whole journal.
    """
    told_since = EVENTS.c.recorded_at >= since
    active = select(ALARMS.c.id).where(or_(ALARMS.c.cleared_at.is_(None), ALARMS.c.cleared_at >= since))
    told_of = select(EVENTS.c.alarm_id).where(told_since)
    of_shelf = EVENTS.c.type.in_([kind.value for kind in EventType if kind.is_of_shelf])
    # Each part by its own index: one condition over all would read the journal of years.
    parts = [told_since, of_shelf, EVENTS.c.alarm_id.in_(active.union(told_of))]
    needed = union(*(select(EVENTS.c.change).where(part) for part in parts))
    query = select(EVENTS).where(EVENTS.c.change.in_(needed)).order_by(EVENTS.c.change)
    rows = connection.execute(query).mappings()
    return [event_of_row(row) for row in rows]


def keep_report(connection: Connection, at: datetime, facts: Mapping[str, Any], *, made_at: datetime) -> None:
    """Keep the situation report of a moment; the one that is kept already stays."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(REPORTS)
    row = {"at": at, "made_at": made_at, "facts": dict(facts)}
    connection.execute(insert.values(**row).on_conflict_do_nothing(index_elements=["at"]))


def kept_report(connection: Connection, at: datetime) -> dict[str, Any] | None:
    """Return the situation report of a moment, None when none is kept."""
    facts = connection.execute(select(REPORTS.c.facts).where(REPORTS.c.at == at)).scalar()
    return None if facts is None else dict(facts)


def kept_reports(connection: Connection, *, limit: int) -> list[datetime]:
    """Return the moments of the newest situation reports, newest first."""
    return list(connection.execute(select(REPORTS.c.at).order_by(REPORTS.c.at.desc()).limit(limit)).scalars())


def _handover(row: RowMapping) -> Handover:
    return Handover(**row)
