"""Alarms that come and go too often to be read: told as one row, with a deadband that would end it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from config.settings import ChatterSettings

# Of a thousand values around a limit, noise alone carries none so far; a deadband of it ends the chatter.
_SPREADS = 4.0
_ENOUGH_VALUES = 10
# What turns the median absolute deviation of normal noise into its standard deviation.
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatterLimits:
    """From when on a row chatters, and when it has stopped.

    Attributes:
        activations: So many alarms, at least 2,
        within: in this time are chatter.
        quiet: Without an alarm for so long the chatter is over.

    Source:
        ISA-18.2 gives no number; three in a minute is what tools for alarm systems use.
    """

    activations: int = 3
    within: timedelta = timedelta(seconds=60)
    quiet: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        if self.activations < 2:
            raise ValueError("chatter needs at least 2 activations")
        if self.within <= timedelta(0) or self.quiet < self.within:
            raise ValueError("chatter needs a time longer than nothing, and at least as long a quiet")


STANDARD = ChatterLimits()


def limits_of(settings: ChatterSettings) -> ChatterLimits:
    """Return what an installation calls chatter."""
    return ChatterLimits(activations=settings.count, within=settings.within, quiet=settings.quiet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatter:
    """A rule that spoke again and again at one site.

    Attributes:
        count: How often.
        start: Its first alarm.
        end: Its last one.
    """

    count: int
    start: datetime
    end: datetime


def chatters(activations: Sequence[datetime], limits: ChatterLimits = STANDARD) -> list[Chatter]:
    """Return where the alarms of one rule at one site came too often, oldest first.

    Args:
        activations: When they were raised, in any order.
        limits: What too often is.
    """
    runs: list[list[datetime]] = []
    for at in sorted(activations):
        if runs and at - runs[-1][-1] <= limits.quiet:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [Chatter(count=len(run), start=run[0], end=run[-1]) for run in runs if _is_too_often(run, limits)]


def chatter_now(
    activations: Sequence[datetime], now: datetime, limits: ChatterLimits = STANDARD
) -> Chatter | None:
    """Return the chatter that goes on now, None when there is none or it is over."""
    found = chatters(activations, limits)
    return found[-1] if found and now - found[-1].end <= limits.quiet else None


def _is_too_often(run: Sequence[datetime], limits: ChatterLimits) -> bool:
    apart = limits.activations - 1
    return any(last - first <= limits.within for first, last in zip(run, run[apart:], strict=False))


def proposed_deadband(values: Sequence[float]) -> float | None:
    """Return a deadband wide enough for a site's own noise, in the metric's unit.

    The noise is judged by the steps from value to value, so that the slow rise of a river does not count,
    and by their median, so that one spike does not either.

    Args:
        values: Those measured while the rule chattered, in the order of time; none of them flagged as failed.

    Returns:
        Four standard deviations of the noise, rounded up to two digits. None when the values are too few or
        do not move: then noise is not why it chatters.
    """
    if len(values) < _ENOUGH_VALUES:
        return None
    steps = [later - earlier for earlier, later in pairwise(values)]
    middle = statistics.median(steps)
    spread = _MAD_TO_SIGMA * statistics.median(abs(step - middle) for step in steps)
    # A sensor with coarse steps stands still more often than it moves; its median says nothing.
    spread = spread or statistics.pstdev(steps)
    noise = spread / math.sqrt(2)  # a step is the difference of two noisy values
    return _rounded_up(_SPREADS * noise) if noise > 0 else None


def _rounded_up(number: float) -> float:
    unit = 10.0 ** (math.floor(math.log10(number)) - 1)
    return round(math.ceil(number / unit - 1e-9) * unit, 12)
