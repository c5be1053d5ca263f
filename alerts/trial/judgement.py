"""Each rule's alarms held against what is known: what it told, what it missed, and what it told wrongly."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from alerts.judging.tree_building import inputs_of
from alerts.judging.watches import Watches
from alerts.rulebook.rules import Rule
from alerts.trial.backtest import Activation, KnownEvent
from devices.kinds import Kind
from devices.registry import Site
from storage.readings import Reading

WHOLE, FIRST_HALF, SECOND_HALF = "whole", "first half", "second half"
_DAY = timedelta(days=1)


class Span(NamedTuple):
    """The first and the last time at which a site said what a rule looks at."""

    first: datetime
    last: datetime

    @property
    def days(self) -> float:
        """Its length in days."""
        return (self.last - self.first) / _DAY

    def halves(self) -> dict[str, Span]:
        """Return its two halves by name."""
        middle = self.first + (self.last - self.first) / 2
        return {FIRST_HALF: Span(self.first, middle), SECOND_HALF: Span(middle, self.last)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How one rule did in one part of the past.

    Attributes:
        rule_id: The rule.
        part: The whole past, or each site's first or second half of it.
        site_days: Days on which it watched a site, over all sites that it watched.
        told: Events that it told in time, with the first alarm that did.
        missed: Events that it did not.
        false_alarms: Alarms that were active at no event's time.
        alarms: How many alarms began.
    """

    rule_id: str
    part: str
    site_days: float
    told: tuple[tuple[KnownEvent, Activation], ...]
    missed: tuple[KnownEvent, ...]
    false_alarms: tuple[Activation, ...]
    alarms: int

    @property
    def events(self) -> int:
        """How many events it should have told."""
        return len(self.told) + len(self.missed)

    @property
    def median_lag_min(self) -> float | None:
        """Median minutes from an event's moment to its alarm, negative when the alarm came first."""
        lags = [(alarm.raised_at - event.counted_from) / timedelta(minutes=1) for event, alarm in self.told]
        return statistics.median(lags) if lags else None


def watched_spans(
    rules: Mapping[str, Rule],
    readings: Iterable[Reading],
    sites: Mapping[str, Site],
    kinds: Mapping[str, Kind],
) -> dict[str, dict[str, Span]]:
    """Return from when to when each rule watched each site: rule id to site id to span."""
    seen: dict[tuple[str, str, str], Span] = {}
    for reading in readings:
        for metric in reading.values:
            key = reading.kind, metric, reading.site_id
            first = seen[key].first if key in seen else reading.observed_at
            seen[key] = Span(first, reading.observed_at)
    watches = Watches(rules, sites, kinds)
    spans: dict[str, dict[str, Span]] = {}
    for rule in rules.values():
        inputs = [(kind, metric) for kind, metric, at in inputs_of(rule, kinds) if at is None]
        watched = (id_ for id_ in sites if watches.at(f"{rule.id}/{id_}") is not None)
        here = {id_: [seen[(*each, id_)] for each in inputs if (*each, id_) in seen] for id_ in watched}
        spans[rule.id] = {
            id_: Span(min(span.first for span in found), max(span.last for span in found))
            for id_, found in here.items()
            if found
        }
    return spans


def judged(
    rule_id: str,
    alarms: Sequence[Activation],
    known: Sequence[KnownEvent],
    spans: Mapping[str, Span],
    *,
    in_halves: bool = False,
) -> list[Judgement]:
    """Return how a rule did, in all of the past or in each site's two halves of it.

    An event belongs to the half in which its moment lies, an alarm to that in which it began. Events at sites
    that the rule did not watch are none of its business.

    Args:
        rule_id: The rule.
        alarms: Of any rules, in the order in which they began.
        known: What is known to have happened, each event at named sites or anywhere.
        spans: The sites that it watched, as `watched_spans` tells.
        in_halves: Tell the halves apart.
    """
    own = [alarm for alarm in alarms if alarm.rule_id == rule_id]
    meant = [event for event in known if event.rules is None or rule_id in event.rules]
    meant = [event for event in meant if event.sites is None or set(event.sites) & set(spans)]
    parts = [FIRST_HALF, SECOND_HALF] if in_halves else [WHOLE]
    return [_judgement(rule_id, part, own, meant, spans=spans) for part in parts]


def _judgement(
    rule_id: str,
    part: str,
    alarms: Sequence[Activation],
    known: Sequence[KnownEvent],
    *,
    spans: Mapping[str, Span],
) -> Judgement:
    here = [event for event in known if _part_of(event.counted_from, event.sites, spans, part)]
    first = {event: next((a for a in alarms if event.is_told_in_time_by(a)), None) for event in here}
    begun = [alarm for alarm in alarms if _part_of(alarm.raised_at, (alarm.site_id,), spans, part)]
    return Judgement(
        rule_id=rule_id,
        part=part,
        site_days=sum((span if part == WHOLE else span.halves()[part]).days for span in spans.values()),
        told=tuple((event, alarm) for event, alarm in first.items() if alarm is not None),
        missed=tuple(event for event, alarm in first.items() if alarm is None),
        false_alarms=tuple(a for a in begun if not any(event.is_told_by(a) for event in known)),
        alarms=len(begun),
    )


def _part_of(at: datetime, sites: Sequence[str] | None, spans: Mapping[str, Span], part: str) -> bool:
    if part == WHOLE:
        return True
    span = next((spans[site_id] for site_id in sites or spans if site_id in spans), None)
    if span is None:
        return False
    is_first = at < span.halves()[SECOND_HALF].first
    return is_first == (part == FIRST_HALF)
