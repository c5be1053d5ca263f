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
    if flag is Flag.FAIL or not quality.looks_around:
        return flag
    before = history.previous(step.name, index, near_us, step.is_plausible)
    previous = history.value(step.name, before) if before >= 0 else None
    if quality.has_spike:
        after = history.following(step.name, index, near_us, step.is_plausible)
        following = history.value(step.name, after) if after >= 0 else None
        flag = aggregate(flag, spike_flag(previous, value, following, quality))
    if quality.has_rate and before >= 0:
        elapsed_h = (history.times_us[index] - history.times_us[before]) / _HOUR_US
        flag = aggregate(flag, rate_flag(previous, value, elapsed_h, quality))
    if quality.flat_reach:
        flag = aggregate(flag, flat_flag(unchanged_s(history, step, index, near_us), quality))
    return flag


def unchanged_s(history: History, step: Step, index: int, near_us: int) -> float | None:
    """Return for how long the value was observed without change, in seconds, None for a first point.

    Observed means without a gap: what a silent sensor did nobody knows. The search ends where the longest
    limit is reached.
    """
    column, times = history.values[step.name], history.times_us
    low = high = column[index]
    oldest, tolerance = index, step.quality.flat_tolerance
    enough_us = step.quality.flat_reach.total_seconds() * _SECOND_US
    while times[index] - times[oldest] < enough_us:
        before = history.previous(step.name, oldest, near_us, step.is_plausible)
        if before < 0:
            break
        low, high = min(low, column[before]), max(high, column[before])
        if high - low > tolerance:
            break
        oldest = before
    has_no_predecessor = (
        oldest == index and history.previous(step.name, index, near_us, step.is_plausible) < 0
    )
    return None if has_no_predecessor else (times[index] - times[oldest]) / _SECOND_US


def among_neighbours(history: History, step: Step, index: int, values: Sequence[float]) -> Flag:
    """Return the flag of one value beside the values of its neighbours at that time."""
    value = history.values[step.name][index]
    return neighbour_flag(value, values, step.quality) if step.is_plausible(value) else Flag.NOT_EVALUATED
