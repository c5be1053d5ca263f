"""`pantau` with a stopwatch at every stage of a message: `python -m benchmarks.stages ingest ...`.

The program is the real one; only the functions that `STAGES` names are wrapped before it begins. Measured is
CPU time of the main thread, each stage without the stages inside it. The stopwatch itself is timed first and
taken off again.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

STAGES: Mapping[str, Sequence[str]] = {
    "take": ["ingest.mqtt:Subscriber.take"],
    "decode": ["ingest.interpretation:decode"],
    "register": ["ingest.interpretation:registered"],
    "quality": ["ingest.interpretation:checked"],
    "identity": ["ingest.interpretation:identity"],
    "look up identities": ["ingest.settlement:known_identities"],
    "evaluate": ["ingest.evaluation:Evaluator.evaluate"],
    "alarms": [f"alerts.judging.engine:AlarmEngine.{name}" for name in ("observe", "changed_states")],
    "latest and journal": ["ingest.settlement:keep_present"],
    "write readings": ["storage.embedded:EmbeddedReadings.write", "storage.influx:InfluxReadings.write"],
    "books": ["ingest.settlement:_keep_books"],
    "acknowledge": ["ingest.mqtt:Subscriber.acknowledge"],
    "rest of the main thread": ["ingest.service:IngestService.run"],
}
RESULT = "stages.json"
_CALIBRATIONS = 20_000


class Stopwatch:
    """CPU time by stage; for one thread."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = defaultdict(int)
        self._ns: dict[str, int] = defaultdict(int)
        self._inside: list[int] = []
        self._own_ns, self._callers_ns = self._calibrated()

    def wrap(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same and is timed as part of the stage."""

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it wraps
            begin = time.thread_time_ns()
            self._inside.append(0)
            try:
                return function(*args, **kwargs)
            finally:
                taken = time.thread_time_ns() - begin
                self._ns[stage] += taken - self._inside.pop()
                self.calls[stage] += 1
                if self._inside:
                    self._inside[-1] += taken + self._callers_ns

        return timed

    def seconds(self) -> dict[str, float]:
        """Return CPU seconds by stage, without what the stopwatch took itself."""
        return {stage: (ns - self.calls[stage] * self._own_ns) / 1e9 for stage, ns in self._ns.items()}

    def _calibrated(self) -> tuple[int, int]:
        """Return what one timing adds, in ns: to the stage that is timed, and to the one around it."""
        self._callers_ns = 0
        empty = self.wrap("empty", lambda: None)
        begin = time.thread_time_ns()
        for _ in range(_CALIBRATIONS):
            empty()
        whole = (time.thread_time_ns() - begin) // _CALIBRATIONS
        own = self._ns.pop("empty") // self.calls.pop("empty")
        return own, whole - own


def install(stopwatch: Stopwatch) -> None:
    """Put the stopwatch around every function of `STAGES`.

    Raises:
        AttributeError: A function has another name by now; mend `STAGES`.
    """
    for stage, places in STAGES.items():
        for place in places:
            module, _, path = place.partition(":")
            *owners, name = path.split(".")
            owner = functools.reduce(getattr, owners, importlib.import_module(module))
            setattr(owner, name, stopwatch.wrap(stage, getattr(owner, name)))


def main() -> int:
    """Run `pantau` with the arguments of this program and leave what the stages took in the state folder."""
    from pantau.cli import main as pantau

    stopwatch = Stopwatch()
    install(stopwatch)
    try:
        return pantau(sys.argv[1:])
    finally:
        folder = Path(sys.argv[sys.argv.index("--state") + 1])
        (folder / RESULT).write_text(json.dumps(stopwatch.seconds()))


if __name__ == "__main__":
    raise SystemExit(main())
