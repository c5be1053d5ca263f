"""How far a long look at the past is, told while the stored readings stream by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from storage.ports import ReadingReader
from storage.readings import Reading

_STEP = timedelta(hours=1)


class PastProgress:
    """A store of readings that tells how far the instants that it gives have come.

    Readings of several kinds are read side by side, so the last instant says how far all of them are. Whoever
    looks a second time begins anew.

    Args:
        store: Gives the readings; its owner closes it.
        tell: Takes how many hours of the past are read, and of how many.
        start: Where the past begins.
        end: Where it ends.
    """

    def __init__(
        self, store: ReadingReader, tell: Callable[[int, int], None], *, start: datetime, end: datetime
    ) -> None:
        self._store = store
        self._tell = tell
        self._start = start
        self._hours = max((end - start) // _STEP, 1)
        self._told = 0

    def read(
        self, kind: str, *, start: datetime, end: datetime, site_ids: Collection[str] | None = None
    ) -> Iterator[Reading]:
        """Yield what the store gives, and tell every hour of it that is new."""
        for reading in self._store.read(kind, start=start, end=end, site_ids=site_ids):
            yield reading
            if site_ids is None:  # a look at one site only is short
                self._note(reading.observed_at)

    def close(self) -> None:
        """Leave the store to its owner."""

    def _note(self, at: datetime) -> None:
        hour = min(max((at - self._start) // _STEP, 0), self._hours)
        # Streams beside each other are a little apart; half the past back is a second look.
        if hour > self._told or self._told - hour > self._hours / 2:
            self._told = hour
            self._tell(hour, self._hours)
