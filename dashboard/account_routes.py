"""What somebody may do to their own account from the page, and what an admin may read of the audit trail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from dashboard.access import requires
from dashboard.guard import SESSION, SESSION_COOKIE
from dashboard.parts import Parts
from dashboard.session_book import SessionBook
from people.account_desk import AccountDesk, WrongPassword
from people.accounts import LONGEST_PASSWORD, PasswordRefused
from people.audit_table import audit_entries
from people.roles import Permission, Person
from people.sessions import Session
from people.sign_in import Visit, end_session

_MOST_ENTRIES = 1000
Watcher = Annotated[Person, Depends(requires(Permission.WATCH))]
Admin = Annotated[Person, Depends(requires(Permission.ADMINISTER))]


class NewPassword(BaseModel):
    """Somebody's wish for another password."""

    present: SecretStr = Field(max_length=LONGEST_PASSWORD)
    wanted: SecretStr = Field(max_length=LONGEST_PASSWORD)


def account_routes(parts: Parts, book: SessionBook, clock: Callable[[], datetime]) -> APIRouter:
    """Return the routes of who is signed in, of their sessions and of the audit trail."""
    router = APIRouter(prefix="/api/v1", tags=["people"])

    def desk(request: Request, person: Person) -> AccountDesk:
        return AccountDesk(database=parts.database, by=person.name, origin=_address(request), clock=clock)

    @router.get("/account", summary="Who you are, and what your role allows")
    async def account(person: Watcher) -> dict[str, Any]:
        may = [permission.value for permission in Permission if person.may(permission)]
        return {"name": person.name, "role": person.role.value, "may": may}

    @router.post("/session/seen", summary="Say that somebody is at the page", status_code=204)
    async def seen(_person: Watcher) -> None:
        """The guard has noted it; a page says so when mouse or keyboard are touched."""

    @router.post("/session/end", summary="Sign out", status_code=204)
    async def end(request: Request, _person: Watcher) -> Response:
        session = _session(request)
        visit = Visit(address=_address(request), browser="", at=clock())
        await asyncio.to_thread(end_session, parts.database, session, visit)
        book.forget(session.key)
        answer = Response(status_code=204)
        answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
        return answer

    @router.post("/session/end-others", summary="Sign out everywhere else")
    async def end_others(request: Request, person: Watcher) -> dict[str, int]:
        own = _session(request).key
        ended = await asyncio.to_thread(desk(request, person).end_sessions, person.name, but=own)
        book.forget()
        return {"ended": ended}

    @router.post("/account/password", summary="Change your password; ends your other sessions")
    async def change_password(request: Request, wish: NewPassword, person: Watcher) -> Response:
        try:
            await asyncio.to_thread(
                desk(request, person).change_password,
                person.name,
                wish.present.get_secret_value(),
                wish.wanted.get_secret_value(),
                keep=_session(request).key,
            )
        except (WrongPassword, PasswordRefused) as error:
            raise HTTPException(422, str(error)) from error
        book.forget()
        return JSONResponse({"changed": True})

    return router


def audit_routes(parts: Parts) -> APIRouter:
    """Return the route of the audit trail, for admins."""
    router = APIRouter(prefix="/api/v1", tags=["people"])

    @router.get("/audit", summary="Who did what, when and from where; the oldest line first")
    async def audit_trail(
        _person: Admin,
        start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
        end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_ENTRIES)] = 200,
    ) -> dict[str, Any]:
        def read() -> list[dict[str, Any]]:
            with parts.database.reading() as connection:
                found = audit_entries(connection, start=start, end=end, limit=limit)
            return [
                {
                    "at": entry.at.isoformat(),
                    "by": entry.by,
                    "act": entry.act.value,
                    "about": entry.about,
                    "origin": entry.origin,
                    "details": dict(entry.details),
                }
                for entry in found
            ]

        return {"entries": await asyncio.to_thread(read)}

    return router


def _session(request: Request) -> Session:
    session = request.scope.get(SESSION)
    if not isinstance(session, Session):
        raise HTTPException(409, "the demo and programs have no session")
    return session


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
