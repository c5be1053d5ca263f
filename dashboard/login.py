"""The way in by password: a page that works without scripts, and what happens to a name and a password."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from dashboard.access import origin_of
from dashboard.forgery import cookies, is_from_elsewhere
from dashboard.login_door import FORM_COOKIE, Door, let_in, show_page, visit_of, wish_of
from people.accounts import Account, name_key
from people.sign_in import account_for, note_failure
from storage.ports import StorageUnavailable

_LONGEST_FIELD = 1000
_LARGEST_FORM = 10_000
# Whoever must wait longer is sent away at once, so that waiting guesses cannot pile up.
_LONGEST_WAIT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What somebody sent in the form of the login page."""

    name: str
    password: str = field(repr=False)
    token: str = field(repr=False)


def login_routes(door: Door) -> APIRouter:
    """Return the routes by which people sign in with a name and a password."""
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    async def show_login(request: Request) -> Response:
        return await show_page(door, request, wish_of(door, request.query_params))

    @router.get("/login.css")
    async def show_style() -> Response:
        return FileResponse(Path(__file__).parent / "assets" / "login.css", media_type="text/css")

    @router.post("/login", max_body_size=_LARGEST_FORM)
    async def enter(request: Request) -> Response:
        return await _enter(door, request)

    return router


async def _enter(door: Door, request: Request) -> Response:
    attempt, wish = await _attempt(request), wish_of(door, request.query_params)
    if not _is_our_form(request, attempt):
        return await show_page(door, request, wish, wrong="login_stale", status=403)
    address, name = origin_of(request), name_key(attempt.name)
    wait = door.guesses.wait(name, address, door.clock())
    if wait > _LONGEST_WAIT:
        return await show_page(door, request, wish, wrong="login_slow", status=429, name=attempt.name)
    if wait:
        await door.pause(wait.total_seconds())
    visit = visit_of(door, request)
    try:
        account = await _account(door, attempt)
        if account is None:
            door.guesses.note_wrong(name, address, visit.at)
            await asyncio.to_thread(note_failure, door.parts.database, attempt.name, visit)
            return await show_page(door, request, wish, wrong="login_wrong", status=401, name=attempt.name)
        door.guesses.note_right(name, address)
        answer = RedirectResponse(wish.wanted, status_code=303)
        return await asyncio.to_thread(let_in, door, request, answer, account=account, visit=visit)
    except StorageUnavailable:
        return await show_page(door, request, wish, wrong="login_unavailable", status=503, name=attempt.name)


async def _account(door: Door, attempt: _Attempt) -> Account | None:
    async with door.hashing:
        return await asyncio.to_thread(account_for, door.parts.database, attempt.name, attempt.password)


async def _attempt(request: Request) -> _Attempt:
    form = await request.form(max_files=0, max_fields=10, max_part_size=10_000)
    # A form may name a character set that yields halves of characters, which nothing here could write.
    told = {
        name: value.encode(errors="replace").decode()
        for name, value in form.items()
        if isinstance(value, str)
    }
    return _Attempt(
        name=told.get("name", "").replace("\0", "?").strip()[:_LONGEST_FIELD],
        password=told.get("password", "")[:_LONGEST_FIELD],
        token=told.get("token", ""),
    )


def _is_our_form(request: Request, attempt: _Attempt) -> bool:
    given = cookies(request.scope).get(FORM_COOKIE, "")
    fits = bool(given) and hmac.compare_digest(given.encode(), attempt.token.encode())
    return fits and not is_from_elsewhere(request.scope)
