"""The dashboard's server: pages, API and live stream in one application under uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn
from dash import Dash
from fastapi import Depends, FastAPI, HTTPException

from dashboard.access import requires
from dashboard.account_routes import account_routes, audit_routes
from dashboard.acts import act_routes
from dashboard.callbacks import add_callbacks
from dashboard.cap_routes import cap_routes
from dashboard.guard import LOOPBACK_HOSTS, add_guards
from dashboard.login import login_routes
from dashboard.login_door import Door
from dashboard.page import INDEX, layout
from dashboard.parts import Parts
from dashboard.provider_login import provider_routes
from dashboard.refusals import add_refusals
from dashboard.routes import Clock, api_routes, health_route, metrics_route, page_routes
from dashboard.session_book import SessionBook
from dashboard.shift_routes import report_routes, shift_routes
from dashboard.site_notes_routes import site_notes_routes
from dashboard.snapshot import read_snapshot
from dashboard.stream import Feed, LiveStream
from dashboard.system_routes import system_routes
from dashboard.texts import load_texts
from people.roles import Permission

_LOG = logging.getLogger(__name__)
_SHUTDOWN_S = 3
# A second of a large city makes tens of thousands of objects that live until the next: by the standard (700)
# a third of a tick went into looking for garbage among them.
_OBJECTS_BEFORE_COLLECTION = 50_000


def create_app(parts: Parts, *, hosts: Sequence[str] = LOOPBACK_HOSTS, clock: Clock | None = None) -> FastAPI:
    """Return the whole dashboard as an ASGI application; its lifespan runs the live stream.

    Args:
        parts: Stores and settings; they must live as long as the application.
        hosts: Names by which it may be asked for; "*" for any.
        clock: Returns the present moment, aware; the machine's clock by default.
    """
    now = clock or _utc_now
    texts = load_texts()
    stream = LiveStream(
        lambda previous: read_snapshot(parts.database, previous, now=now()),
        Feed(kinds=parts.kinds, rules=parts.rules, chatter=parts.chatter),
        clock=now,
    )
    # Interactive API pages would load scripts from elsewhere; the document itself stays at /openapi.json.
    app = FastAPI(title="Pantau", docs_url=None, redoc_url=None, lifespan=partial(_live, stream))
    app.state.stream = stream
    book = SessionBook(parts.database, parts.sessions, clock=now)
    # Every route says what it demands, here or itself; a test holds that none is forgotten.
    watching = [Depends(requires(Permission.WATCH))]
    app.include_router(health_route())
    app.include_router(page_routes(parts, stream, texts, now), dependencies=watching)
    app.include_router(api_routes(parts, now), dependencies=watching)
    app.include_router(act_routes(parts, now, stream.wake), dependencies=watching)
    app.include_router(metrics_route(parts, now), dependencies=watching)
    app.include_router(cap_routes(parts, now), dependencies=[] if parts.cap.public else watching)
    app.include_router(system_routes(parts, texts, now), dependencies=watching)
    app.include_router(shift_routes(parts, texts, now), dependencies=watching)
    app.include_router(report_routes(parts, texts, now), dependencies=watching)
    app.include_router(site_notes_routes(parts, now), dependencies=watching)
    app.include_router(account_routes(parts, book, now))
    app.include_router(audit_routes(parts))
    if not parts.demo:
        door = Door(parts=parts, texts=texts, clock=now, pause=asyncio.sleep)
        app.include_router(login_routes(door))
        if parts.provider is not None:
            app.include_router(provider_routes(door, parts.provider))
    page = Dash(
        __name__,
        server=app,  # type: ignore[arg-type]  # not in Dash's annotation
        assets_folder=str(Path(__file__).parent / "assets"),
        include_assets_files=False,
        index_string=INDEX,
        title=f"Pantau · {parts.city_name}",
        update_title="",
        suppress_callback_exceptions=True,
        add_log_handler=False,
    )
    # Else the page opens a web socket that nothing here uses (dash issue 3939); uvicorn refuses it too.
    page.backend.websocket_capability = False
    page.layout = layout(parts, texts[parts.language])
    add_callbacks(page, parts, texts, now)
    hashes = page.csp_hashes()
    add_refusals(app)
    add_guards(app, parts, book=book, hosts=hosts, script_hashes=hashes)
    _refuse_unknown_paths(app)  # last, for routes are tried in their order
    return app


def serve(parts: Parts, *, host: str, port: int) -> None:
    """Serve the dashboard until SIGTERM or SIGINT; then end the open streams and return.

    Raises:
        OSError: The address cannot be used, for example because the port is taken.
        ValueError: The demo, which lets everybody in, would be reached from other machines.
    """
    is_loopback = host in LOOPBACK_HOSTS
    if parts.demo and not is_loopback:
        raise ValueError("the demo lets everybody in, so it listens on loopback only")
    app = create_app(parts, hosts=LOOPBACK_HOSTS if is_loopback else ("*",))
    listening = _listen(host, port)
    config = uvicorn.Config(
        app, log_level="warning", timeout_graceful_shutdown=_SHUTDOWN_S, server_header=False, ws="none"
    )
    gc.freeze()  # what is there now stays to the end
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    with listening:
        _Server(config, app.state.stream).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A uvicorn server that ends the streams before it waits for connections, and that just returns."""

    def __init__(self, config: uvicorn.Config, stream: LiveStream) -> None:
        super().__init__(config)
        self._stream = stream

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stream.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal; unlike uvicorn's own, without raising it again at the end."""
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.asynccontextmanager
async def _live(stream: LiveStream, _app: FastAPI) -> AsyncIterator[None]:
    running = asyncio.create_task(stream.run())
    try:
        yield
    finally:
        stream.close()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), port), family=family)


def _refuse_unknown_paths(app: FastAPI) -> None:
    """Answer 404 where nothing is; Dash would else give its page to every path."""

    @app.get("/{path:path}", include_in_schema=False)
    async def unknown(path: str) -> None:
        raise HTTPException(404, f"nothing is at /{path}")


def _utc_now() -> datetime:
    return datetime.now(UTC)
