"""To whom an alarm can be assigned: agencies of rules that watch this city, and those of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from alerts.desk.outage_rows import AGENCY
from alerts.rulebook.limits import Limits, SiteLimit
from alerts.rulebook.rules import Rule
from alerts.rulebook.when import Slope
from devices.registry import Site


def known_agencies(watching: Iterable[str], named: Iterable[str] = ()) -> tuple[str, ...]:
    """Return every agency that can answer for an alarm, in the order of the alphabet.

    Args:
        watching: Those of rules, as `watching_agencies` finds them.
        named: What the settings name beside those, and those to whom alarms are assigned already.
    """
    return tuple(sorted({AGENCY, *watching, *named}))


def watching_agencies(rules: Iterable[Rule], sites: Iterable[Site]) -> frozenset[str]:
    """Return the agencies of rules that watch at least one of a city's sites.

    Rule files for other cities may lie in the same folder; their agencies have no business here. A rule whose
    limits are levels of the sites, such as `jakarta_siaga3`, watches no site that has none of these levels.

    Args:
        rules: All rules.
        sites: All registered sites.
    """
    present = _Present(tuple(sites))
    return frozenset(rule.agency for rule in rules if present.has_one_for(rule))


class _Present:
    """The sites of a city with what scopes name, so that a rule of elsewhere is told without asking each."""

    def __init__(self, sites: Sequence[Site]) -> None:
        self._sites = sites
        self._ids = {site.id for site in sites}
        self._areas = {site.area for site in sites}
        self._waterways = {site.waterway for site in sites}
        self._tags = {tag for site in sites for tag in site.tags}
        self._levels = {level for site in sites for level in _levels_of(site)}

    def has_one_for(self, rule: Rule) -> bool:
        levels = _levels_needed(rule)
        scopes = (
            (levels, self._levels),
            (rule.sites, self._ids),
            (rule.areas, self._areas),
            (rule.waterways, self._waterways),
            (rule.tags, self._tags),
        )
        if any(named is not None and present.isdisjoint(named) for named, present in scopes):
            return False
        return any(
            rule.watches(site) and (levels is None or not levels.isdisjoint(_levels_of(site)))
            for site in self._sites
        )


def _levels_of(site: Site) -> Iterator[str]:
    for levels in site.thresholds.values():
        yield from levels


def _levels_needed(rule: Rule) -> frozenset[str] | None:
    """Return the levels of sites of which a rule needs one; None when it holds anything against numbers."""
    limits = [
        leaf.by_per_h if isinstance(leaf, Slope) else leaf.limit if isinstance(leaf, Limits) else None
        for leaf in rule.condition.leaves()
    ]
    names = frozenset(limit.site for limit in limits if isinstance(limit, SiteLimit))
    return names if all(isinstance(limit, SiteLimit) for limit in limits) else None


def unknown_agency(name: str, known: Iterable[str]) -> str:
    """Return a sentence on an agency that nobody knows, with what may be meant; "" for a known one."""
    choices = tuple(known)
    if name in choices:
        return ""
    folded = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(name.casefold(), folded, n=1)
    meant = f", did you mean {folded[near[0]]}?" if near else ";"
    return (
        f"there is no agency '{name}'{meant} known are {', '.join(choices)} "
        "(`agencies` in pantau.yaml adds others)"
    )
