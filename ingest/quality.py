"""Quality checks of single values: they flag, they never delete and never change a value.

Each check is a function of the value and what it is compared with. A flag of `NOT_EVALUATED` says that there
was nothing to compare with, or no limit. How the checks of one value become one flag is `aggregate`.

Source:
    QARTOD manuals for real-time quality control, U.S. Integrated Ocean Observing System.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence

from devices.kinds import Kind
from devices.quality import Quality
from storage.readings import Flag, Reading

LEAST_NEIGHBOURS = 3
# Rank by flag: missing (9) and what is no flag 0, not evaluated (2) 1, good (1) 2, suspect (3) 3, fail (4) 4.
_RANKS = (0, 2, 1, 3, 4, 0, 0, 0, 0, 0)


def checked(reading: Reading, kind: Kind) -> Reading:
    """Return the reading with `FAIL` on every value outside its metric's plausible range; bounds are inside.

    Source:
        QARTOD gross range test.
    """
    failed = {
        metric: Flag.FAIL
        for metric, value in reading.values.items()
        if not kind.metrics[metric].is_plausible(value)
    }
    return dataclasses.replace(reading, flags={**reading.flags, **failed}) if failed else reading


def aggregate(first: Flag, *others: Flag) -> Flag:
    """Return the one flag that stands for several: 9 < 2 < 1 < 3 < 4, the later overrides.

    A check that could not be made never makes a good value look worse: 2 yields to the 1 of another check.
    """
    worst = first
    for flag in others:
        if _RANKS[flag] > _RANKS[worst]:
            worst = flag
    return worst


def range_flag(value: float, quality: Quality, *, low: float, high: float) -> Flag:
    """Flag a value outside the plausible range as failed, outside the usual one as suspect, bounds inside."""
    if not low <= value <= high:
        return Flag.FAIL
    least, most = quality.suspect_min, quality.suspect_max
    if (least is not None and value < least) or (most is not None and value > most):
        return Flag.SUSPECT
    return Flag.GOOD


def spike_flag(previous: float | None, value: float, following: float | None, quality: Quality) -> Flag:
    """Flag a point that sticks out from both its neighbours to the same side; a step is no spike.

    Args:
        previous: The plausible value before it, None when there is none near enough in time.
        value: The point.
        following: The plausible value after it, None when there is none yet, as for the newest point.
        quality: The limits, one at least; they hold for the smaller of the two jumps.
    """
    if previous is None or following is None:
        return Flag.NOT_EVALUATED
    rise, fall = value - previous, value - following
    height = min(abs(rise), abs(fall)) if rise * fall > 0 else 0.0
    return _graded(height, quality.spike_suspect, quality.spike_fail)


def rate_flag(previous: float | None, value: float, elapsed_h: float, quality: Quality) -> Flag:
    """Flag a value that moved faster than nature as suspect.

    Never as failed: the good point after a bad one moves as fast as the bad one did.

    Args:
        previous: The plausible value before it, None when there is none near enough in time.
        value: The point.
        elapsed_h: Hours between the two, > 0, never rounded.
        quality: The limits, one at least; `noise` is allowed on top of the rates.
    """
    if previous is None:
        return Flag.NOT_EVALUATED
    change = value - previous
    limit = quality.max_rise_per_h if change > 0 else quality.max_fall_per_h
    if limit is not None and abs(change) > limit * elapsed_h + quality.noise:
        return Flag.SUSPECT
    return Flag.GOOD


def flat_flag(unchanged_s: float | None, quality: Quality) -> Flag:
    """Flag a value that has not changed for too long.

    Args:
        unchanged_s: For how many seconds the value was observed without change; None for a first point.
        quality: The limits, one at least.
    """
    if unchanged_s is None:
        return Flag.NOT_EVALUATED
    if quality.flat_fail_after and unchanged_s >= quality.flat_fail_after.total_seconds():
        return Flag.FAIL
    if quality.flat_suspect_after and unchanged_s >= quality.flat_suspect_after.total_seconds():
        return Flag.SUSPECT
    return Flag.GOOD


def neighbour_flag(value: float, neighbours: Sequence[float], quality: Quality) -> Flag:
    """Flag a value far from its neighbours' median as suspect, never failed: it may be the right one.

    Args:
        value: The point.
        neighbours: The neighbours' plausible values of about that time; fewer than three say nothing.
        quality: The limits.
    """
    if quality.neighbour_difference is None or len(neighbours) < LEAST_NEIGHBOURS:
        return Flag.NOT_EVALUATED
    difference = abs(value - statistics.median(neighbours))
    return Flag.SUSPECT if difference > quality.neighbour_difference else Flag.GOOD


def _graded(size: float, suspect: float | None, fail: float | None) -> Flag:
    if fail is not None and size > fail:
        return Flag.FAIL
    return Flag.SUSPECT if suspect is not None and size > suspect else Flag.GOOD
