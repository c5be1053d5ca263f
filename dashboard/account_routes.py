"""What somebody may do to their own account from the page, and what an admin may read of the audit trail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime

from dashboard.access import origin_of, requires
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
Wish = Annotated[dict[str, Any], Body(description="present and wanted: the password now, and the new one")]
Watcher = Annotated[Person, Depends(requires(Permission.WATCH))]
Admin = Annotated[Person, Depends(requires(Permission.ADMINISTER))]


def account_routes(parts: Parts, book: SessionBook, clock: Callable[[], datetime]) -> APIRouter:
    """Return the routes of who is signed in, of their sessions and of the audit trail."""
    router = APIRouter(prefix="/api/v1", tags=["people"])

    def desk(request: Request, person: Person) -> AccountDesk:
        return AccountDesk(database=parts.database, by=person.name, origin=origin_of(request), clock=clock)

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
        visit = Visit(address=origin_of(request), browser="", at=clock())
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
    async def change_password(request: Request, wish: Wish, person: Watcher) -> Response:
        present, wanted = _password(wish, "present"), _password(wish, "wanted")
        change, own = desk(request, person).change_password, _session(request).key
        try:
            await asyncio.to_thread(change, person.name, present, wanted, keep=own)
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


def _password(wish: Mapping[str, Any], name: str) -> str:
    """Return a password of a request; looked at here, since FastAPI's refusals say back what was sent."""
    told = wish.get(name)
    if not isinstance(told, str) or len(told) > LONGEST_PASSWORD or not _is_writable(told):
        raise HTTPException(422, f"'{name}' is not a password")
    return told


def _is_writable(text: str) -> bool:
    """Tell whether a text is whole: JSON can hold halves of characters, which have no bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _session(request: Request) -> Session:
    session = request.scope.get(SESSION)
    if not isinstance(session, Session):
        raise HTTPException(409, "the demo and programs have no session")
    return session
