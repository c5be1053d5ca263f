"""Notes that people write to a site, as they are kept: added, ended once, never changed, never deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Connection, ForeignKey, Integer, RowMapping, String, Table, Text, func, select
from sqlalchemy.dialects import postgresql, sqlite

from devices.registry_table import SITES
from storage.database import METADATA, Instant

SITE_NOTES = Table(
    "site_notes",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("by", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNote:
    """Something that a person wrote to a site, for whoever looks at it next.

    Attributes:
        id: Made by whoever sends it, so that the same note sent again is kept once.
        site_id: The site it is about.
        at: When it was written.
        by: Who wrote it.
        text: What, not empty.
        ended_at: Since when it is no longer valid; None while it is.
        ended_by: Who said so; None while it is valid.
    """

    id: UUID
    site_id: str
    at: datetime
    by: str
    text: str
    ended_at: datetime | None = None
    ended_by: str | None = None


def is_site(connection: Connection, site_id: str) -> bool:
    """Tell whether a site of this name is registered."""
    return connection.execute(select(SITES.c.id).where(SITES.c.id == site_id)).first() is not None


def add_site_note(connection: Connection, note: SiteNote) -> SiteNote:
    """Keep a note and return what is kept under its id, which is an earlier one when there is one."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(SITE_NOTES)
    row = {"id": str(note.id), "site_id": note.site_id, "at": note.at, "by": note.by, "text": note.text}
    connection.execute(insert.values(**row).on_conflict_do_nothing(index_elements=["id"]))
    kept = connection.execute(select(SITE_NOTES).where(SITE_NOTES.c.id == str(note.id))).mappings()
    return _note(kept.one())


def end_site_note(
    connection: Connection, site_id: str, note_id: UUID, *, by: str, at: datetime
) -> SiteNote | None:
    """Mark a site's note as no longer valid and return it; None when the site has no such note.

    One that has ended before stays as it is: who was first is told.
    """
    is_meant = (SITE_NOTES.c.id == str(note_id)) & (SITE_NOTES.c.site_id == site_id)
    ended = SITE_NOTES.update().where(is_meant & SITE_NOTES.c.ended_at.is_(None))
    connection.execute(ended.values(ended_at=at, ended_by=by))
    row = connection.execute(select(SITE_NOTES).where(is_meant)).mappings().first()
    return None if row is None else _note(row)


def site_notes(
    connection: Connection, site_id: str, *, with_ended: bool, limit: int
) -> tuple[list[SiteNote], int]:
    """Return a site's newest notes, newest first, and how many there are of them in all.

    The order is that in which they were kept: a clock that was set back turns nothing round.
    """
    is_meant = SITE_NOTES.c.site_id == site_id
    if not with_ended:
        is_meant &= SITE_NOTES.c.ended_at.is_(None)
    query = select(SITE_NOTES).where(is_meant).order_by(SITE_NOTES.c.number.desc()).limit(limit)
    newest = [_note(row) for row in connection.execute(query).mappings()]
    count = connection.execute(select(func.count()).select_from(SITE_NOTES).where(is_meant)).scalar_one()
    return newest, count


def _note(row: RowMapping) -> SiteNote:
    found = {name: value for name, value in row.items() if name != "number"}
    return SiteNote(**found | {"id": UUID(row["id"])})
