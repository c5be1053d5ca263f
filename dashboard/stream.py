"""The live stream: one reader for all viewers, each message encoded once, and never a silent death."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from alerts.desk.chatter import STANDARD, ChatterLimits
from alerts.rulebook.rules import Rule
from dashboard import wire
from dashboard.alarm_list import alarm_list
from dashboard.alarm_wire import list_payload
from dashboard.kept_view import KeptView
from dashboard.site_changes import site_changes
from dashboard.snapshot import Snapshot
from dashboard.view import SiteStatus
from dashboard.wire import Payload
from devices.kinds import Kind
from storage.ports import StorageUnavailable

_LOG = logging.getLogger(__name__)
_COMMENT = b": still here\n\n"
_QUEUE_SIZE = 16


def encode(event: str, payload: Payload) -> bytes:
    """Return a payload as one server-sent event."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps(payload))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What viewers were told last."""

    sites: Mapping[str, SiteStatus]
    rows: Mapping[str, Payload]
    incidents: Sequence[Payload]
    state: Payload

    def full(self) -> bytes:
        sites = [wire.site(status) for status in self.sites.values()]
        alarms = {"rows": list(self.rows.values()), "incidents": self.incidents}
        return encode("full", self.state | {"sites": sites} | alarms)


class Feed:
    """Turns one snapshot after the other into messages that say what changed.

    One thread at a time advances it; what it holds is exchanged as a whole, so another thread may ask for
    `full` meanwhile.

    Args:
        kinds: Kinds of sensors by name.
        rules: Rules by id.
        chatter: What is told as one.
    """

    def __init__(
        self, *, kinds: Mapping[str, Kind], rules: Mapping[str, Rule], chatter: ChatterLimits = STANDARD
    ) -> None:
        self._view = KeptView(kinds=kinds, rules=rules)
        self._rules, self._kinds = rules, kinds
        self._chatter = chatter
        self._told: _Told | None = None

    def advance(self, snapshot: Snapshot, *, now: datetime, is_store_silent: bool) -> bytes:
        """Return the message that brings a viewer from the last message to `now`.

        It is sent even when nothing changed: its coming tells the page that it is not frozen.
        """
        view = self._view.at(snapshot, now)
        found = alarm_list(snapshot, view, self._rules, limits=self._chatter)
        state = {
            "at": wire.milliseconds(view.at),
            "change": snapshot.alarm_change,
            "health": wire.health(view, is_store_silent=is_store_silent),
        }
        rows, incidents = list_payload(found, snapshot.registry.sites, self._kinds)
        before, self._told = self._told, _Told(sites=view.sites, rows=rows, incidents=incidents, state=state)
        return _message(before, self._told)

    def full(self) -> bytes | None:
        """Return the message that tells everything as of the last `advance`; None before the first."""
        return None if self._told is None else self._told.full()


def _message(before: _Told | None, after: _Told) -> bytes:
    sites = None if before is None else site_changes(before.sites, after.sites, at_ms=after.state["at"])
    if before is None or sites is None:
        return after.full()
    changes: Payload = sites | {
        "rows": [row for key, row in after.rows.items() if before.rows.get(key) != row],
        "gone": [key for key in before.rows if key not in after.rows],
    }
    told = {name: value for name, value in changes.items() if value}
    if before.incidents != after.incidents:
        told["incidents"] = after.incidents
    return encode("delta", after.state | told)


class Viewer:
    """One open page's place in the stream."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUE_SIZE)

    @property
    def is_behind(self) -> bool:
        """Whether it took so little that nothing more has room."""
        return self._queue.full()

    def offer(self, message: bytes) -> None:
        """Hand over a message to a viewer that is not behind; never waits."""
        self._queue.put_nowait(message)

    def restart(self, message: bytes | None) -> None:
        """Let go of all that it did not take, for a message that stands for it all, or None for the end."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(message)

    async def take(self, timeout_s: float) -> bytes | None:
        """Return the next message, a comment when none came in time, None at the end."""
        try:
            return await asyncio.wait_for(self._queue.get(), timeout_s)
        except TimeoutError:
            return _COMMENT


