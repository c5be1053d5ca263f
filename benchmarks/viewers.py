"""Viewers without a browser: they open the stream and read it, and count what they are told."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

_TOLD_AT = re.compile(rb'event: delta\ndata: \{"at":(\d+)')
_READ_BYTES = 1 << 20
Result = TypeVar("Result")


@dataclass(slots=True, kw_only=True)
class Heard:
    """What viewers heard in a window.

    Attributes:
        messages: Changes that all of them heard together.
        bytes: What all of them read.
        late_ms: Of the first viewer: from the moment a message speaks of to its arrival.
    """

    messages: int = 0
    bytes: int = 0
    late_ms: list[float] = field(default_factory=list)

    @property
    def bytes_each(self) -> int:
        """Size of a message with its framing."""
        return round(self.bytes / self.messages) if self.messages else 0

    @property
    def late_median_ms(self) -> float:
        """Median of what `late_ms` holds."""
        return round(statistics.median(self.late_ms), 1) if self.late_ms else float("nan")


def _run(listening: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine gives, in a thread of its own: here the browser has the event loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, listening).result()


def full_bytes(port: int, path: str = "/events") -> int:
    """Return the size of the first message, which tells everything."""
    return _run(_full_bytes(port, path))


async def _full_bytes(port: int, path: str) -> int:
    reader, writer = await _opened(port, path)
    taken = b""
    while b"event: delta" not in taken and b"\n\n" not in taken.partition(b"event: full")[2]:
        taken += await reader.read(_READ_BYTES)
    writer.close()
    return len(taken.partition(b"event: full")[2].partition(b"\n\n")[0])


def listen(port: int, viewers: int, *, settle_s: float, window_s: float, path: str = "/events") -> Heard:
    """Return what so many viewers hear in a window that begins once all have had everything."""
    return _run(_listen(port, viewers, settle_s=settle_s, window_s=window_s, path=path))


async def _listen(port: int, viewers: int, *, settle_s: float, window_s: float, path: str) -> Heard:
    begins = time.monotonic() + settle_s
    ends = begins + window_s
    heard = Heard()
    each = (_view(port, path, heard, begins=begins, ends=ends, is_first=n == 0) for n in range(viewers))
    await asyncio.gather(*each)
    return heard


async def _view(port: int, path: str, heard: Heard, *, begins: float, ends: float, is_first: bool) -> None:
    reader, writer = await _opened(port, path)
    rest = b""
    try:
        while (left := ends - time.monotonic()) > 0:
            data = await asyncio.wait_for(reader.read(_READ_BYTES), left)
            if not data:
                raise ConnectionError("the stream ended")
            found = list(_TOLD_AT.finditer(rest + data))
            rest = (rest + data)[found[-1].end() if found else 0 :][-60:]
            if time.monotonic() < begins:
                continue
            heard.bytes += len(data)
            heard.messages += len(found)
            if is_first and found:
                heard.late_ms.append(datetime.now(UTC).timestamp() * 1000 - int(found[-1][1]))
    except TimeoutError:
        return
    finally:
        writer.close()


async def _opened(port: int, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    await writer.drain()
    return reader, writer
