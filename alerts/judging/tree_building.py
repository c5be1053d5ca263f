"""From a rule's condition to the tree that means it at one site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.judging.conditions import Band, Condition, Verdict, band_at, limit_at, upward_or_not
from alerts.judging.signals import (
    Aggregate,
    Column,
    Deviation,
    Newest,
    Signal,
    Slots,
    Spread,
    Trend,
    columns_for,
)
from alerts.judging.trees import Counted, Input, Joined, Node, SilentLeaf, ValueLeaf
from alerts.rulebook.rules import NoDataPolicy, Rule
from alerts.rulebook.when import (
    Count,
    Flat,
    Grouping,
    Leaf,
    Silent,
    Slope,
    Take,
    Unusual,
    Value,
    When,
    Window,
)
from devices.kinds import Kind
from devices.registry import Site

_MICROSECOND = timedelta(microseconds=1)
# A rise may be told from half of its window on, and a stuck sensor from three quarters of it.
_TREND_COMPLETENESS = 0.5
_FLAT_COMPLETENESS = 0.75
# Slots half as long as the interval hold two readings of a short window apart, however they lie to the clock.
_LEAST_TREND_SLOTS = 4
_JITTER = 0.25  # of the interval, between any two readings
_TREND_COLUMNS = (Column.COUNT, Column.SUM, Column.TIMES)
_FLAT_COLUMNS = (Column.LEAST, Column.GREATEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """All that a condition may look at.

    Attributes:
        sites: Sites by id.
        kinds: Kinds by name.
    """

    sites: Mapping[str, Site]
    kinds: Mapping[str, Kind]
    _groups: dict[str, dict[str, list[Site]]] = field(default_factory=dict)

    def group_of(self, rule: Rule, by: Grouping, site: Site) -> Sequence[Site]:
        """Return the sites of the rule's scope that are counted together with a site, the first one first."""
        groups = self._groups.get(rule.id)
        if groups is None:
            groups = self._groups[rule.id] = {}
            for member in filter(rule.watches, self.sites.values()):
                groups.setdefault(_group_name(by, member), []).append(member)
            for members in groups.values():
                members.sort(key=lambda m: (m.order is None, m.order or 0, m.id))
        name = _group_name(by, site)
        return groups.get(name, ()) if name else ()

    def first_of(self, rule: Rule, by: Grouping, site_id: str) -> str | None:
        """Return the site at which the alarm of a site's group stands, None when it is in no group."""
        site = self.sites.get(site_id)
        members = self.group_of(rule, by, site) if site is not None and rule.watches(site) else ()
        return members[0].id if members else None


def _group_name(by: Grouping, site: Site) -> str:
    if by is Grouping.CITY:
        return "city"
    return site.area if by is Grouping.AREA else site.waterway


def inputs_of(rule: Rule, kinds: Mapping[str, Kind]) -> list[tuple[str, str, str | None]]:
    """Return kind, metric and other site (None for the rule's own) of everything that a rule looks at."""
    found = {(*metric_of(leaf, rule, kinds), leaf.at): None for leaf in _condition(rule).leaves()}
    return list(found)


def tree_at(rule: Rule, site: Site, around: Surroundings) -> Node | None:
    """Return what a rule's condition means at a site, None when the rule does not watch it.

    A rule does not watch a site outside its scope, nor one that lacks a threshold that the condition needs.
    A count is watched at the first site of its group, for all of them.
    """
    if not rule.watches(site):
        return None
    return _Builder(rule, around).node(_condition(rule), site)


def _condition(rule: Rule) -> When:
    """Return the condition, with silence as one more way to hold where the rule says so."""
    if rule.on_no_data is not NoDataPolicy.ALARM:
        return rule.condition
    return When(any=(rule.condition, When(silent=Silent(after=timedelta.max))))


def metric_of(leaf: Leaf, rule: Rule, kinds: Mapping[str, Kind]) -> tuple[str, str]:
    """Return kind and metric of what a condition looks at."""
    kind = leaf.kind or rule.kind
    return kind, leaf.metric or (rule.metric if kind == rule.kind else kinds[kind].primary)


