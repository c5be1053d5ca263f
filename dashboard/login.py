"""The way in: a page that works without scripts, and what happens to a name and a password."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from dashboard.forgery import cookies, is_from_elsewhere
from dashboard.guard import SESSION_COOKIE
from dashboard.login_page import LoginPage, login_page
from dashboard.parts import Parts
from dashboard.texts import Texts
from dashboard.views import PATHS
from people.accounts import Account, name_key
from people.guesses import Guesses
from people.people_table import has_accounts
from people.sessions import key_of, limits
from people.sessions_table import delete_session
from people.sign_in import Visit, account_for, begin_session, note_failure
from storage.ports import StorageUnavailable

_FORM_COOKIE = "pantau_login"
_LONGEST_FIELD = 1000
_LARGEST_FORM = 10_000
# Whoever must wait longer is sent away at once, so that waiting guesses cannot pile up.
_LONGEST_WAIT = timedelta(seconds=10)
# A hash takes 64 MiB and a core for tens of milliseconds: so many at once, however many knock.
_HASHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    """What every attempt needs."""

    parts: Parts
    texts: Mapping[str, Texts]
    clock: Callable[[], datetime]
    pause: Callable[[float], Awaitable[None]]
    guesses: Guesses = field(default_factory=Guesses)
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_HASHES_AT_ONCE))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What somebody sent in the form of the login page."""

    name: str
    password: str = field(repr=False)
    token: str = field(repr=False)


def login_routes(
    parts: Parts,
    texts: Mapping[str, Texts],
    clock: Callable[[], datetime],
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> APIRouter:
    """Return the routes by which people sign in.

    Args:
        parts: Where accounts and sessions are.
        texts: Words of the login page.
        clock: Returns the present moment, aware.
        pause: Waits for seconds.
    """
    door = _Door(parts=parts, texts=texts, clock=clock, pause=pause)
    router = APIRouter(include_in_schema=False)

    @router.get("/login")
    async def show_login(request: Request) -> Response:
        return await _page(door, request)

    @router.get("/login.css")
    async def show_style() -> Response:
        return FileResponse(Path(__file__).parent / "assets" / "login.css", media_type="text/css")

    @router.post("/login", max_body_size=_LARGEST_FORM)
    async def enter(request: Request) -> Response:
        return await _enter(door, request)

    return router


async def _enter(door: _Door, request: Request) -> Response:
    attempt = await _attempt(request)
    if not _is_our_form(request, attempt):
        return await _page(door, request, wrong="login_stale", status=403)
    address, name = _address(request), name_key(attempt.name)
    wait = door.guesses.wait(name, address, door.clock())
    if wait > _LONGEST_WAIT:
        return await _page(door, request, wrong="login_slow", status=429, name=attempt.name)
    if wait:
        await door.pause(wait.total_seconds())
    visit = Visit(address=address, browser=request.headers.get("user-agent", ""), at=door.clock())
    try:
        account = await _account(door, attempt)
        if account is None:
            door.guesses.note_wrong(name, address, visit.at)
            await asyncio.to_thread(note_failure, door.parts.database, attempt.name, visit)
            return await _page(door, request, wrong="login_wrong", status=401, name=attempt.name)
        door.guesses.note_right(name, address)
        return await asyncio.to_thread(_signed_in, door, request, account, visit)
    except StorageUnavailable:
        return await _page(door, request, wrong="login_unavailable", status=503, name=attempt.name)


async def _account(door: _Door, attempt: _Attempt) -> Account | None:
    async with door.hashing:
        return await asyncio.to_thread(account_for, door.parts.database, attempt.name, attempt.password)


async def _attempt(request: Request) -> _Attempt:
    form = await request.form(max_files=0, max_fields=10, max_part_size=10_000)
    told = {name: value for name, value in form.items() if isinstance(value, str)}
    return _Attempt(
        name=told.get("name", "").strip()[:_LONGEST_FIELD],
        password=told.get("password", "")[:_LONGEST_FIELD],
        token=told.get("token", ""),
    )


def _is_our_form(request: Request, attempt: _Attempt) -> bool:
    given = cookies(request.scope).get(_FORM_COOKIE, "")
    fits = bool(given) and hmac.compare_digest(given.encode(), attempt.token.encode())
    return fits and not is_from_elsewhere(request.scope)


def _signed_in(door: _Door, request: Request, account: Account, visit: Visit) -> Response:
    """Begin a new session, end the one that this browser had, and send the person where they wanted to go."""
    settings, database = door.parts.sessions, door.parts.database
    secret = begin_session(database, account, visit, settings)
    if before := cookies(request.scope).get(SESSION_COOKIE):
        with database.transaction() as connection:
            delete_session(connection, key_of(before))
    answer = RedirectResponse(_wanted(request), status_code=303)
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(limits(account.role, settings)[1].total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    answer.delete_cookie(_FORM_COOKIE, path="/login")
    return answer


async def _page(
    door: _Door, request: Request, *, wrong: str = "", status: int = 200, name: str = ""
) -> Response:
    language = _language(door, request)
    token = cookies(request.scope).get(_FORM_COOKIE) or secrets.token_urlsafe(24)
    page = LoginPage(
        texts=door.texts[language],
        language=language,
        theme=_theme(request),
        city=door.parts.city_name,
        wanted=_wanted(request),
        token=token,
        name=name,
        wrong=wrong or await asyncio.to_thread(_nobody_yet, door.parts),
    )
    answer = HTMLResponse(login_page(page), status_code=status, headers={"Cache-Control": "no-store"})
    is_https = request.url.scheme == "https"
    answer.set_cookie(_FORM_COOKIE, token, path="/login", httponly=True, samesite="strict", secure=is_https)
    return answer


def _nobody_yet(parts: Parts) -> str:
    """Return what to tell when nobody can sign in yet, or "" when somebody can."""
    try:
        with parts.database.reading() as connection:
            return "" if has_accounts(connection) else "login_nobody"
    except StorageUnavailable:
        return "login_unavailable"


def _language(door: _Door, request: Request) -> str:
    asked = request.query_params.get("lang", "")
    return asked if asked in door.texts else door.parts.language


def _theme(request: Request) -> str:
    asked = request.query_params.get("theme", "")
    return asked if asked in ("dark", "light") else ""


def _wanted(request: Request) -> str:
    """Return the page that somebody wanted to see: one of ours, wherever the address claims to lead."""
    parts = urlsplit(request.query_params.get("next", "/"))
    if parts.scheme or parts.netloc or parts.path not in PATHS:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
