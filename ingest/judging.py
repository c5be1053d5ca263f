"""The quality checks of one point in its history: what it is compared with, and what each check says."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.history import History, Run
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
    flag = range_flag(value, quality, low=step.low, high=step.high)
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
    at_us = history.times_us[index]
    run = history.runs.get(step.name)
    if run is None or run.until_us != at_us:
        run = _grown(history, step, index, near_us) or _searched(history, step, index, near_us)
        history.runs[step.name] = run
    return (at_us - run.since_us) / _SECOND_US


def _grown(history: History, step: Step, index: int, near_us: int) -> Run | None:
    """Return the run of the point before with this point in it, None when it ends there or is not known.

    A run that takes the point in begins where it began before: it is the longest one, as a search would find.
    """
    run = history.runs.get(step.name)
    before = history.previous(step, index, near_us)
    if run is None or before < 0 or run.until_us != history.times_us[before]:
        return None
    value = history.values[step.name][index]
    low, high = min(run.low, value), max(run.high, value)
    if high - low > step.quality.flat_tolerance:
        return None
    return Run(until_us=history.times_us[index], since_us=run.since_us, low=low, high=high)


def _searched(history: History, step: Step, index: int, near_us: int) -> Run:
    column, times = history.values[step.name], history.times_us
    low = high = column[index]
    oldest = index
    while times[index] - times[oldest] < step.flat_reach_us:
        before = history.previous(step, oldest, near_us)
        if before < 0:
            break
        lower, higher = min(low, column[before]), max(high, column[before])
        if higher - lower > step.quality.flat_tolerance:
            break
        low, high, oldest = lower, higher, before
    return Run(until_us=times[index], since_us=times[oldest], low=low, high=high)


def among_neighbours(history: History, step: Step, index: int, values: Sequence[float]) -> Flag:
    """Return the flag of one value beside the values of its neighbours at that time."""
    value = history.values[step.name][index]
    is_plausible = step.low <= value <= step.high
    return neighbour_flag(value, values, step.quality) if is_plausible else Flag.NOT_EVALUATED
