"""What every request is held to before a route sees it, and how a refusal is told: never by what was sent."""

from __future__ import annotations

import json

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_TOLD = ("type", "loc", "msg")


def add_refusals(app: FastAPI) -> None:
    """Refuse for the whole application what no route can take."""
    app.add_exception_handler(RequestValidationError, _tell_what_is_wrong)
    app.add_middleware(NoNul)


class NoNul:
    """Refuses addresses that hold a NUL character: PostgreSQL keeps none, and nothing here is called so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            refusal = JSONResponse({"detail": "the address holds a NUL character"}, status_code=400)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _tell_what_is_wrong(_request: Request, error: Exception) -> Response:
    """Answer 422 with where and what is wrong.

    FastAPI's own answer says back what was sent: passwords, and text that is no UTF-8, which is a crash.
    """
    assert isinstance(error, RequestValidationError)
    told = [{name: fault[name] for name in _TOLD} for fault in error.errors()]
    return Response(json.dumps({"detail": told}), status_code=422, media_type="application/json")
