"""A hostile InfluxDB: its refusals are made up, what it takes goes into a real one behind it."""

from __future__ import annotations

import threading

from support import influx
from support.faults_stream import Held
from support.influx_answers import BUSY, INVALID, PARTIAL, STORED, Answer

from config.settings import InfluxAddress
from storage.readings import Identity

_EMPTY = Answer(status=200, body='{"results":[{}]}')
_WORSE = ("gauge-1", "gauge-2")  # one bad line of theirs costs the whole batch (400), else only itself (422)
_NEVER_TAKEN = 9000.0


def is_refused(_: Identity, held: Held) -> bool:
    """Tell whether a hostile store never takes a reading."""
    return held[0].get("water_level_cm") == _NEVER_TAKEN


class HostileStore:
    """A behaviour for `influx_answers.answering`.

    Attributes:
        is_busy: Whether it answers 503 to everything.
        taken: The lines that it stored, in order.
    """

    def __init__(self, behind: InfluxAddress) -> None:
        self.is_busy = False
        self.taken: list[str] = []
        self._behind = behind
        self._turn = threading.Lock()

    def __call__(self, body: str) -> Answer:
        with self._turn:
            return self._answer(body)

    def _answer(self, body: str) -> Answer:
        if self.is_busy:
            return BUSY
        if body.startswith("q="):
            return _EMPTY  # nobody asks a store for its past in these trials
        lines = body.splitlines()
        bad = [line for line in lines if f"water_level_cm={_NEVER_TAKEN:g}" in line]
        if any(device in line for line in bad for device in _WORSE):
            return INVALID
        self._take([line for line in lines if line not in bad and not line.startswith("#")])
        return PARTIAL if bad else STORED

    def _take(self, lines: list[str]) -> None:
        if lines:
            influx.raw_write(self._behind, "\n".join(lines))
            self.taken += lines


def moments_by_series(lines: list[str]) -> dict[str, list[int]]:
    """Return the times of each series' points in the order in which they first came."""
    moments: dict[str, dict[int, None]] = {}
    for line in lines:
        moments.setdefault(line.split(" ", 1)[0], {})[int(line.rsplit(" ", 1)[1])] = None
    return {series: list(times) for series, times in moments.items()}
