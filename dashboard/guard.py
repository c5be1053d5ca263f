"""Who may see the pages, and what a browser may do with them: ASGI layers over every route."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import html
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access import DEMO_PERSON, EverybodyIs
from dashboard.parts import Parts
from dashboard.texts import Texts
from dashboard.views import PATHS, OneFrame
from people.roles import Person, Role

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1", "[::1]")
_OPEN_PATHS = frozenset({"/login", "/login.css", "/healthz"})
_SESSION_SECONDS = 30 * 24 * 3600
_WRONG_TOKEN_DELAY_S = 1.0


class Guard:
    """Lets through only who has signed in; pages send others to the login, everything else says 401.

    A program signs in with every request: `Authorization: Bearer <token>`.

    Args:
        app: The application below.
        token: What whoever signs in knows.
        opened: Beginnings of the paths that are for everybody.
    """

    def __init__(self, app: ASGIApp, *, token: str, opened: tuple[str, ...] = ()) -> None:
        self._app = app
        self._opened = opened
        self._bearer = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan" or self._is_open(scope["path"]):
            await self._app(scope, receive, send)
        elif self._is_signed_in(scope):
            scope["person"] = Person(name="operator", role=Role.ADMIN)
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401, "reason": "sign in first"})
        elif scope["path"] in PATHS:
            await RedirectResponse("/login", status_code=303)(scope, receive, send)
        else:
            await Response("sign in at /login", status_code=401)(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return path in _OPEN_PATHS or path.startswith(self._opened)

    def _is_signed_in(self, scope: Scope) -> bool:
        if scope["session"].get("in"):
            return True
        told = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(told, self._bearer)


class SecurityHeaders:
    """Adds to every response what a browser may load and do with it.

    Args:
        app: The application below.
        script_hashes: Hashes of the inline scripts that Dash writes into the page.
    """

    def __init__(self, app: ASGIApp, *, script_hashes: Sequence[str]) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": _content_policy(script_hashes),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                # Pages and scripts are asked for anew, so that an upgrade is never seen by halves.
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def add_guards(
    app: FastAPI, parts: Parts, *, hosts: Sequence[str], script_hashes: Sequence[str], texts: Texts
) -> None:
    """Put the guards around every route; the one added last stands outermost.

    Args:
        app: The finished application.
        parts: Its `access_token` decides whether anybody must sign in.
        hosts: Names by which the pages may be asked for; "*" for any. Foreign ones are refused, since a page
            elsewhere could else reach this one by pointing its own name at our address.
        script_hashes: See `SecurityHeaders`.
        texts: Words of the login page.
    """
    app.add_middleware(OneFrame)
    if parts.access_token is None:
        app.add_middleware(EverybodyIs, person=DEMO_PERSON)
    else:
        _add_login(app, parts.access_token, texts)
        app.add_middleware(Guard, token=parts.access_token, opened=("/cap/",) if parts.cap.public else ())
        app.add_middleware(
            SessionMiddleware,
            secret_key=_session_key(parts.access_token),
            session_cookie="pantau_session",
            max_age=_SESSION_SECONDS,
            same_site="strict",
        )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    app.add_middleware(SecurityHeaders, script_hashes=script_hashes)


def _session_key(token: str) -> str:
    """Derive the key of the cookies, so that a restart signs nobody out and a new token everybody."""
    return hmac.new(token.encode(), b"pantau session cookie", hashlib.sha256).hexdigest()


def _add_login(app: FastAPI, token: str, texts: Texts) -> None:
    turn = asyncio.Lock()

    @app.get("/login", include_in_schema=False)
    async def show_login() -> Response:
        return HTMLResponse(_login_page(texts))

    @app.get("/login.css", include_in_schema=False)
    async def show_style() -> Response:
        return FileResponse(Path(__file__).parent / "assets" / "login.css", media_type="text/css")

    @app.post("/login", include_in_schema=False)
    async def enter(request: Request) -> Response:
        typed = str((await request.form()).get("token", "")).strip()
        if hmac.compare_digest(typed.encode(), token.encode()):
            request.session["in"] = True
            return RedirectResponse("/", status_code=303)
        async with turn:  # one wrong guess at a time, however many connections guess
            await asyncio.sleep(_WRONG_TOKEN_DELAY_S)
        return HTMLResponse(_login_page(texts, wrong=texts["login_wrong"]), status_code=401)


def _login_page(texts: Texts, *, wrong: str = "") -> str:
    words = {key: html.escape(text) for key, text in texts.items()}
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words['login_title']}</title>"
        '<link rel="stylesheet" href="/login.css"></head><body>'
        f'<form method="post" action="/login"><h1>{words["login_title"]}</h1>'
        f'<label for="token">{words["login_token"]}</label>'
        '<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>'
        f'<p role="alert">{html.escape(wrong)}</p><button>{words["login_enter"]}</button>'
        "</form></body></html>"
    )


def _content_policy(script_hashes: Sequence[str]) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(("'self'", *script_hashes)),
        # Plotly and MapLibre write style elements and attributes while they draw.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
