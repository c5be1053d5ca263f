"""The pages of the dashboard: all in one frame, so that stream, horn and map survive a change of page."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

VIEWS = {"map": "/", "alarms": "/alarms", "shift": "/shift", "system": "/system", "wall": "/wall"}
PATHS = frozenset(VIEWS.values())


class OneFrame:
    """Answers every page's address with the one frame; its script shows what belongs to the address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] in PATHS:
            scope = {**scope, "path": "/", "raw_path": b"/"}
        await self._app(scope, receive, send)
