"""What a browser may load and do with everything that this server sends."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.views import PATHS


class SecurityHeaders:
    """Adds to every response what a browser may load and do with it.

    Args:
        app: The application below.
        script_hashes: Hashes of the inline scripts that Dash writes into the page.
        map_origins: Servers that the configured base map comes from; none by default.
    """

    def __init__(
        self, app: ASGIApp, *, script_hashes: Sequence[str], map_origins: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": _content_policy(script_hashes, map_origins),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            # Nothing is told to others; with "no-referrer" a form of ours would come from the origin "null".
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                # Scripts are asked for anew, so that an upgrade is never seen by halves; pages are not kept
                # at all, so that the way back after signing out leads to the sign-in.
                headers.setdefault("Cache-Control", "no-store" if scope.get("path") in PATHS else "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _content_policy(script_hashes: Sequence[str], map_origins: Sequence[str]) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(("'self'", *script_hashes)),
        # Plotly and MapLibre write style elements and attributes while they draw.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": " ".join(("'self' data: blob:", *map_origins)),
        "font-src": "'self'",
        "connect-src": " ".join(("'self'", *map_origins)),
        "worker-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
