"""A TCP link on loopback that behaves badly on purpose: it is cut, it is slow, it breaks off answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from support.brokers import free_port

_CHUNK = 65_536
_TOLD_OF_A_BROKEN_ANSWER = 12


class Link:
    """Forwards connections from a port of its own to `target` until it is told to misbehave.

    Its work is done in a thread of its own; every method may be called from any other.

    Attributes:
        port: The port on 127.0.0.1 that clients connect to; it stays the same over `close` and `open`.
        target: The port on 127.0.0.1 that is forwarded to.
        delay_s: How long each piece of an answer is held back.
        answers_to_break: So many of the next answers end after their first bytes, with the connection.
        broken: How many connections were cut, by `cut` or in the middle of an answer.
    """

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.target = target
        self.delay_s = 0.0
        self.answers_to_break = 0
        self.broken = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link")
        self._thread.start()

    @property
    def is_in_use(self) -> bool:
        """True while a connection goes through."""
        return bool(self._open)

    def open(self) -> None:
        """Take connections."""
        self._call(self._listen)

    def close(self) -> None:
        """Refuse connections and cut those that are open."""
        self._call(self._hang_up)

    def cut(self) -> None:
        """Cut every open connection; new ones are taken."""
        self._call(self._cut)

    def end(self) -> None:
        """Close for good."""
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Callable[[], Any]) -> None:
        future: Future[None] = asyncio.run_coroutine_threadsafe(work(), self._loop)
        future.result(timeout=20)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)

    async def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()
        self.broken += len(self._open) // 2

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return
        pair = {writer, far_writer}
        self._open |= pair
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer, answers=True))
        except OSError:
            pass
        finally:
            self._open -= pair
            far_writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False
    ) -> None:
        """Pass on what comes until either side is gone, then let go of the other side too."""
        while data := await reader.read(_CHUNK):
            if answers and self.delay_s:
                await asyncio.sleep(self.delay_s)
            if answers and self.answers_to_break:
                self.answers_to_break -= 1
                self.broken += 1
                writer.write(data[:_TOLD_OF_A_BROKEN_ANSWER])
                await writer.drain()
                break
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
