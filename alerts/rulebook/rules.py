"""Rules: when a value is an alarm, how bad that is, and what the operator then does; read from YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from alerts.journal.alarms import Severity
from alerts.rulebook.limits import Limit, Limits, SiteLimit
from alerts.rulebook.rule_defaults import with_defaults
from alerts.rulebook.rule_faults import faults_between
from alerts.rulebook.when import Flat, Silent, Slope, Value, When
from config.checks import check, require_sound
from config.loader import read_folder
from config.problems import ConfigError
from devices.kinds import Kind, Label
from devices.registry import Site

__all__ = ["Limit", "NoDataPolicy", "Rule", "RuleFile", "SiteLimit", "load_rules"]

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")


class NoDataPolicy(StrEnum):
    """What it means that the values of the rule's metric stop.

    Attributes:
        KEEP: Nothing new: an alarm stays as it is and is marked "data lost".
        ALARM: The same as reaching the limit.
    """

    KEEP = "keep"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Limits):
    """One reason to alarm.

    Attributes:
        id: Its name in the journal: lower case letters, digits, underscores; never given to another.
        title: What has happened, as the alarm list says it.
        instruction: What the operator does now. No rule without one.
        kind: The sort of sensor it watches.
        metric: The metric of that kind it watches, and that the page shows beside its alarm.
        severity: How bad it is.
        agency: Who answers for it.
        when: A condition of another sort, instead of above, below or outside.
        pending: How long the condition must have held, in the sensor's time, before the alarm is raised.
        off_delay: How long the values must have been clear, in the sensor's time, before the alarm clears.
        on_no_data: What it means that the values stop.
        sites: Only these sites; None for every site of the kind.
        areas: Only sites of these areas; None for all.
        waterways: Only sites on these rivers or roads; None for all.
        tags: Only sites with one of these tags; None for all.
        notify: False for what stands on the page only: no channel tells it to anybody.
        includes: Milder rules of the same kind and file. While this one's alarm is active at a site, theirs
            there fold under it, and whoever acknowledges it acknowledges them: siaga 3 says all of siaga 2.
    """

    id: str
    title: Label
    instruction: Label
    kind: str
    metric: str
    severity: Severity
    agency: str
    when: When | None = None
    pending: timedelta = timedelta(0)
    off_delay: timedelta = timedelta(0)
    on_no_data: NoDataPolicy = NoDataPolicy.KEEP
    sites: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    waterways: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    notify: bool = True
    includes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_sound(self)

    @check("id")
    def _id_is_a_rule_s(self) -> str | None:
        if self.id.startswith("outage_"):
            return f"'{self.id}' begins like an outage that Pantau itself finds; choose another id"
        if not _ID.fullmatch(self.id):
            return f"'{self.id}' is not a rule id: use lower case letters, digits and underscores"
        return None

    @check("above", "below", "outside", "when", at="")
    def _one_condition(self) -> str | None:
        is_one = self.given + (self.when is not None) == 1
        return None if is_one else "give exactly one of above and below, or outside, or when"

    @check("agency")
    def _somebody_answers(self) -> str | None:
        return None if self.agency.strip() else "agency needs a name: who answers for this alarm"

    _some_sites = check("sites")(lambda self: _none_named("sites", self.sites))
    _some_areas = check("areas")(lambda self: _none_named("areas", self.areas))
    _some_waterways = check("waterways")(lambda self: _none_named("waterways", self.waterways))
    _some_tags = check("tags")(lambda self: _none_named("tags", self.tags))

    @check("deadband", "when")
    def _deadband_is_inside_when(self) -> str | None:
        is_beside = self.when is not None and self.deadband
        return "inside when, deadband stands beside the limit that it belongs to" if is_beside else None

    @check("on_no_data", "when")
    def _count_has_no_silence(self) -> str | None:
        counts = self.when is not None and self.when.count is not None
        if counts and self.on_no_data is NoDataPolicy.ALARM:
            return "a count has no data of its own; put silent into it instead of on_no_data"
        return None

    @check("when", "sites", at="")
    def _neighbour_needs_sites(self) -> str | None:
        if self.when is not None and self.sites is None and any(leaf.at for leaf in self.when.leaves()):
            return "a condition looks at another site: say with sites which ones the rule watches"
        return None

    @property
    def condition(self) -> When:
        """The condition, also where it is written short as a limit of the rule itself."""
        if self.when is not None:
            return self.when
        limits = {name: getattr(self, name) for name in Limits.__dataclass_fields__}
        return When(value=Value(**limits))

    @property
    def is_plain(self) -> bool:
        """True when the newest value alone decides, so that nothing else need be remembered."""
        return self.when is None and self.on_no_data is NoDataPolicy.KEEP

    @property
    def is_upward(self) -> bool:
        """True when growing values are the danger, by the first condition where there are several."""
        if self.when is None:
            return self.below is None
        leaf = next(self.when.leaves())
        if isinstance(leaf, Slope):
            return self.when.fall is None
        return not isinstance(leaf, Flat | Silent) and leaf.below is None

    def watches(self, site: Site) -> bool:
        """Tell whether a site lies in the rule's scope: it must fit every list that is given."""
        return (
            (self.sites is None or site.id in self.sites)
            and (self.areas is None or site.area in self.areas)
            and (self.waterways is None or site.waterway in self.waterways)
            and (self.tags is None or not set(self.tags).isdisjoint(site.tags))
        )


def _none_named(key: str, names: tuple[str, ...] | None) -> str | None:
    return None if names != () else f"{key} names no {key[:-1]}; leave it out to watch every site of the kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """A file of rules, one per subject.

    Attributes:
        rules: Its rules.
    """

    rules: tuple[Rule, ...]


def load_rules(folder: Path, kinds: Mapping[str, Kind]) -> dict[str, Rule]:
    """Return the rules of a configuration folder by id.

    Args:
        folder: The `rules` folder of a configuration; each `*.yaml` file holds `rules: [...]`.
        kinds: The kinds that rules may speak of.

    Raises:
        ConfigError: Every fault of every file: none of the rules is used while one is wrong.
    """
    documents, problems = read_folder(folder, RuleFile, partly=True)
    completed = [with_defaults(document, kinds, problems) for document in documents]
    problems += faults_between(completed, kinds)
    if problems:
        raise ConfigError(problems)
    return {rule.id: rule for document in completed for rule in document.value.rules}
