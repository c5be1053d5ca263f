"""What both ways in share: the sign-in page around them, and the session with which they end."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from dashboard.access import origin_of
from dashboard.forgery import cookies
from dashboard.guard import SESSION_COOKIE
from dashboard.login_page import LoginPage, login_page
from dashboard.parts import Parts
from dashboard.texts import Texts
from dashboard.views import PATHS
from people.accounts import Account
from people.guesses import Guesses
from people.people_table import has_accounts
from people.sessions import key_of, limits
from people.sessions_table import delete_session
from people.sign_in import Visit, begin_session
from storage.ports import StorageUnavailable

FORM_COOKIE = "pantau_login"
# A hash takes 64 MiB and a core for tens of milliseconds: so many at once, however many knock.
_HASHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What every attempt to sign in needs.

    Attributes:
        parts: Where accounts and sessions are.
        texts: Words of the sign-in page.
        clock: Returns the present moment, aware.
        pause: Waits for seconds.
        guesses: Wrong passwords so far.
        hashing: Held while a password is hashed.
    """

    parts: Parts
    texts: Mapping[str, Texts]
    clock: Callable[[], datetime]
    pause: Callable[[float], Awaitable[None]]
    guesses: Guesses = field(default_factory=Guesses)
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_HASHES_AT_ONCE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How somebody wants to be received, as the address of the sign-in page says.

    Attributes:
        language: `id` or `en`.
        theme: `dark` or `light`; "" for what the browser prefers.
        wanted: The page that they want to see: one of ours, wherever the address claims to lead.
    """

    language: str
    theme: str
    wanted: str


def wish_of(door: Door, query: Mapping[str, str]) -> Wish:
    """Return the wish that the query of an address tells, as far as it can be granted."""
    language, theme = query.get("lang", ""), query.get("theme", "")
    return Wish(
        language=language if language in door.texts else door.parts.language,
        theme=theme if theme in ("dark", "light") else "",
        wanted=_our_page(query.get("next", "/")),
    )


def _our_page(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"  # no address at all, such as http://[
    if parts.scheme or parts.netloc or parts.path not in PATHS:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def show_page(
    door: Door, request: Request, wish: Wish, *, wrong: str = "", status: int = 200, name: str = ""
) -> Response:
    """Return the sign-in page.

    Args:
        door: See `Door`.
        request: Who asks.
        wish: How they want it.
        wrong: Key of the sentence that says what is wrong; "" for nothing.
        status: Of the answer.
        name: What they typed as their name, when they try again.
    """
    token = cookies(request.scope).get(FORM_COOKIE) or secrets.token_urlsafe(24)
    provider = door.parts.provider
    page = LoginPage(
        texts=door.texts[wish.language],
        language=wish.language,
        theme=wish.theme,
        city=door.parts.city_name,
        wanted=wish.wanted,
        token=token,
        name=name,
        wrong=wrong or await asyncio.to_thread(_nobody_yet, door.parts),
        provider=getattr(provider.settings.label, wish.language) if provider else "",
    )
    answer = HTMLResponse(login_page(page), status_code=status, headers={"Cache-Control": "no-store"})
    is_https = request.url.scheme == "https"
    answer.set_cookie(FORM_COOKIE, token, path="/login", httponly=True, samesite="strict", secure=is_https)
    return answer


def _nobody_yet(parts: Parts) -> str:
    """Return what to tell when nobody can sign in yet, or "" when somebody can."""
    try:
        with parts.database.reading() as connection:
            return "" if parts.provider or has_accounts(connection) else "login_nobody"
    except StorageUnavailable:
        return "login_unavailable"


def let_in(door: Door, request: Request, answer: Response, *, account: Account, visit: Visit) -> Response:
    """Begin a new session, end the one that this browser had, and return the answer with its cookie."""
    settings, database = door.parts.sessions, door.parts.database
    secret = begin_session(database, account, visit, settings)
    if before := cookies(request.scope).get(SESSION_COOKIE):
        with database.transaction() as connection:
            delete_session(connection, key_of(before))
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(limits(account.role, settings)[1].total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    answer.delete_cookie(FORM_COOKIE, path="/login")
    return answer


def visit_of(door: Door, request: Request) -> Visit:
    """Return from where somebody comes, with what and when."""
    browser = request.headers.get("user-agent", "")
    return Visit(address=origin_of(request), browser=browser, at=door.clock())
