"""When a number is beyond a rule's limit at a site, and when it has come back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from alerts.rulebook.limits import Limit, Limits, SiteLimit
from alerts.rulebook.rules import Rule
from devices.registry import Site
from storage.readings import Flag


class Verdict(Enum):
    """What is known of a condition at one moment.

    Attributes:
        HOLDS: The limit is reached.
        BETWEEN: Neither: the number lies inside the deadband.
        CLEARS: It has come back far enough to end an alarm.
        UNKNOWN: There is no evidence: nothing was heard, or not enough, or too long ago.
    """

    HOLDS = "holds"
    BETWEEN = "between"
    CLEARS = "clears"
    UNKNOWN = "unknown"


class Finding(NamedTuple):
    """A verdict and what led to it.

    Attributes:
        verdict: What is known.
        value: The number that decided; None when no number did.
        limit: The limit it was held against; None when none was.
        lost_at: Since when a condition is unknown because its values stopped, in µs since the epoch.
    """

    verdict: Verdict
    value: float | None = None
    limit: float | None = None
    lost_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A rule's limit in numbers, as it holds at one site.

    Between limit and clear level a value says neither: there an alarm stays as it is.

    Attributes:
        limit: The value from which on the condition holds, itself included; in the metric's unit.
        clear: The value at which an alarm may end, itself included unless it is the limit.
        is_upward: True when growing values are the danger.
    """

    limit: float
    clear: float
    is_upward: bool

    def holds(self, value: float) -> bool:
        """Tell whether the value has reached the limit."""
        return value >= self.limit if self.is_upward else value <= self.limit

    def found(self, value: float) -> Finding:
        """Hold a value against it."""
        if self.holds(value):
            return Finding(Verdict.HOLDS, value, self.limit)
        is_back = value <= self.clear if self.is_upward else value >= self.clear
        return Finding(Verdict.CLEARS if is_back else Verdict.BETWEEN, value, self.limit)

    def clears(self, value: float) -> bool:
        """Tell whether the value has come back far enough to end an alarm."""
        return self.found(value).verdict is Verdict.CLEARS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Two limits: a value that reaches either is beyond.

    Attributes:
        low: The condition at the lower end.
        high: The condition at the upper end.
    """

    low: Condition
    high: Condition

    def holds(self, value: float) -> bool:
        """Tell whether the value has reached one of the limits."""
        return self.low.holds(value) or self.high.holds(value)

    def found(self, value: float) -> Finding:
        """Hold a value against both, told with the limit that is nearer to it."""
        low, high = self.low.found(value), self.high.found(value)
        nearer = high if value - self.low.limit > self.high.limit - value else low
        for verdict in (Verdict.HOLDS, Verdict.BETWEEN):
            if verdict in (low.verdict, high.verdict):
                return nearer._replace(verdict=verdict)
        return nearer

    def clears(self, value: float) -> bool:
        """Tell whether the value has come back from both."""
        return self.found(value).verdict is Verdict.CLEARS


Band = Condition | Outside


def is_evidence(flag: Flag) -> bool:
    """Tell whether a value of that quality can begin or end anything."""
    return flag not in (Flag.FAIL, Flag.MISSING)


def condition_at(rule: Rule, site: Site) -> Band | None:
    """Return what a plain rule watches for at a site, None when it does not watch the site.

    A rule does not watch a site outside its scope, nor one that lacks the threshold that the rule names.
    """
    return band_at(rule, rule.metric, site) if rule.watches(site) else None


def band_at(limits: Limits, metric: str, site: Site) -> Band | None:
    """Return limits in the numbers of a site, None when it lacks the threshold that they name."""
    if limits.outside is not None:
        low, high = limits.outside
        return Outside(
            low=upward_or_not(low, limits.deadband, is_upward=False),
            high=upward_or_not(high, limits.deadband, is_upward=True),
        )
    limit = limit_at(limits.limit, metric, site)
    if limit is None:
        return None
    if limits.clear is not None:
        return Condition(limit=limit, clear=limits.clear, is_upward=limits.is_upward)
    return upward_or_not(limit, limits.deadband, is_upward=limits.is_upward)


def upward_or_not(limit: float, deadband: float, *, is_upward: bool) -> Condition:
    """Return the condition of one limit with a deadband on its harmless side."""
    clear = limit - deadband if is_upward else limit + deadband
    return Condition(limit=limit, clear=clear, is_upward=is_upward)


def limit_at(limit: Limit | None, metric: str, site: Site) -> float | None:
    """Return a limit as a number, None when it is a level that the site does not have."""
    return site.threshold(metric, limit.site) if isinstance(limit, SiteLimit) else limit
