"""A small HTTP server that repeats what InfluxDB answers to bad requests, for error handling only.

It stores nothing and is not InfluxDB. The answers are those of influxd 1.8.10 and 2.7.12 to such requests.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Behaviour = Callable[[str], Answer]


@dataclass
class AnsweringServer:
    """A running server and what it was asked."""

    url: str
    bodies: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


STORED = Answer(status=204)
NO_TOKEN = Answer(status=401, body='{"code":"unauthorized","message":"unauthorized access"}')
FORBIDDEN = Answer(status=403, body='{"code":"forbidden","message":"insufficient permissions for write"}')
NO_BUCKET = Answer(status=404, body='{"code":"not found","message":"bucket \\"zz\\" not found"}')
NO_DATABASE = Answer(status=404, body='{"error":"database not found: \\"zz\\""}')
NO_ORGANIZATION = Answer(
    status=404, body='{"code":"not found","message":"organization name \\"zz\\" not found"}'
)
NO_SUCH_PATH = Answer(status=404, body="404 page not found\n")
TOO_MANY = Answer(
    status=429, body='{"code":"too many requests","message":"write limit"}', headers={"Retry-After": "7"}
)
WAL_ERROR = Answer(status=500, body='{"error":"engine: error syncing wal"}')
BUSY = Answer(status=503, body='{"code":"unavailable","message":"shard is disabled"}')
INVALID = Answer(status=400, body='{"code":"invalid","message":"unable to parse line: missing fields"}')
PARTIAL = Answer(
    status=422,
    body='{"code":"unprocessable entity","message":"failure writing points to database: partial write:'
    ' field type conflict: input field \\"v\\" is type float, already exists as type integer dropped=1"}',
)
TOO_LARGE = Answer(status=413, body='{"error":"Request Entity Too Large"}')


def always(answer: Answer) -> Behaviour:
    """Return a behaviour that answers everything alike."""
    return lambda _body: answer


def refusing_lines(containing: str, answer: Answer) -> Behaviour:
    """Return a behaviour that refuses every write with such a line in it, as 2.x does: the whole of it."""
    return lambda body: answer if containing in body else STORED


def refusing_more_than(lines: int) -> Behaviour:
    """Return a behaviour that finds bodies of more lines too large."""
    return lambda body: TOO_LARGE if len(body.splitlines()) > lines else STORED


@contextmanager
def answering(behaviour: Behaviour) -> Iterator[AnsweringServer]:
    """Run a server on a free port of loopback for the time of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.behaviour = behaviour  # type: ignore[attr-defined]
    server.seen = AnsweringServer(url=f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.seen  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = (gzip.decompress(data) if self.headers.get("Content-Encoding") == "gzip" else data).decode()
        self.server.seen.bodies.append(body)  # type: ignore[attr-defined]
        self.server.seen.headers.append(dict(self.headers))  # type: ignore[attr-defined]
        self._answer(body)

    def do_GET(self) -> None:
        self._answer("")

    def _answer(self, body: str) -> None:
        answer: Answer = self.server.behaviour(body)  # type: ignore[attr-defined]
        data = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""
