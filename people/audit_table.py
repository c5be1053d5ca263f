"""The audit trail in the operational database: lines are added, and the database refuses to change them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Column, Connection, Integer, String, Table, Text, select

from people.audit import Act, AuditEntry
from storage.database import METADATA, Instant

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, index=True),
    Column("by", String, nullable=False),
    Column("act", String, nullable=False),
    Column("about", Text, nullable=False),
    Column("origin", String, nullable=False),
    Column("details", JSON, nullable=False),
)


def audit(connection: Connection, entry: AuditEntry) -> None:
    """Write a line, in the transaction of what it tells of: both are kept or neither."""
    row = {
        "at": entry.at,
        "by": entry.by,
        "act": entry.act.value,
        "about": entry.about,
        "origin": entry.origin,
        "details": dict(entry.details),
    }
    connection.execute(AUDIT.insert(), row)


def audit_entries(
    connection: Connection,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int | None = None,
) -> list[AuditEntry]:
    """Return lines in the order in which they were written.

    Args:
        connection: For reading.
        start: First instant wanted; None for the beginning.
        end: First instant not wanted; None for now.
        limit: Return at most the newest so many; None for all.
    """
    wanted = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if start is not None:
        wanted = wanted.where(AUDIT.c.at >= start)
    if end is not None:
        wanted = wanted.where(AUDIT.c.at < end)
    rows = connection.execute(wanted).mappings().all()
    return [
        AuditEntry(
            **{name: row[name] for name in ("at", "by", "about", "origin", "details")}, act=Act(row["act"])
        )
        for row in reversed(rows)
    ]
