"""Asks an ASGI application one thing, without a server or a network."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str
    set_cookies: tuple[str, ...] = ()

    def cookies(self) -> dict[str, str]:
        found: SimpleCookie = SimpleCookie()
        for line in self.set_cookies:
            found.load(line)
        return {name: morsel.value for name, morsel in found.items()}


def ask(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    host: str = "localhost",
    is_forged: bool = False,
) -> Answer:
    """Ask as a browser would that got the page before; `is_forged` as one that another site sends."""
    path, _, query = path.partition("?")
    told = {"host": host, **{name.lower(): value for name, value in (headers or {}).items()}}
    if method not in SAFE_METHODS and not is_forged and "x-csrftoken" not in told:
        told["cookie"] = "; ".join(filter(None, [told.get("cookie", ""), "_csrf_token=of-the-page"]))
        told["x-csrftoken"] = "of-the-page"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 5000),
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
    }
    return asyncio.run(_ask(app, scope, body))


async def _ask(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    sent: list[dict[str, Any]] = []
    asked = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if asked.is_set():
            await asyncio.Event().wait()  # the visitor stays until the answer is complete
        asked.set()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    named = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
    return Answer(
        status=start["status"],
        headers=dict(named),
        body=b"".join(message.get("body", b"") for message in sent).decode(),
        set_cookies=tuple(value for name, value in named if name == "set-cookie"),
    )
