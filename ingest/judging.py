"""The quality checks of one point in its history: what it is compared with, and what each check says."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.history import History
from ingest.plan import Step
from ingest.quality import aggregate, flat_flag, neighbour_flag, range_flag, rate_flag, spike_flag
from storage.readings import Flag

_HOUR_US = 3600 * 10**6
_SECOND_US = 10**6


def point_flag(history: History, step: Step, index: int, near_us: int) -> Flag:
    """Return the flag of one value by its own history; neighbouring sites are not asked.

    An implausible value has failed whatever the others say, and is never what another is compared with.

    Args:
        history: The device's points.
        step: The metric; the point has a value of it.
        index: The point.
        near_us: Points further apart than this are not compared, microseconds.
    """
    value, quality = history.values[step.name][index], step.quality
    flag = range_flag(value, step.metric, quality)
    if flag is Flag.FAIL or not step.looks_back:
        return flag
    before = history.previous(step, index, near_us)
    if before < 0:
        return flag
    previous = history.values[step.name][before]
    if step.has_spike:
        after = history.following(step, index, near_us)
        following = history.values[step.name][after] if after >= 0 else None
        flag = aggregate(flag, spike_flag(previous, value, following, quality))
    if step.has_rate:
        elapsed_h = (history.times_us[index] - history.times_us[before]) / _HOUR_US
        flag = aggregate(flag, rate_flag(previous, value, elapsed_h, quality))
    if step.flat_reach_us:
        flag = aggregate(flag, flat_flag(unchanged_s(history, step, index, near_us), quality))
    return flag


def unchanged_s(history: History, step: Step, index: int, near_us: int) -> float:
    """Return for how long the value was observed without change, in seconds.

    Observed means without a gap: what a silent sensor did nobody knows. The search ends where the longest
    limit is reached.
    """
    column, times = history.values[step.name], history.times_us
    low = high = column[index]
    oldest, tolerance = index, step.quality.flat_tolerance
    while times[index] - times[oldest] < step.flat_reach_us:
        before = history.previous(step, oldest, near_us)
        if before < 0:
            break
        low, high = min(low, column[before]), max(high, column[before])
        if high - low > tolerance:
            break
        oldest = before
    return (times[index] - times[oldest]) / _SECOND_US


def among_neighbours(history: History, step: Step, index: int, values: Sequence[float]) -> Flag:
    """Return the flag of one value beside the values of its neighbours at that time."""
    value = history.values[step.name][index]
    is_plausible = step.low <= value <= step.high
    return neighbour_flag(value, values, step.quality) if is_plausible else Flag.NOT_EVALUATED