class _Builder:
    def __init__(self, rule: Rule, around: Surroundings) -> None:
        self._rule = rule
        self._around = around

    def node(self, when: When, site: Site) -> Node | None:
        if when.count is not None:
            return self._counted(when.count, site)
        if when.leaf is not None:
            return self._leaf(when.leaf, site, when)
        parts = [self.node(part, site) for part in when.parts]
        known = tuple(part for part in parts if part is not None)
        if when.all is not None:
            return Joined(parts=known, decisive=Verdict.CLEARS) if len(known) == len(parts) else None
        return Joined(parts=known, decisive=Verdict.HOLDS) if known else None

    def _counted(self, count: Count, site: Site) -> Node | None:
        members = self._around.group_of(self._rule, count.by, site)
        if not members or members[0].id != site.id:
            return None
        parts = tuple(part for member in members if (part := self.node(count.of, member)) is not None)
        return Counted(parts=parts, at_least=count.at_least) if parts else None

    def _leaf(self, leaf: Leaf, site: Site, when: When) -> Node | None:
        place = site if leaf.at is None else self._around.sites.get(leaf.at)
        if place is None:
            return None
        kind_name, metric = metric_of(leaf, self._rule, self._around.kinds)
        kind = self._around.kinds[kind_name]
        source = kind_name, metric, place.id
        overdue_after_us = kind.overdue_after // _MICROSECOND
        if isinstance(leaf, Silent):
            return _silent(leaf, source, overdue_after_us)
        band = _band(leaf, metric, place)
        if band is None:
            return None
        signal = _signal(leaf, kind, sign=1 if when.fall is None else -1)
        return ValueLeaf(
            name=f"{'/'.join(source)}/{_remembered(signal)}",
            source=source,
            signal=signal,
            band=band,
            overdue_after_us=overdue_after_us,
        )


def _silent(leaf: Silent, source: Input, overdue_after_us: int) -> SilentLeaf:
    # What is not overdue yet is not silent: a post that speaks hourly is not to be missed after an hour.
    given = leaf.after != timedelta.max
    after_us = max(leaf.after // _MICROSECOND, overdue_after_us) if given else overdue_after_us
    return SilentLeaf(
        name=f"{'/'.join(source)}/heard", source=source, after_us=after_us, overdue_after_us=overdue_after_us
    )


def _band(leaf: Leaf, metric: str, site: Site) -> Band | None:
    if isinstance(leaf, Slope):
        limit = limit_at(leaf.by_per_h, metric, site)
        return None if limit is None else upward_or_not(limit, leaf.deadband, is_upward=True)
    if isinstance(leaf, Flat):
        return Condition(limit=leaf.within, clear=leaf.within, is_upward=False)
    assert not isinstance(leaf, Silent)
    return band_at(leaf, metric, site)


def _signal(leaf: Leaf, kind: Kind, *, sign: int) -> Signal:
    if isinstance(leaf, Window):
        slots = _slots(leaf.over, kind, leaf.completeness, columns_for(leaf.take))
        longest_gap_us = kind.overdue_after // _MICROSECOND
        return Aggregate(take=leaf.take, slots=slots, longest_gap_us=longest_gap_us)
    if isinstance(leaf, Slope):
        slots = _slots(leaf.over, kind, _TREND_COMPLETENESS, _TREND_COLUMNS, least=_LEAST_TREND_SLOTS)
        return Trend(slots=slots, sign=sign, least_span_us=_least_span_us(slots, kind))
    if isinstance(leaf, Flat):
        return Spread(slots=_slots(leaf.over, kind, _FLAT_COMPLETENESS, _FLAT_COLUMNS))
    if isinstance(leaf, Unusual):
        return Deviation(weeks=leaf.weeks, percent=leaf.percent)
    assert isinstance(leaf, Value)
    return Newest()


def _slots(
    over: timedelta, kind: Kind, completeness: float, columns: tuple[Column, ...], *, least: int = 1
) -> Slots:
    interval = kind.expected_interval
    return Slots.over(over, interval=interval, completeness=completeness, columns=columns, least=least)


def _least_span_us(slots: Slots, kind: Kind) -> float:
    """Return how far values must span for a trend: half of the window.

    Or less, where readings that come at the kind's interval, give or take a little, do not always span half
    of a short window: its last slot is still being filled, so it reaches back by one slot less than it says.
    """
    interval_us = kind.expected_interval / _MICROSECOND
    jitter_us = _JITTER * interval_us
    readings_apart = (slots.length_us * (slots.count - 1) - jitter_us) // interval_us
    return min(slots.length_us * slots.count / 2, readings_apart * interval_us - jitter_us)


def _remembered(signal: Signal) -> str:
    """Name what a signal remembers, so that a rule that is changed does not misread an old memory."""
    if isinstance(signal, Newest):
        return "newest"
    if isinstance(signal, Deviation):
        return f"hours of {signal.weeks} weeks"
    assert isinstance(signal, Aggregate | Trend | Spread)
    slots = signal.slots
    is_total = isinstance(signal, Aggregate) and signal.take is Take.TOTAL
    return (
        f"{'hours of ' * is_total}{'+'.join(slots.columns)} by {slots.count}x{slots.length_us // 1_000_000}s"
    )


def reach_of(rule: Rule) -> timedelta:
    """Return how far back a rule looks."""
    reaches = [timedelta(0), rule.pending]
    for leaf in rule.condition.leaves():
        if isinstance(leaf, Window | Slope | Flat):
            reaches.append(rule.pending + leaf.over)
        elif isinstance(leaf, Silent):
            reaches.append(rule.pending + leaf.after)
        elif isinstance(leaf, Unusual):
            reaches.append(rule.pending + timedelta(weeks=leaf.weeks))
    return max(reaches)
