"""The routes of a site's notes: read by everybody who watches, written by who operates or installs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from dashboard.access import origin_of, requires
from dashboard.parts import Parts
from dashboard.routes import Clock
from dashboard.wire import milliseconds
from devices.site_notes_table import SiteNote, add_site_note, end_site_note, is_site, site_notes
from people.audit import Act, AuditEntry
from people.audit_table import audit
from people.roles import Permission, Person
from storage.plain_text import plain_text
from storage.ports import StorageUnavailable

_LONGEST = 500
_MOST_NOTES = 500
_Result = TypeVar("_Result")
_Watcher = Annotated[Person, Depends(requires(Permission.WATCH))]
_Writer = Annotated[Person, Depends(requires(Permission.OPERATE, Permission.INSTALL))]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such site, or it has no such note"},
    503: {"description": "The database does not answer; nothing was done, and the same may be sent again"},
}


class NewSiteNote(BaseModel):
    """What somebody writes to a site."""

    model_config = ConfigDict(extra="forbid")
    id: UUID = Field(description="Made by the client; the same note sent again is kept once")
    text: str = Field(description=f"At most {_LONGEST} characters")


class ToldNote(BaseModel):
    """A note of a site."""

    id: UUID
    at: int = Field(description="Milliseconds since 1970")
    by: str
    text: str
    ended_at: int | None = Field(description="Since when it is no longer valid; none while it is")
    ended_by: str | None


class ToldNotes(BaseModel):
    """The newest notes of a site, newest first."""

    notes: list[ToldNote]
    count: int = Field(description="How many there are, of which `notes` are the newest")
    count_all: int = Field(description="How many there are with those that are no longer valid")


def site_notes_routes(parts: Parts, clock: Clock) -> APIRouter:
    """Return the routes of the notes of sites."""
    router = APIRouter(prefix="/api/v1/sites/{site}/notes", tags=["site notes"], responses=_ANSWERS)

    @router.get("", summary="The notes of a site that are valid, newest first")
    async def listed(site: str, _person: _Watcher, ended: bool = False) -> ToldNotes:
        return await _answered(lambda: _listed(parts, site, with_ended=ended))

    @router.post("", summary="Write a note to a site; its text is never changed", status_code=201)
    async def write(site: str, written: NewSiteNote, person: _Writer, request: Request) -> ToldNote:
        text = _plain(written.text)
        note = SiteNote(id=written.id, site_id=site, at=clock(), by=person.name, text=text)
        line = _line(Act.SITE_NOTE_WRITTEN, site, note.id, by=note.by, at=note.at, origin=origin_of(request))
        return await _answered(lambda: _written(parts, note, line))

    @router.post("/{note}/end", summary="Mark a note as no longer valid; who was first stays")
    async def end(site: str, note: UUID, person: _Writer, request: Request) -> ToldNote:
        line = _line(Act.SITE_NOTE_ENDED, site, note, by=person.name, at=clock(), origin=origin_of(request))
        found = await _answered(lambda: _ended(parts, note, line))
        if found is None:
            raise HTTPException(404, f"the site '{site}' has no note {note}")
        return _told(found)

    return router


async def _answered(work: Callable[[], _Result]) -> _Result:
    """Do work that waits for the database; one that is away is told as such."""
    try:
        return await asyncio.to_thread(work)
    except StorageUnavailable as error:
        raise HTTPException(503, "the database does not answer; try again in a moment") from error


def _listed(parts: Parts, site: str, *, with_ended: bool) -> ToldNotes:
    with parts.database.reading() as connection:
        if not is_site(connection, site):
            raise _unknown(site)
        newest, count = site_notes(connection, site, with_ended=with_ended, limit=_MOST_NOTES)
        _, count_all = site_notes(connection, site, with_ended=True, limit=0)
    return ToldNotes(notes=[_told(note) for note in newest], count=count, count_all=count_all)


def _written(parts: Parts, note: SiteNote, line: AuditEntry) -> ToldNote:
    with parts.database.transaction() as connection:
        if not is_site(connection, note.site_id):
            raise _unknown(note.site_id)
        kept = add_site_note(connection, note)
        if kept == note:  # not sent before
            audit(connection, line)
    if (kept.site_id, kept.by, kept.text) != (note.site_id, note.by, note.text):
        raise HTTPException(409, f"another note has the id {note.id}; nothing was kept")
    return _told(kept)


def _ended(parts: Parts, note_id: UUID, line: AuditEntry) -> SiteNote | None:
    with parts.database.transaction() as connection:
        found = end_site_note(connection, line.about, note_id, by=line.by, at=line.at)
        if found is not None and (found.ended_by, found.ended_at) == (line.by, line.at):
            audit(connection, line)
        return found


def _line(act: Act, site: str, note: UUID, *, by: str, at: datetime, origin: str) -> AuditEntry:
    return AuditEntry(at=at, by=by, act=act, about=site, origin=origin, details={"note": str(note)})


def _plain(text: str) -> str:
    """Return a text as it is kept.

    Raises:
        HTTPException: See `plain_text` (422).
    """
    try:
        return plain_text(text, name="a note", longest=_LONGEST)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


def _unknown(site: str) -> HTTPException:
    return HTTPException(404, f"there is no site '{site}'")


def _told(note: SiteNote) -> ToldNote:
    return ToldNote(
        id=note.id,
        at=int(note.at.timestamp() * 1000),
        by=note.by,
        text=note.text,
        ended_at=milliseconds(note.ended_at),
        ended_by=note.ended_by,
    )