class LiveStream:
    """Reads what changed every second and tells all viewers. Lives in one event loop.

    Args:
        read: Returns the next snapshot after the one given; called in a thread and may wait.
        feed: What turns snapshots into messages.
        clock: Returns the present moment, aware.
        interval_s: Seconds between two readings.
        patience_s: Seconds after which an unanswered reading is told to the viewers.
        heartbeat_s: Seconds of silence after which a viewer gets a comment.
    """

    def __init__(
        self,
        read: Callable[[Snapshot | None], Snapshot],
        feed: Feed,
        *,
        clock: Callable[[], datetime],
        interval_s: float = 1.0,
        patience_s: float = 2.0,
        heartbeat_s: float = 15.0,
    ) -> None:
        self._read = read
        self._feed = feed
        self._clock = clock
        self._interval_s = interval_s
        self._patience_s = patience_s
        self._heartbeat_s = heartbeat_s
        self._snapshot: Snapshot | None = None
        self._reading: asyncio.Task[Snapshot] | None = None
        self._trouble = ""
        self._viewers: set[Viewer] = set()
        self._is_closed = False
        self._woken = asyncio.Event()
        self._full: bytes | None = None
        # Held from a message to its last viewer: who comes gets everything before or after it, never between.
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Tick until cancelled; whatever a tick meets is logged and the next one comes.

        What a tick takes is part of its interval; a tick that takes longer still leaves the others a pause.
        """
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                await self.tick()
            except Exception as error:  # noqa: BLE001 - the outer edge of the task: the stream must not die of one tick
                self._note_trouble(f"the live stream failed: {error!r}", with_trace=True)
            with contextlib.suppress(TimeoutError):
                rest_s = self._interval_s - (clock() - began)
                await asyncio.wait_for(self._woken.wait(), max(rest_s, self._interval_s / 4))
            self._woken.clear()

    def wake(self) -> None:
        """Let the next tick come at once: somebody did something that everybody is to see."""
        self._woken.set()

    async def tick(self) -> None:
        """Read once, as far as the store answers in time, and tell every viewer what is true now."""
        trouble = await self._refresh()
        async with self._turn:
            message = await asyncio.to_thread(
                self._feed.advance,
                self._snapshot or Snapshot(),
                now=self._clock(),
                is_store_silent=bool(trouble),
            )
            self._full = None
            await self._tell(message)
        self._note_trouble(trouble)

    async def _tell(self, message: bytes) -> None:
        """Hand a message to all viewers; those that are behind are told everything instead."""
        behind = {viewer for viewer in self._viewers if viewer.is_behind}
        for viewer in self._viewers - behind:
            viewer.offer(message)
        if behind:
            full = await self._everything()
            for viewer in behind:
                viewer.restart(full)

    async def messages(self) -> AsyncGenerator[bytes]:
        """Yield one viewer's messages until the stream is closed: everything first, then what changes."""
        viewer = Viewer()
        async with self._turn:
            if (full := await self._everything()) is not None:
                viewer.offer(full)
            self._viewers.add(viewer)
        try:
            while not self._is_closed:
                message = await viewer.take(self._heartbeat_s)
                if message is None:
                    return
                yield message
        finally:
            self._viewers.discard(viewer)

    def close(self) -> None:
        """End every viewer's stream, so that the server can stop."""
        self._is_closed = True
        for viewer in self._viewers:
            viewer.restart(None)

    async def _everything(self) -> bytes | None:
        """Return the full message, encoded once however many viewers want it, beside the event loop."""
        if self._full is None:
            self._full = await asyncio.to_thread(self._feed.full)
        return self._full

    async def _refresh(self) -> str:
        """Bring the snapshot up to now; return what hindered it, "" for nothing."""
        if self._reading is None:
            self._reading = asyncio.create_task(asyncio.to_thread(self._read, self._snapshot))
        await asyncio.wait({self._reading}, timeout=self._patience_s)
        if not self._reading.done():
            return "the operational database does not answer"
        reading, self._reading = self._reading, None
        try:
            self._snapshot = reading.result()
        except StorageUnavailable as error:
            return str(error)
        return ""

    def _note_trouble(self, trouble: str, *, with_trace: bool = False) -> None:
        """Log an outage once at its start and once at its end."""
        if trouble and not self._trouble:
            _LOG.error("live stream: %s", trouble, exc_info=with_trace)
        elif self._trouble and not trouble:
            _LOG.info("live stream: recovered")
        self._trouble = trouble
