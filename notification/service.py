"""The service: looks at the journal each second, sends through each channel, lets followers follow."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from notification.announcer import Announcer
from notification.outbox import Outbox
from storage.database import Database
from storage.heartbeat_table import beat
from storage.ports import StorageUnavailable

COMPONENT = "notify"
_LOG = logging.getLogger(__name__)
_LOOK_EVERY_S = 1.0
_LAST_WORD_S = 5.0


class Follower(Protocol):
    """Tells others of the alarm list in a way of its own."""

    def follow(self, database: Database, now: datetime) -> None:
        """Bring the others up to `now`; called each second from one thread, returns within a moment.

        Whatever it raises is logged once when it begins and once when it is over, and stops nobody else.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the service works with; it owns none of them.

    Attributes:
        database: The operational database.
        announcer: Makes messages of the journal.
        outboxes: Channel name to what sends its messages.
        followers: Are called each second.
    """

    database: Database
    announcer: Announcer
    outboxes: dict[str, Outbox]
    followers: Sequence[Follower] = ()


class NotificationService:
    """Runs until it is told to stop; a thread for each channel, so that a slow one delays no other.

    Args:
        parts: What it works with.
        stop: Set from outside to end it.
        every_s: How often it looks, > 0.
    """

    def __init__(self, parts: Parts, stop: threading.Event, *, every_s: float = _LOOK_EVERY_S) -> None:
        self._parts, self._stop, self._every_s = parts, stop, every_s
        self._troubles = _Troubles()
        self._posted = {name: threading.Event() for name in parts.outboxes}
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Look, send and follow until `stop` is set; a message that is on its way is waited for.

        Raises:
            Exception: A fault of our own; the process is started again by whoever watches it.
        """
        threads = [
            threading.Thread(target=self._send, args=[name, outbox], name=f"channel-{name}", daemon=True)
            for name, outbox in self._parts.outboxes.items()
        ]
        for thread in threads:
            thread.start()
        try:
            while True:
                self._step(datetime.now(UTC))
                if self._stop.wait(self._every_s):
                    break
        finally:
            self._stop.set()
            self._wake()
            for thread in threads:
                thread.join(_LAST_WORD_S)
        if self._failure is not None:
            raise self._failure

    def _step(self, now: datetime) -> None:
        self._troubles.watch("journal", lambda: self._look(now), StorageUnavailable)
        for number, follower in enumerate(self._parts.followers, start=1):
            name = f"follower {number} ({type(follower).__name__})"
            self._troubles.watch(name, partial(follower.follow, self._parts.database, now), Exception)
        self._troubles.watch("heartbeat", lambda: self._beat(now), StorageUnavailable)

    def _look(self, now: datetime) -> None:
        if self._parts.announcer.look(now):
            self._wake()

    def _wake(self) -> None:
        for posted in self._posted.values():
            posted.set()

    def _beat(self, now: datetime) -> None:
        failing = [f"{name}: {box.trouble}" for name, box in self._parts.outboxes.items() if box.trouble]
        with self._parts.database.transaction() as connection:
            beat(connection, COMPONENT, now, trouble="; ".join([*failing, *self._troubles.now]))

    def _send(self, name: str, outbox: Outbox) -> None:
        def send_all() -> None:
            while not self._stop.is_set() and outbox.send_next(lambda: datetime.now(UTC)):
                pass

        try:
            while not self._stop.is_set():
                self._posted[name].clear()
                self._troubles.watch(f"channel {name}", send_all, StorageUnavailable)
                self._posted[name].wait(self._every_s)
        except Exception as error:  # noqa: BLE001 - the thread's outer edge: the whole service ends with it
            _LOG.exception("sending through %s met a fault of our own", name)
            self._failure = error
            self._stop.set()


class _Troubles:
    """What does not work now, logged when it begins and when it is over. Safe from several threads."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}

    @property
    def now(self) -> list[str]:
        """What does not work, in sentences."""
        return [f"{name}: {says}" for name, says in sorted(self._now.copy().items())]

    def watch(self, name: str, work: Callable[[], object], expected: type[Exception]) -> None:
        """Do something that may fail in an expected way."""
        try:
            work()
        except expected as error:
            if name not in self._now:
                _LOG.warning("%s does not work: %s", name, error, exc_info=expected is Exception)
            self._now[name] = str(error)
        else:
            if self._now.pop(name, None) is not None:
                _LOG.info("%s works again", name)
