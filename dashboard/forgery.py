"""No other site acts in a visitor's name: what changes something must come from our own page and prove it."""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.views import PATHS

TOKEN_COOKIE = "_csrf_token"
TOKEN_HEADER = "x-csrftoken"
EXPECTED_TOKEN = "csrf_token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def cookies(scope: Scope) -> dict[str, str]:
    """Return the cookies of a request by name; none when they cannot be read."""
    try:
        read = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in read.items()}


def is_from_elsewhere(scope: Scope) -> bool:
    """Tell whether a browser says that another site's page sent the request."""
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and _host_of(origin) != headers.get("host", "")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None  # no address at all, such as http://[


class NoForgery:
    """Refuses changes that do not carry the token of the page; gives every page its token as a cookie.

    With a session the token follows from the session's secret (the guard puts it into the scope), so that
    nobody else can set one that fits; without sessions, in the demo, it is random per browser. Dash's own
    scripts and `assets/live/api.js` send the cookie's value back as a header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope.get("is_program"):
            await self._app(scope, receive, send)
        elif scope["method"] in _SAFE_METHODS:
            await self._app(scope, receive, _with_token(scope, send))
        elif scope["path"] == "/login" or _is_ours(scope):
            await self._app(scope, receive, send)
        else:
            refusal = {"detail": "the request does not come from a page of this server; load the page anew"}
            await JSONResponse(refusal, status_code=403)(scope, receive, send)


def _is_ours(scope: Scope) -> bool:
    cookie = cookies(scope).get(TOKEN_COOKIE, "")
    expected = scope.get(EXPECTED_TOKEN, cookie)
    sent = Headers(scope=scope).get(TOKEN_HEADER, "")
    fits = bool(expected) and hmac.compare_digest(expected.encode(), sent.encode())
    return fits and not is_from_elsewhere(scope)


def _with_token(scope: Scope, send: Send) -> Send:
    """Return a `send` that gives the page its token, when it has not the right one already."""
    if scope["path"] not in PATHS:
        return send
    held = cookies(scope).get(TOKEN_COOKIE, "")
    token = scope.get(EXPECTED_TOKEN) or held or secrets.token_urlsafe(24)

    async def send_token(message: Message) -> None:
        if message["type"] == "http.response.start" and token != held:
            secure = "; Secure" if scope["scheme"] == "https" else ""
            cookie = f"{TOKEN_COOKIE}={token}; Path=/; SameSite=Strict{secure}"
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return send_token
