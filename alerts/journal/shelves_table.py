"""What is shelved or out of service now; it follows from the journal, line by line."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Connection, Integer, RowMapping, String, Table, Text, select

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.journal.shelving import Shelf
from storage.database import METADATA, Instant

SHELVES = Table(
    "shelves",
    METADATA,
    Column("rule_id", String, primary_key=True),
    Column("site_id", String, primary_key=True),
    Column("is_maintenance", Boolean, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant),
    Column("by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("change", Integer, nullable=False),
)


def keep_shelf(connection: Connection, event: AlarmEvent, change: int) -> None:
    """Bring the shelves up to an event of the journal, in the caller's transaction."""
    is_this = (SHELVES.c.rule_id == event.rule_id) & (SHELVES.c.site_id == event.site_id)
    connection.execute(SHELVES.delete().where(is_this))
    if event.type in (EventType.SHELVED, EventType.OUT_OF_SERVICE):
        row = {
            "rule_id": event.rule_id,
            "site_id": event.site_id,
            "is_maintenance": event.type is EventType.OUT_OF_SERVICE,
            "since": event.recorded_at,
            "until": event.until,
            "by": event.by,
            "reason": event.text,
            "severity": int(event.severity),
            "change": change,
        }
        connection.execute(SHELVES.insert(), row)


def shelves(connection: Connection) -> list[Shelf]:
    """Return all that is shelved or out of service, what ends first before the rest."""
    rows = connection.execute(select(SHELVES).order_by(SHELVES.c.until, SHELVES.c.change)).mappings()
    found = [_shelf(row) for row in rows]
    return sorted(found, key=lambda shelf: shelf.is_maintenance)


def shelf_of(connection: Connection, rule_id: str, site_id: str) -> Shelf | None:
    """Return how a rule is put aside at a site; None when it is not."""
    is_this = (SHELVES.c.rule_id == rule_id) & (SHELVES.c.site_id == site_id)
    row = connection.execute(select(SHELVES).where(is_this)).mappings().first()
    return None if row is None else _shelf(row)


def _shelf(row: RowMapping) -> Shelf:
    return Shelf(**{**row, "severity": Severity(row["severity"])})
