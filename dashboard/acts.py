"""The routes by which people act on alarms: one verb, one row or many, each answered for itself."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from alerts.desk.agencies import unknown_agency
from alerts.desk.desk import carry_out_all
from alerts.desk.operations import LONGEST_TEXT, Operation, Reason, Refused, Verb
from alerts.journal.alarms import AlarmEvent
from alerts.journal.journal_table import events
from alerts.judging.outages import is_outage
from dashboard.access import requires
from dashboard.alarm_list import alarm_list
from dashboard.alarm_wire import event_payload, list_payload
from dashboard.known_agencies import KnownAgencies
from dashboard.parts import Parts
from dashboard.routes import Clock
from dashboard.snapshot import read_snapshot
from dashboard.view import city_view
from dashboard.wire import milliseconds
from people.roles import Permission, Person
from storage.plain_text import plain_text
from storage.ports import StorageUnavailable

_MOST_ROWS = 500
# As far as both databases count.
_LAST_CHANGE = 2**63 - 1
# Longer than any shelf, which the desk refuses row by row; and still a length of time.
_LONGEST_WISH_S = 10**9
_REMEMBERED = 2000
# What the request itself lacks; everything else is how things stand.
_MALFORMED = frozenset({Reason.NEEDS_NAME, Reason.NEEDS_TEXT, Reason.NEEDS_TIME, Reason.TOO_LONG})
_PUT_ASIDE = frozenset({Verb.SHELVE, Verb.TAKE_OUT_OF_SERVICE})


_plain = partial(plain_text, name="a text", longest=LONGEST_TEXT, may_be_empty=True)


class WantedRow(BaseModel):
    """A row, and how new what the person saw of it is."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(
        pattern=r"^[^/\x00]{1,100}/[^/\x00]{1,100}$", description="`rule/site`, as the list names it"
    )
    seen: int = Field(
        ge=0,
        le=_LAST_CHANGE,
        description="The journal's `change` when the person looked; what came after refuses the act",
    )


class Act(BaseModel):
    """What a person wants to do to some rows."""

    model_config = ConfigDict(extra="forbid")
    id: UUID = Field(description="Made by the client; the same request again is answered, not done, again")
    verb: Verb
    rows: list[WantedRow] = Field(min_length=1, max_length=_MOST_ROWS)
    text: Annotated[str, AfterValidator(_plain)] = Field(
        "", max_length=LONGEST_TEXT, description="The comment, the agency or the reason"
    )
    lasting_s: int | None = Field(
        None, ge=0, le=_LONGEST_WISH_S, description="How long to shelve, in seconds; a day at most"
    )


class Refusal(BaseModel):
    """Why a row was left as it was, and who was there before."""

    reason: Reason
    by: str
    at: int | None = Field(description="Milliseconds since 1970")
    after: str | None = Field(description="What came in between, when the reason is `overtaken`")


class Outcome(BaseModel):
    """What became of one row."""

    key: str
    done: bool
    refused: Refusal | None


class Answer(BaseModel):
    """What became of every row, in the order asked."""

    outcomes: list[Outcome]


