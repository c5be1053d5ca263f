"""What rules name that is not there: sites, areas, tags and thresholds, misspelt or not registered yet."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from alerts.judging.tree_building import metric_of
from alerts.judging.watches import Watches
from alerts.rulebook.limits import Limit, SiteLimit
from alerts.rulebook.rules import Rule
from alerts.rulebook.when import Flat, Leaf, Silent, Slope
from devices.kinds import Kind
from devices.registry import Site

_DIGITS = re.compile(r"\d+")
_ALIKE = 0.75  # two letters of four that changed places


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Something that a rule names and that is not there.

    Attributes:
        rule_id: The rule.
        keys: The keys that lead to the name, from the rule on.
        message: What is not there, and what that means for the rule.
        is_note: True when it may well come: no site has the threshold yet.
    """

    rule_id: str
    keys: tuple[str | int, ...]
    message: str
    is_note: bool = False


def absences(
    rules: Mapping[str, Rule], sites: Mapping[str, Site], kinds: Mapping[str, Kind]
) -> list[Absence]:
    """Return what rules name that is not there; nothing while no site is registered at all."""
    if not sites:
        return []
    watches = Watches(rules, sites, kinds)
    found = []
    for rule in rules.values():
        watched = sum(watches.at(f"{rule.id}/{site_id}") is not None for site_id in sites)
        begin = "" if watched else "watches no site: "
        told = [*_names(rule, sites), *_thresholds(rule, sites, kinds)]
        if not told and not any(rule.watches(site) for site in sites.values()):
            told = [((), "no site fits all of sites, areas, waterways and tags", False)]
        found += [
            Absence(rule_id=rule.id, keys=keys, message=begin + message, is_note=is_note)
            for keys, message, is_note in told
        ]
    return found


_Told = tuple[tuple[str | int, ...], str, bool]


def _names(rule: Rule, sites: Mapping[str, Site]) -> Iterator[_Told]:
    known = {
        "sites": (rule.sites, set(sites), "no site is called"),
        "areas": (rule.areas, {site.area for site in sites.values()}, "no site lies in the area"),
        "waterways": (rule.waterways, {site.waterway for site in sites.values()}, "no site lies on"),
        "tags": (rule.tags, {tag for site in sites.values() for tag in site.tags}, "no site carries the tag"),
    }
    for key, (names, there, says) in known.items():
        for number, name in enumerate(names or ()):
            if name not in there:
                yield (key, number), f"{says} '{name}'{_meant(name, there)}", False
    for keys, leaf in rule.condition.places():
        if leaf.at and leaf.at not in sites:
            yield ("when", *keys, "at"), f"no site is called '{leaf.at}'{_meant(leaf.at, sites)}", False


def _thresholds(rule: Rule, sites: Mapping[str, Site], kinds: Mapping[str, Kind]) -> Iterator[_Told]:
    """Tell thresholds that no site has: misspelt where one is nearly called so, else not set yet."""
    for keys, leaf in rule.condition.places():
        _, metric = metric_of(leaf, rule, kinds)
        there = {name for site in sites.values() for name in site.thresholds.get(metric, ())}
        for key, limit in _limits(leaf):
            if isinstance(limit, SiteLimit) and limit.site not in there:
                place = (key, "site") if rule.when is None else ("when", *keys, key, "site")
                meant = _meant(limit.site, there)
                yield place, f"no site has the threshold '{limit.site}' for {metric}{meant}", not meant


def _limits(leaf: Leaf) -> Iterator[tuple[str, Limit | None]]:
    if isinstance(leaf, Slope):
        yield "by_per_h", leaf.by_per_h
    elif not isinstance(leaf, Flat | Silent):
        yield from (("above", leaf.above), ("below", leaf.below))


def _meant(name: str, there: Collection[str]) -> str:
    """Return a name that is there and nearly the same; siaga1 and siaga2 are two things, not a slip."""
    alike = difflib.get_close_matches(name, sorted(there), n=5, cutoff=_ALIKE)
    words = _DIGITS.sub("", name)
    near = next((one for one in alike if _DIGITS.sub("", one) != words), None)
    return f"; did you mean '{near}'?" if near else ""
