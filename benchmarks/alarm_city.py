"""A city of many rules and sites, for the alarm engine alone: what stands where, and what it says."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.journal.alarms import Severity
from alerts.rulebook.rules import Rule
from alerts.rulebook.when import Flat, Silent, Slope, Take, Unusual, Value, When, Window
from devices.kinds import Kind, Label, Metric
from devices.registry import Site
from storage.readings import Reading

_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_EVERY = timedelta(minutes=1)
_TEXT = Label(id="ukur", en="measured")
_KINDS = 4
METRICS = ("first", "second", "third")


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


# Every sort of condition that a rule may be made of, by name; None is a plain limit.
SORTS: Mapping[str, When | None] = {
    "limit": None,
    "two values": When(all=(When(value=Value(above=90.0)), When(value=Value(above=90.0, metric="second")))),
    "mean of 15 min": When(window=Window(take=Take.MEAN, over=_minutes(15), above=80.0)),
    "rise over 30 min": When(rise=Slope(by_per_h=300.0, over=_minutes(30))),
    "greatest of 6 h": When(window=Window(take=Take.MAX, over=_minutes(360), above=101.0)),
    "total of 24 h": When(window=Window(take=Take.TOTAL, over=_minutes(1440), above=5000.0)),
    "silence": When(silent=Silent(after=_minutes(10))),
    "flat for 6 h": When(flat=Flat(over=_minutes(360))),
    "usual of 4 weeks": When(unusual=Unusual(above=50.0)),
}
# Of each ten rules seven are plain limits; the others take turns. The shipped rules are made so: 25 of 40.
_PLAIN_OF_TEN = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCity:
    """So many rules and sites, in equal parts of four kinds of three metrics.

    Attributes:
        rules: By id; each watches every site of its kind.
        sites: By id.
        kinds: By name.
    """

    rules: Mapping[str, Rule]
    sites: Mapping[str, Site]
    kinds: Mapping[str, Kind]

    @classmethod
    def of(cls, rules: int, sites: int) -> AlarmCity:
        """Return a city of so many rules and sites, of all sorts."""
        kinds = {name: _kind(name) for name in (f"kind{number}" for number in range(_KINDS))}
        return cls(
            rules={rule.id: rule for rule in map(_rule, range(rules))},
            sites={site.id: site for site in map(_site, range(sites))},
            kinds=kinds,
        )

    @classmethod
    def of_sort(cls, sort: str, sites: int) -> AlarmCity:
        """Return a city of one rule of a sort at every site."""
        rule = _made("tried", "kind0", METRICS[0], SORTS[sort])
        return cls(
            rules={rule.id: rule},
            sites={site.id: site for site in map(_site, range(0, sites * _KINDS, _KINDS))},
            kinds={"kind0": _kind("kind0")},
        )

    def readings(self, minutes: range) -> Iterator[Reading]:
        """Yield what every site says each of these minutes, in the order of time."""
        for minute in minutes:
            at = _BEGIN + minute * _EVERY
            for number, site_id in enumerate(self.sites):
                wave = 50 + 45 * math.sin(minute / 30 + number)
                yield Reading(
                    device_id=f"device-{number}",
                    site_id=site_id,
                    kind=site_id.split("-")[0],
                    observed_at=at,
                    received_at=at,
                    values={metric: round(wave + place, 2) for place, metric in enumerate(METRICS)},
                )


def _kind(name: str) -> Kind:
    metric = Metric(label=_TEXT, unit="", plausible_min=0, plausible_max=1000)
    metrics = dict.fromkeys(METRICS, metric)
    return Kind(name=name, label=_TEXT, primary=METRICS[0], expected_interval=_EVERY, metrics=metrics)


def _site(number: int) -> Site:
    name = f"kind{number % _KINDS}-{number}"
    return Site(id=name, name=name, lat_deg=-7.6, lon_deg=111.5)


def _rule(number: int) -> Rule:
    kind, turn = number % _KINDS, number // _KINDS
    grown = list(SORTS.values())[1:]
    is_plain = turn % 10 < _PLAIN_OF_TEN
    when = None if is_plain else grown[(turn // 10 * (10 - _PLAIN_OF_TEN) + turn % 10) % len(grown)]
    return _made(f"rule{number}", f"kind{kind}", METRICS[turn % len(METRICS)], when, limit=70.0 + turn % 25)


def _made(rule_id: str, kind: str, metric: str, when: When | None, *, limit: float = 90.0) -> Rule:
    return Rule(
        id=rule_id,
        title=_TEXT,
        instruction=_TEXT,
        kind=kind,
        metric=metric,
        severity=Severity.MEDIUM,
        agency="BPBD",
        above=limit if when is None else None,
        deadband=5.0 if when is None else 0.0,
        when=when,
    )
