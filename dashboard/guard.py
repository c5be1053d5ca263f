"""Who may see the pages and ask the doors: ASGI layers over every route, closed unless opened here."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.access import DEMO_PERSON, PERSON, STILL_SIGNED_IN, EverybodyIs
from dashboard.forgery import EXPECTED_TOKEN, NoForgery, cookies, is_from_elsewhere
from dashboard.parts import Parts
from dashboard.security_headers import SecurityHeaders
from dashboard.session_book import SessionBook
from dashboard.views import PATHS, OneFrame
from people.roles import Permission, Person, Role
from people.sessions import Session, forgery_token
from storage.ports import StorageUnavailable

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1", "[::1]")
SESSION_COOKIE = "pantau_session"
SESSION = "pantau_session"
OPEN_PATHS = frozenset({"/login", "/login.css", "/login/provider", "/login/return", "/healthz"})
# Where programs may sign in with the access token: not on the pages, which people use under their own names.
PROGRAM_PATHS = ("/api/", "/cap", "/metrics", "/openapi.json")
# The token tells of no person, so it reads but never acts.
PROGRAM = Person(name="program", role=Role.ANALYST)


class Guard:
    """Lets through only who is signed in and may watch; pages send others to the login, all else says 401.

    People come with the cookie of their session. A program signs in with every request:
    `Authorization: Bearer <access token>`.

    Args:
        app: The application below.
        book: Finds sessions.
        token: The access token of programs; None for no programs.
        opened: Beginnings of paths that this installation opens to everybody.
    """

    def __init__(
        self, app: ASGIApp, *, book: SessionBook, token: str | None, opened: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._opened = tuple(opened)
        self._book = book
        self._bearer = None if token is None else f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan" or self._is_open(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401, "reason": "sign in first"})
        else:
            answer = await self._refusal(scope)
            await (self._app if answer is None else answer)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> ASGIApp | None:
        """Put into the scope who asks and return None, or return the answer for who may not pass."""
        if self._is_program(scope):
            scope[PERSON], scope["is_program"] = PROGRAM, True
            return None
        try:
            session = await self._session(scope)
        except StorageUnavailable:
            return Response("the database does not answer; try again in a moment", status_code=503)
        if session is None:
            return _sign_in_first(scope)
        scope[PERSON] = session.person
        scope[SESSION] = session
        if not session.person.may(Permission.WATCH):
            return Response("this role may not watch", status_code=HTTPStatus.FORBIDDEN)
        return None

    async def _session(self, scope: Scope) -> Session | None:
        secret = cookies(scope).get(SESSION_COOKIE, "")
        if not secret:
            return None

        async def still_signed_in() -> bool:
            return await self._book.session(secret) is not None

        scope[STILL_SIGNED_IN] = still_signed_in
        scope[EXPECTED_TOKEN] = forgery_token(secret)
        return await self._book.session(secret, is_used=_is_persons_doing(scope))

    def _is_open(self, path: str) -> bool:
        return path in OPEN_PATHS or path.startswith(self._opened)

    def _is_program(self, scope: Scope) -> bool:
        if self._bearer is None or not scope["path"].startswith(PROGRAM_PATHS):
            return False
        told = Headers(scope=scope).get("authorization", "")
        return hmac.compare_digest(told.encode(), self._bearer)


def add_guards(
    app: FastAPI, parts: Parts, *, book: SessionBook, hosts: Sequence[str], script_hashes: Sequence[str]
) -> None:
    """Put the guards around every route; the one added last stands outermost.

    Args:
        app: The finished application.
        parts: In its demo everybody is in; else everybody signs in.
        book: Finds sessions.
        hosts: Names by which the pages may be asked for; "*" for any. Foreign ones are refused, since a page
            elsewhere could else reach this one by pointing its own name at our address.
        script_hashes: See `SecurityHeaders`.
    """
    app.add_middleware(OneFrame)
    app.add_middleware(NoForgery)
    if parts.demo:
        app.add_middleware(EverybodyIs, person=DEMO_PERSON)
    else:
        opened = ("/cap/",) if parts.cap.public else ()
        app.add_middleware(Guard, book=book, token=parts.access_token, opened=opened)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    origins = parts.map_tiles.origins
    app.add_middleware(SecurityHeaders, script_hashes=script_hashes, map_origins=origins)


def _sign_in_first(scope: Scope) -> ASGIApp:
    path: str = scope["path"]
    if path not in PATHS:
        return Response("sign in at /login", status_code=HTTPStatus.UNAUTHORIZED)
    query = scope["query_string"].decode("latin-1")
    wanted = f"{path}?{query}" if query else path
    if is_from_elsewhere(scope):
        # Who follows a link of a message brings no cookie, since it is SameSite=Strict; from here they do.
        again = '<!doctype html><meta http-equiv="refresh" content="0"><title>Pantau</title>'
        return HTMLResponse(again, headers={"Cache-Control": "no-store"})
    aim = "/login" if wanted == "/" else f"/login?next={quote(wanted, safe='/')}"
    return RedirectResponse(aim, status_code=HTTPStatus.SEE_OTHER)


def _is_persons_doing(scope: Scope) -> bool:
    """Tell whether a request is more than what an open page asks by itself, so that the session is in use."""
    return scope["path"] in PATHS or (scope["method"] == "POST" and scope["path"].startswith("/api/"))
