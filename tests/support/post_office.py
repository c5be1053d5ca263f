"""Real services on loopback that take messages: HTTP for webhooks, SMTP for e-mail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.brokers import free_port


@dataclass(slots=True)
class Webhook:
    """An HTTP service that keeps what it is sent and answers as it is told.

    Attributes:
        received: What it took, oldest first, as JSON.
        paths: The path of each request.
        answers: Status codes for the next requests; 200 when there are none.
        hold: While set, requests are kept but answered only when `release` is set.
    """

    url: str = ""
    received: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    hold: bool = False
    release: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, path: str, body: bytes) -> int:
        with self.changed:
            status = self.answers.pop(0) if self.answers else 200
            self.paths.append(path)
            if status == 200:
                self.received.append(json.loads(body))
            is_held = self.hold
            self.changed.notify_all()
        if is_held:
            self.release.wait(60)
        return status

    def wait_for(self, count: int, within_s: float = 30.0) -> list[dict[str, str]]:
        """Return what came once there are so many requests; fails when they do not come."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.paths) >= count, within_s), self.received
            return list(self.received)


@contextmanager
def webhook() -> Iterator[Webhook]:
    service = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = service.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            try:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b'{"ok": false, "description": "told so by the test"}')
            except OSError:
                pass  # whoever asked was killed meanwhile

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    service.url = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        service.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(slots=True)
class Mailbox:
    """What a mail server took."""

    port: int = 0
    subjects: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    from aiosmtpd.controller import Controller

    box = Mailbox()

    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
            message = message_from_bytes(envelope.content, policy=default)  # type: ignore[attr-defined]
            part = message.get_body(("plain",))
            box.subjects.append(str(message["subject"]))
            box.bodies.append("" if part is None else part.get_content())
            return "250 kept"

    controller = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()
