"""The routes of the shift board: duty, notes, handover sheets and situation reports, as JSON and as PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel

from alerts.desk.shifts import Note, Refusal, refusal
from alerts.desk.shifts_table import (
    add_handover,
    add_note,
    handover,
    kept_reports,
    newest_sheet_id,
    sign_off,
    sign_on,
    take_over,
)
from dashboard.access import origin_of, requires
from dashboard.documents import Document, handover_document
from dashboard.parts import Parts
from dashboard.phrases import Phrases
from dashboard.shift_facts import ShiftDesk, sheet_line
from dashboard.situation import slots
from dashboard.situation_document import situation_document
from dashboard.situation_facts import situation
from dashboard.texts import Texts
from dashboard.wire import milliseconds
from people.audit import Act, AuditEntry
from people.audit_table import audit
from people.roles import Permission, Person
from storage.plain_text import plain_text
from storage.ports import StorageMisconfigured, StorageUnavailable

Clock = Callable[[], datetime]
Language = Literal["id", "en"]
_Result = TypeVar("_Result")
_Watcher = Annotated[Person, Depends(requires(Permission.WATCH))]
# Sheets are numbered by the database, as far as the smaller of both counts.
_SheetNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
_RECENT_REPORTS = 8
_KEPT_REPORTS = 28
# No city was watched before; and in every zone of the world these are still dates.
_FIRST_MOMENT, _LAST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _told_moment(at: datetime) -> datetime:
    """Return the instant of which a report is wanted, in UTC.

    Raises:
        ValueError: It has no zone, so it cannot be told from another; or it is not of our time.
    """
    if at.tzinfo is None:
        raise ValueError("write the moment with its zone, like 2026-11-21T18:00:00+07:00")
    if not _FIRST_MOMENT <= at <= _LAST_MOMENT:
        raise ValueError(f"a report tells of a moment from {_FIRST_MOMENT.year} to {_LAST_MOMENT.year}")
    return at.astimezone(UTC)


_Moment = Annotated[datetime, AfterValidator(_told_moment)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who changes something of the shift, and from where: as the audit trail writes it."""

    name: str
    origin: str

    def line(self, act: Act, at: datetime, about: str = "", **details: str) -> AuditEntry:
        """Return the line that tells what they did."""
        return AuditEntry(at=at, by=self.name, act=act, about=about, origin=self.origin, details=details)


def _doer(person: Annotated[Person, Depends(requires(Permission.OPERATE))], request: Request) -> Doer:
    return Doer(name=person.name, origin=origin_of(request))


_Doer = Annotated[Doer, Depends(_doer)]


class OnDuty(BaseModel):
    """Whether somebody signs on or off."""

    on: bool


class NewNote(BaseModel):
    """What somebody writes down."""

    text: Annotated[str, AfterValidator(partial(plain_text, name="a note", longest=2000))]


async def _answered(work: Callable[[], _Result]) -> _Result:
    """Do work that waits for a store; one that is away is told as such."""
    try:
        return await asyncio.to_thread(work)
    except StorageUnavailable as error:
        raise HTTPException(503, "the database does not answer; try again in a moment") from error
    except StorageMisconfigured as error:
        raise HTTPException(503, str(error)) from error


def shift_routes(parts: Parts, texts: Mapping[str, Texts], clock: Clock) -> APIRouter:
    """Return the routes of the shift board and of handover sheets."""
    router = APIRouter(prefix="/api/v1", tags=["shift"])
    desk = ShiftDesk(parts)

    def phrases(language: Language) -> Phrases:
        return Phrases(texts=texts[language], language=language, zone=parts.time_zone, kinds=parts.kinds)

    @router.get("/shift", summary="Who is on duty, the load, and what the shift has to know")
    async def board(_person: _Watcher) -> dict[str, Any]:
        return await _answered(lambda: desk.board(clock()))

    @router.post("/shift/duty", summary="Sign on or off duty")
    async def duty(wanted: OnDuty, doer: _Doer) -> dict[str, Any]:
        await _answered(lambda: _change_duty(parts, doer, clock(), is_on=wanted.on))
        desk.forget()
        return await _answered(lambda: desk.board(clock()))

    @router.post("/shift/notes", summary="Write something down; it is never changed", status_code=201)
    async def note(written: NewNote, doer: _Doer) -> dict[str, Any]:
        await _answered(lambda: _keep_note(parts, doer, clock(), written.text))
        desk.forget()
        return await _answered(lambda: desk.board(clock()))

    @router.post("/shift/handovers", summary="Hand over: the facts of now, signed", status_code=201)
    async def hand_over(doer: _Doer) -> dict[str, Any]:
        now = clock()
        number = await _answered(lambda: _hand_over(parts, desk, doer, now))
        desk.forget()
        return {"id": number}

    @router.post("/shift/handovers/{number}/sign", summary="Take over with a sheet")
    async def sign(number: _SheetNumber, doer: _Doer) -> dict[str, Any]:
        refused = await _answered(lambda: _take_over(parts, number, doer, clock()))
        if refused is not None:
            code = 404 if refused is Refusal.UNKNOWN else 409
            raise HTTPException(code, detail={"reason": refused.value})
        desk.forget()
        return {"id": number}

    @router.get("/shift/handovers/{number}", summary="A handover sheet, as it was signed")
    async def sheet(number: _SheetNumber, _person: _Watcher, lang: Language = "id") -> Document:
        return await _answered(lambda: _sheet(parts, number, phrases(lang))[0])

    @router.get("/shift/handovers/{number}/pdf", summary="A handover sheet as PDF")
    async def sheet_pdf(number: _SheetNumber, _person: _Watcher, lang: Language = "id") -> Response:
        def draw() -> bytes:
            document, made_at = _sheet(parts, number, phrases(lang))
            return _drawn(document, made_at)

        return _as_pdf(await _answered(draw), f"pantau-handover-{number}-{lang}.pdf")

    return router


