"""What one device said lately, as columns sorted by observed time: 8 bytes a number, quick to search."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.plan import Step
from storage.readings import Flag

_NAN = math.nan
_GOOD = int(Flag.GOOD)
_FLAGS = {int(flag): flag for flag in Flag}  # quicker than Flag(number), which is asked for every value


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Values without change up to a point: what the search for a stuck sensor found last.

    Attributes:
        until_us: Time of the point.
        since_us: Time of the oldest point of the run; the search may have ended before the run does.
        low: Smallest value of the run.
        high: Largest value of the run.
    """

    until_us: int
    since_us: int
    low: float
    high: float


class History:
    """The points of one device, oldest first; a metric that a point lacks is NaN there.

    Attributes:
        times_us: Observed times, microseconds since the epoch, strictly increasing.
        received_us: When each point was received.
        values: Metric name to column of values, reported and derived ones alike.
        flags: Metric name to column of flags.
        reported: Metric name to column of 1 where the device itself sent the metric, 0 elsewhere.
        runs: Metric name to the last run found; only a run that still holds is in here.
    """

    def __init__(self) -> None:
        self.times_us: array[int] = array("q")
        self.received_us: array[int] = array("q")
        self.values: dict[str, array[float]] = {}
        self.flags: dict[str, array[int]] = {}
        self.reported: dict[str, array[int]] = {}
        self.runs: dict[str, Run] = {}

    def __len__(self) -> int:
        return len(self.times_us)

    @property
    def newest_us(self) -> int:
        """The newest observed time; there must be a point."""
        return self.times_us[-1]

    def place(self, at_us: int) -> int:
        """Return the index of the point of an instant, or where it would stand."""
        if not self.times_us or at_us > self.times_us[-1]:
            return len(self.times_us)
        return bisect_left(self.times_us, at_us)

    def has(self, index: int, at_us: int) -> bool:
        """Tell whether the point at an index is that of an instant."""
        return index < len(self.times_us) and self.times_us[index] == at_us

    def insert(self, index: int, at_us: int, received_us: int) -> None:
        """Make room for a point, without values yet."""
        if index < len(self.times_us):
            self.runs.clear()
        self.times_us.insert(index, at_us)
        self.received_us.insert(index, received_us)
        for metric, column in self.values.items():
            column.insert(index, _NAN)
            self.flags[metric].insert(index, _GOOD)
            self.reported[metric].insert(index, 0)

    def set(self, metric: str, index: int, value: float, *, is_reported: bool) -> None:
        """Give a point a value."""
        if metric not in self.values:
            count = len(self.times_us)
            self.values[metric] = array("d", [_NAN]) * count
            self.flags[metric] = array("b", [_GOOD]) * count
            self.reported[metric] = array("b", [0]) * count
        elif metric in self.runs and self.runs[metric].until_us >= self.times_us[index]:
            del self.runs[metric]
        self.values[metric][index] = value
        self.reported[metric][index] = is_reported

    def value(self, metric: str, index: int) -> float | None:
        """Return a point's value, None when it has none."""
        column = self.values.get(metric)
        if column is None:
            return None
        value = column[index]
        return None if value != value else value

    def flag(self, metric: str, index: int) -> Flag:
        """Return the flag of a point's value."""
        column = self.flags.get(metric)
        return _FLAGS[column[index]] if column is not None else Flag.GOOD

    def is_reported(self, metric: str, index: int) -> bool:
        """Tell whether the device itself sent the metric with this point."""
        column = self.reported.get(metric)
        return column is not None and bool(column[index])

    def says(self, index: int, values: Mapping[str, float]) -> bool:
        """Tell whether a point holds these reported values already."""
        return all(
            self.is_reported(metric, index) and self.values[metric][index] == value
            for metric, value in values.items()
        )

    def row(self, index: int) -> dict[str, float]:
        """Return a point's values by metric."""
        # Only NaN, which stands for no value, differs from itself.
        return {metric: value for metric, column in self.values.items() if (value := column[index]) == value}

    def bad_flags(self, index: int) -> dict[str, Flag]:
        """Return a point's flags that are not good."""
        return {
            metric: _FLAGS[flag]
            for metric, column in self.flags.items()
            if (flag := column[index]) != _GOOD and self.values[metric][index] == self.values[metric][index]
        }

    def previous(self, step: Step, index: int, within_us: int) -> int:
        """Return the nearest earlier point with a plausible value, -1 when none is near enough in time."""
        return self._last(step, index, self.times_us[index] - within_us)

    def following(self, step: Step, index: int, within_us: int) -> int:
        """Return the nearest later point with a plausible value, -1 when none is near enough in time."""
        column, times, low, high = self.values[step.name], self.times_us, step.low, step.high
        latest_us = times[index] + within_us
        for other in range(index + 1, len(times)):
            if times[other] > latest_us:
                break
            if low <= column[other] <= high:
                return other
        return -1

    def latest(self, step: Step, at_us: int, within_us: int) -> float | None:
        """Return the newest plausible value at or before an instant, None when there is none near enough."""
        if step.name not in self.values:
            return None
        found = self._last(step, bisect_right(self.times_us, at_us), at_us - within_us)
        return None if found < 0 else self.values[step.name][found]

    def _last(self, step: Step, end: int, earliest_us: int) -> int:
        column, times, low, high = self.values[step.name], self.times_us, step.low, step.high
        for index in range(end - 1, -1, -1):
            if times[index] < earliest_us:
                break
            if low <= column[index] <= high:
                return index
        return -1

    def forget(self, count: int) -> None:
        """Drop the oldest points."""
        del self.times_us[:count], self.received_us[:count]
        for columns in (self.values, self.flags, self.reported):
            for column in columns.values():
                del column[:count]