class Answered:
    """The newest answers, so that a request whose answer was lost is not carried out twice.

    They last as long as the process; after that the journal itself tells what was done (`seen`).
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, UUID], asyncio.Task[JSONResponse]] = OrderedDict()

    async def once(self, key: tuple[str, UUID], work: Callable[[], JSONResponse]) -> JSONResponse:
        """Return the answer of a request, which is worked out in a thread the first time it comes.

        Who asks while it is being worked out waits for the same answer. Whoever leaves meanwhile stops
        nothing. A failure of any kind is forgotten: nothing was done, so the same request may be tried again.
        """
        task = self._answers.get(key)
        if task is None:
            task = self._answers[key] = asyncio.create_task(asyncio.to_thread(work))
            task.add_done_callback(partial(self._forget_failure, key))
            if len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return await asyncio.shield(task)

    def _forget_failure(self, key: tuple[str, UUID], task: asyncio.Task[JSONResponse]) -> None:
        is_failed = task.cancelled() or task.exception() is not None
        if is_failed and self._answers.get(key) is task:
            del self._answers[key]


_ANSWERS: dict[int | str, dict[str, Any]] = {
    409: {"model": Answer, "description": "Every row was refused; the outcomes say by whom and when"},
    422: {"description": "The request lacks a reason, a time or a text, or is malformed"},
    503: {"description": "The database does not answer; nothing was done, and the same id may be sent again"},
}


def act_routes(parts: Parts, clock: Clock, tell: Callable[[], None]) -> APIRouter:
    """Return the routes of the alarm page.

    Args:
        parts: Stores and settings.
        clock: Returns the present moment, aware.
        tell: Called after an act, so that every viewer hears of it at once.
    """
    router = APIRouter(prefix="/api/v1/alarms", tags=["alarms"])
    answered, agencies = Answered(), KnownAgencies(parts)

    @router.post("/acts", summary="Act on rows of the alarm list", responses=_ANSWERS, response_model=Answer)
    async def act(
        wanted: Act, person: Annotated[Person, Depends(requires(Permission.OPERATE))]
    ) -> JSONResponse:
        try:
            await asyncio.to_thread(_require_known, wanted, parts, agencies)
            answer = await answered.once(
                (person.name, wanted.id), partial(_carried_out, parts, wanted, person, clock)
            )
        except StorageUnavailable as error:
            raise HTTPException(503, "the database does not answer; try again in a moment") from error
        tell()
        return answer

    @router.get("/rows", summary="The alarm list: one row per rule and site, the most urgent first")
    async def alarm_rows() -> dict[str, Any]:
        try:
            return await asyncio.to_thread(_rows, parts, clock())
        except StorageUnavailable as error:
            raise HTTPException(503, "the database does not answer; try again in a moment") from error

    @router.get("/history", summary="Everything that happened to one row, oldest first")
    async def history(rule: str, site: str) -> dict[str, Any]:
        try:
            happened = await asyncio.to_thread(_history, parts, rule, site)
        except StorageUnavailable as error:
            raise HTTPException(503, "the database does not answer; try again in a moment") from error
        return {"events": [event_payload(event) for event in happened]}

    return router


def _rows(parts: Parts, now: datetime) -> dict[str, Any]:
    """Return the list with the journal's number as of which it is true: what to send as `seen`."""
    snapshot = read_snapshot(parts.database, now=now)
    view = city_view(snapshot, kinds=parts.kinds, rules=parts.rules, now=now)
    found = alarm_list(snapshot, view, parts.rules)
    rows, incidents = list_payload(found, snapshot.registry.sites, parts.kinds)
    return {"change": snapshot.alarm_change, "rows": list(rows.values()), "incidents": incidents}


def _history(parts: Parts, rule_id: str, site_id: str) -> list[AlarmEvent]:
    with parts.database.reading() as connection:
        return events(connection, rule_id=rule_id, site_id=site_id)


def _carried_out(parts: Parts, wanted: Act, person: Person, clock: Clock) -> JSONResponse:
    keys = list({row.key: row for row in wanted.rows}.values())
    wishes = [(_place(row.key), _operation(wanted, row, person)) for row in keys]
    decisions = carry_out_all(parts.database, wishes, clock(), rules=parts.rules)
    outcomes = [_outcome(row.key, decision) for row, decision in zip(keys, decisions, strict=True)]
    return JSONResponse(Answer(outcomes=outcomes).model_dump(mode="json"), status_code=_status(outcomes))


def _require_known(wanted: Act, parts: Parts, agencies: KnownAgencies) -> None:
    """Refuse to put aside what no rule speaks of, and to assign to nobody; the rest needs an open alarm."""
    rules = parts.rules
    if wanted.verb is Verb.ASSIGN and wanted.text:
        unknown_one = unknown_agency(wanted.text, agencies.now())
        if unknown_one:
            raise HTTPException(422, f"{unknown_one}; nothing was done")
    if wanted.verb not in _PUT_ASIDE:
        return
    names = [_place(row.key)[0] for row in wanted.rows]
    unknown = [name for name in names if name not in rules and not is_outage(name)]
    if unknown:
        raise HTTPException(422, f"there is no rule {', '.join(unknown)}; nothing was done")


def _place(key: str) -> tuple[str, str]:
    rule_id, _, site_id = key.partition("/")
    return rule_id, site_id


def _operation(wanted: Act, row: WantedRow, person: Person) -> Operation:
    lasting = None if wanted.lasting_s is None else timedelta(seconds=wanted.lasting_s)
    return Operation(verb=wanted.verb, by=person.name, text=wanted.text, lasting=lasting, seen=row.seen)


def _outcome(key: str, decision: list[AlarmEvent] | Refused) -> Outcome:
    if not isinstance(decision, Refused):
        return Outcome(key=key, done=True, refused=None)
    refusal = Refusal(
        reason=decision.reason,
        by=decision.by,
        at=milliseconds(decision.at),
        after=decision.after.value if decision.after else None,
    )
    return Outcome(key=key, done=False, refused=refusal)


def _status(outcomes: list[Outcome]) -> int:
    if any(outcome.done for outcome in outcomes):
        return 200
    reasons = {outcome.refused.reason for outcome in outcomes if outcome.refused}
    return 422 if reasons <= _MALFORMED else 409
