"""When a value is beyond a rule's limit at a site, and when it has come back."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.rules import Rule, SiteLimit
from devices.registry import Site
from storage.readings import Flag


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

    def clears(self, value: float) -> bool:
        """Tell whether the value has come back far enough to end an alarm."""
        if self.holds(value):
            return False
        return value <= self.clear if self.is_upward else value >= self.clear


def is_evidence(flag: Flag) -> bool:
    """Tell whether a value of that quality can begin or end anything."""
    return flag not in (Flag.FAIL, Flag.MISSING)


def condition_at(rule: Rule, site: Site) -> Condition | None:
    """Return what the rule watches for at a site, None when it does not watch the site.

    A rule does not watch a site outside its scope, nor one that lacks the threshold that the rule names.
    """
    if rule.sites is not None and site.id not in rule.sites:
        return None
    limit = rule.limit
    if isinstance(limit, SiteLimit):
        own = site.threshold(rule.metric, limit.site)
        if own is None:
            return None
        limit = own
    clear = limit - rule.deadband if rule.is_upward else limit + rule.deadband
    return Condition(limit=limit, clear=clear if rule.clear is None else rule.clear, is_upward=rule.is_upward)
