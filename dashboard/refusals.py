"""What every request is held to before a route sees it, and how a refusal is told: never by what was sent."""

from __future__ import annotations

import json

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The largest act, 500 rows and a text, takes 150 KB; the sign-in has a smaller limit of its own.
LARGEST_BODY = 256 * 1024
_TOO_LARGE = f"a request has at most {LARGEST_BODY // 1024} KiB; nothing was done"
_TOLD = ("type", "loc", "msg")


def add_refusals(app: FastAPI) -> None:
    """Refuse for the whole application what no route can take."""
    app.add_exception_handler(RequestValidationError, _tell_what_is_wrong)
    app.add_middleware(Bounds)


class Bounds:
    """Refuses bodies that are larger than any act, and addresses that hold a NUL character.

    PostgreSQL keeps no NUL, and nothing here is called so. A body announced as too large is not read; one
    that comes in pieces is read no further than the limit.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif "\0" in scope["path"] or b"%00" in scope["query_string"]:
            refusal = JSONResponse({"detail": "the address holds a NUL character"}, status_code=400)
            await refusal(scope, receive, send)
        elif _announced(scope) > LARGEST_BODY:
            await JSONResponse({"detail": _TOO_LARGE}, status_code=413)(scope, receive, send)
        else:
            counted = _Counted(receive, send)
            await self._app(scope, counted.receive, counted.send)
            if counted.is_too_large and not counted.is_answered:
                await JSONResponse({"detail": _TOO_LARGE}, status_code=413)(scope, receive, send)


def _announced(scope: Scope) -> int:
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if told.isdecimal() and len(told) < 20 else 0


class _Counted:
    """One request whose body is counted: beyond the limit nothing is read, and only the refusal is sent."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._read = 0
        self.is_answered = False

    @property
    def is_too_large(self) -> bool:
        return self._read > LARGEST_BODY

    async def receive(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        if self.is_too_large:
            raise HTTPException(413, _TOO_LARGE)
        return message

    async def send(self, message: Message) -> None:
        if not self.is_too_large:  # Dash would say that the server is broken
            self.is_answered = True
            await self._send(message)


async def _tell_what_is_wrong(_request: Request, error: Exception) -> Response:
    """Answer 422 with where and what is wrong.

    FastAPI's own answer says back what was sent: passwords, and text that is no UTF-8, which is a crash.
    """
    assert isinstance(error, RequestValidationError)
    told = [{name: fault[name] for name in _TOLD} for fault in error.errors()]
    return Response(json.dumps({"detail": told}), status_code=422, media_type="application/json")
