"""A store of readings that is never away: what its store cannot take now waits in a spool."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from storage.ports import ReadingWriter, StorageMisconfigured, StorageRefused, StorageUnavailable
from storage.readings import Reading
from storage.spool import Spool

_PAGE = 5000

Refusals = Sequence[tuple[Reading, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """What one step of draining did.

    Attributes:
        written: Readings that the store has taken.
        refused: Readings that it refused for good, each with its reason; they are no longer in the spool.
    """

    written: int
    refused: Refusals = ()


class SpooledReadings:
    """A `ReadingWriter` in front of another one.

    One thread writes, another drains. While the spool is empty, writing goes straight to the store; from the
    first reading that waits until the last one is drained, everything new waits behind it, so the store sees
    all in order. The two threads never use the store at the same time.

    Args:
        store: Where readings belong; owned here and closed with this.
        spool: Where they wait.
    """

    def __init__(self, store: ReadingWriter, spool: Spool) -> None:
        self._store = store
        self._spool = spool
        self._switch = threading.Lock()
        self._is_waiting = spool.count() > 0
        self._outage = ""

    @property
    def outage(self) -> str:
        """Why readings wait, in the store's own words; "" when none do."""
        return self._outage if self._is_waiting else ""

    def waiting(self) -> int:
        """Return how many readings wait in the spool."""
        return self._spool.count() if self._is_waiting else 0

    def those_waiting(self) -> Iterator[Reading]:
        """Yield what waits in the spool, oldest first; no call of `drain` may come in between.

        Raises:
            StorageUnavailable: The spool cannot be read.
        """
        last = 0
        while page := self._spool.oldest(_PAGE, after=last):
            yield from (reading for _, reading in page)
            last = page[-1][0]

    def write(self, readings: Sequence[Reading]) -> None:
        """Make the batch durable, in the store or in the spool; see `ReadingWriter.write`.

        Raises:
            StorageUnavailable: Neither can take it; a full spool says so (`SpoolFull`).
            StorageRefused: As the store says. What waits may still be refused when it is drained.
        """
        if not self._is_waiting:
            try:
                self._store.write(readings)
                return
            except (StorageUnavailable, StorageMisconfigured) as error:
                self._outage = str(error)
        with self._switch:
            self._spool.append(readings)
            self._is_waiting = True

    def drain(self, limit: int, set_aside: Callable[[Refusals], None] = lambda _: None) -> Drained:
        """Hand up to `limit` waiting readings to the store, oldest first.

        Args:
            limit: Most readings at once.
            set_aside: Keeps refused readings elsewhere, before they leave the spool. What it raises goes on
                to the caller, and the readings stay.

        Raises:
            StorageUnavailable: The store is still away, or the spool cannot be used; nothing is lost.
            StorageMisconfigured: The store answers, but not to us.
        """
        waiting = self._spool.oldest(limit) if self._is_waiting else []
        refused: Refusals = ()
        if waiting:
            refused = self._hand_over([reading for _, reading in waiting])
        if refused:
            set_aside(refused)
        with self._switch:
            if waiting:
                self._spool.remove(up_to=waiting[-1][0])
            self._is_waiting = self._spool.count() > 0
        return Drained(written=len(waiting) - len(refused), refused=refused)

    def close(self) -> None:
        """Close the store; what waits stays in the spool."""
        self._store.close()

    def _hand_over(self, readings: Sequence[Reading]) -> Refusals:
        try:
            self._store.write(readings)
        except StorageRefused as refusal:
            return refusal.rejected
        except (StorageUnavailable, StorageMisconfigured) as error:
            self._outage = str(error)
            raise
        return ()
