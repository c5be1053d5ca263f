"""What to look at when: the few keys whose time has come, found without looking at all the others."""

from __future__ import annotations

import heapq


class Agenda:
    """Keys with the moment at which each wants to be looked at; moments are µs since the epoch.

    A key stands in it once. One that is put in again keeps its earlier moment: whoever is called too early
    looks, finds nothing, and puts itself in anew. So a value that moves a moment costs nothing.
    """

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._order: list[tuple[int, str]] = []

    def __contains__(self, key: str) -> bool:
        """Tell whether a key will be looked at."""
        return key in self._due

    def put(self, key: str, due_us: int) -> None:
        """Let the key be looked at no later than at a moment."""
        known = self._due.get(key)
        if known is None or due_us < known:
            self._due[key] = due_us
            heapq.heappush(self._order, (due_us, key))

    def taken_before(self, now_us: int) -> list[str]:
        """Take out and return the keys whose moment lies before now."""
        taken = []
        while self._order and self._order[0][0] < now_us:
            due, key = heapq.heappop(self._order)
            if self._due.get(key) == due:
                del self._due[key]
                taken.append(key)
        return taken
