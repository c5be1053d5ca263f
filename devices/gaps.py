"""Missing readings: the spans in which a sensor should have spoken and did not.

A missing reading is never stored as one: what is absent stays absent, and whoever shows or exports a series
asks here where it has holes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

_LATENESS = 1.5  # intervals: a reading that comes half an interval late is not missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span without readings.

    Attributes:
        start: The last reading before it.
        end: The first reading after it.
        missing: How many readings should lie between, at least 1.
    """

    start: datetime
    end: datetime
    missing: int


def gaps(times: Iterable[datetime], expected_interval: timedelta) -> Iterator[Gap]:
    """Yield the gaps of a series, oldest first.

    Args:
        times: When the readings were observed, aware, in any order; repetitions count once.
        expected_interval: How often the sensor speaks, longer than nothing.

    Source:
        QARTOD gap test.
    """
    for start, end in pairwise(sorted(set(times))):
        if end - start > _LATENESS * expected_interval:
            missing = max(round((end - start) / expected_interval) - 1, 1)
            yield Gap(start=start, end=end, missing=missing)