def report_routes(parts: Parts, texts: Mapping[str, Texts], clock: Clock) -> APIRouter:
    """Return the routes of situation reports."""
    router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

    def made(at: datetime, language: Language) -> Document:
        try:
            facts = situation(parts, at, now=clock())
        except ValueError as error:
            raise HTTPException(404, str(error)) from error
        say = Phrases(texts=texts[language], language=language, zone=parts.time_zone, kinds=parts.kinds)
        return situation_document(say, facts)

    @router.get("", summary="The moments of the newest situation reports")
    async def listed(_person: _Watcher) -> dict[str, Any]:
        return await _answered(lambda: _listed(parts, clock()))

    @router.get("/{at}", summary="The situation report of a moment")
    async def report(at: _Moment, _person: _Watcher, lang: Language = "id") -> Document:
        return await _answered(lambda: made(at, lang))

    @router.get("/{at}/pdf", summary="The situation report of a moment as PDF")
    async def report_pdf(at: _Moment, _person: _Watcher, lang: Language = "id") -> Response:
        content = await _answered(lambda: _drawn(made(at, lang), at))
        name = f"pantau-situation-{at.astimezone(parts.time_zone):%Y%m%d-%H%M}-{lang}.pdf"
        return _as_pdf(content, name)

    return router


def _listed(parts: Parts, now: datetime) -> dict[str, Any]:
    """Make the newest report that is due, when nobody has yet, and return all there are."""
    due = slots(now, parts.report_hours, parts.time_zone, count=_RECENT_REPORTS)
    situation(parts, due[0], now=now)
    with parts.database.reading() as connection:
        kept = kept_reports(connection, limit=_KEPT_REPORTS)
    moments = sorted({*due, *kept}, reverse=True)
    return {
        "reports": [{"at": milliseconds(at), "id": at.isoformat(), "kept": at in kept} for at in moments],
        "now": now.replace(microsecond=0).isoformat(),
    }


def _change_duty(parts: Parts, doer: Doer, now: datetime, *, is_on: bool) -> None:
    change, act = (sign_on, Act.SIGNED_ON_DUTY) if is_on else (sign_off, Act.SIGNED_OFF_DUTY)
    with parts.database.transaction() as connection:
        if change(connection, doer.name, now):
            audit(connection, doer.line(act, now))


def _keep_note(parts: Parts, doer: Doer, now: datetime, text: str) -> None:
    with parts.database.transaction() as connection:
        number = add_note(connection, Note(at=now, by=doer.name, text=text))
        audit(connection, doer.line(Act.SHIFT_NOTE_WRITTEN, now, f"note {number}"))


def _hand_over(parts: Parts, desk: ShiftDesk, doer: Doer, now: datetime) -> int:
    start, facts = desk.sheet_facts(now)
    with parts.database.transaction() as connection:
        number = add_handover(connection, start=start, outgoing=doer.name, at=now, facts=facts)
        audit(connection, doer.line(Act.SHIFT_HANDED_OVER, now, f"sheet {number}"))
    return number


def _take_over(parts: Parts, number: int, doer: Doer, now: datetime) -> Refusal | None:
    """Let somebody sign as the incoming person: they are on duty from then on, the outgoing one no longer."""
    with parts.database.transaction() as connection:
        sheet = handover(connection, number)
        newest = newest_sheet_id(connection)
        refused = refusal(sheet, newest_id=newest, by=doer.name, may_be_same=parts.demo)
        if refused is None and sheet is not None:
            take_over(connection, number, incoming=doer.name, at=now)
            sign_off(connection, sheet.outgoing, now)
            sign_on(connection, doer.name, now)
            told = doer.line(Act.SHIFT_TAKEN_OVER, now, f"sheet {number}", outgoing=sheet.outgoing)
            audit(connection, told)
        return refused


def _sheet(parts: Parts, number: int, say: Phrases) -> tuple[Document, datetime]:
    with parts.database.reading() as connection:
        found = handover(connection, number)
    if found is None:
        raise HTTPException(404, f"there is no handover sheet {number}")
    return handover_document(say, sheet_line(found), dict(found.facts)), found.outgoing_at


def _drawn(document: Document, made_at: datetime) -> bytes:
    """Return a document as a PDF. Its library is loaded for the first one: a fifth of the server's start."""
    from dashboard.reports import pdf

    return pdf(document, made_at=made_at)


def _as_pdf(content: bytes, name: str) -> Response:
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
    )
