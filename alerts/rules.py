"""Rules: when a value is an alarm, how bad that is, and what the operator then does; read from YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from alerts.alarms import Severity
from config.loader import Document, read_folder
from config.problems import ConfigError, Problem
from devices.kinds import Kind, Label

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimit:
    """A limit that every site sets for itself.

    Attributes:
        site: Name of the level in the site's thresholds, qualified by its scheme, like `jakarta_siaga2`.
            A site without that level is not watched by the rule.
    """

    site: str

    def __post_init__(self) -> None:
        if not self.site.strip():
            raise ValueError("site needs the name of a threshold, like jakarta_siaga2")


Limit = float | SiteLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One reason to alarm.

    A value that has reached the limit is beyond it: `above: 850` holds at 850, as agencies print levels.

    Attributes:
        id: Its name in the journal: lower case letters, digits, underscores; never given to another.
        title: What has happened, as the alarm list says it.
        instruction: What the operator does now. No rule without one.
        kind: The sort of sensor it watches.
        metric: The metric of that kind it watches.
        severity: How bad it is.
        agency: Who answers for it.
        above: Limit that is reached from below; exactly one of `above` and `below` is given.
        below: Limit that is reached from above.
        clear: Level, in the metric's unit, to which the value must come back before the alarm clears; only
            beside a limit that is a number. Instead of `deadband`.
        deadband: The same as a distance from the limit, in the metric's unit; fits every limit.
        pending: How long the limit must have been reached, in the sensor's time, before the alarm is raised.
        sites: Only these sites; None for every site of the kind.
    """

    id: str
    title: Label
    instruction: Label
    kind: str
    metric: str
    severity: Severity
    agency: str
    above: Limit | None = None
    below: Limit | None = None
    clear: float | None = None
    deadband: float = 0.0
    pending: timedelta = timedelta(0)
    sites: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"'{self.id}' is not a rule id: use lower case letters, digits and underscores")
        if (self.above is None) == (self.below is None):
            raise ValueError("give exactly one of above and below")
        if not self.agency.strip():
            raise ValueError("agency needs a name: who answers for this alarm")
        if self.sites is not None and not self.sites:
            raise ValueError("sites names no site; leave it out to watch every site of the kind")
        self._check_clearing()

    def _check_clearing(self) -> None:
        if self.deadband < 0:
            raise ValueError("deadband is a distance and cannot be negative")
        if self.clear is None:
            return
        if self.deadband:
            raise ValueError("give clear or deadband, not both")
        if isinstance(self.limit, SiteLimit):
            raise ValueError("clear is one level for all sites; beside a site's own limit give a deadband")
        if self.clear > self.limit if self.is_upward else self.clear < self.limit:
            side = "above" if self.is_upward else "below"
            raise ValueError(f"clear {self.clear:g} lies {side} the limit {self.limit:g}: it would never end")

    @property
    def limit(self) -> Limit:
        """The limit, whichever way it is crossed."""
        limit = self.above if self.above is not None else self.below
        assert limit is not None  # __post_init__ refuses a rule without one
        return limit

    @property
    def is_upward(self) -> bool:
        """True when growing values are the danger."""
        return self.above is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A file of rules, one per subject."""

    rules: tuple[Rule, ...]


def load_rules(folder: Path, kinds: Mapping[str, Kind]) -> dict[str, Rule]:
    """Return the rules of a configuration folder by id.

    Args:
        folder: The `rules` folder of a configuration; each `*.yaml` file holds `rules: [...]`.
        kinds: The kinds that rules may speak of.

    Raises:
        ConfigError: Every fault of every file: none of the rules is used while one is wrong.
    """
    documents, problems = read_folder(folder, RuleFile)
    known: dict[str, str] = {}
    for document in documents:
        for number, rule in enumerate(document.value.rules):
            problems += _faults(document, number, kinds, known)
            known.setdefault(rule.id, f"{document.path}:{document.line('rules', number, 'id')}")
    if problems:
        raise ConfigError(problems)
    return {rule.id: rule for document in documents for rule in document.value.rules}


def _faults(
    document: Document[RuleFile], number: int, kinds: Mapping[str, Kind], known: Mapping[str, str]
) -> Sequence[Problem]:
    """Return what is wrong with a rule as seen from outside of it, each at its place."""
    rule = document.value.rules[number]
    found: dict[str, str] = {}
    if rule.id in known:
        found["id"] = f"rule '{rule.id}' exists already at {known[rule.id]}; give this one another id"
    kind = kinds.get(rule.kind)
    if kind is None:
        found["kind"] = f"kind '{rule.kind}' is not known; known kinds: {', '.join(sorted(kinds))}"
    elif rule.metric not in kind.metrics:
        known_metrics = ", ".join(sorted(kind.metrics))
        found["metric"] = f"kind '{rule.kind}' has no metric '{rule.metric}'; it has: {known_metrics}"
    else:
        found |= _unreachable(rule, kind)
    return [document.problem(message, "rules", number, key) for key, message in found.items()]


def _unreachable(rule: Rule, kind: Kind) -> dict[str, str]:
    """Tell a limit that no plausible value can cross: nearly always a wrong unit."""
    metric = kind.metrics[rule.metric]
    if isinstance(rule.limit, SiteLimit) or metric.plausible_min < rule.limit < metric.plausible_max:
        return {}
    span = f"{metric.plausible_min:g} to {metric.plausible_max:g} {metric.unit}".strip()
    side = "above" if rule.is_upward else "below"
    return {side: f"limit {rule.limit:g} is outside what {rule.metric} can be: {span}; check the unit"}
