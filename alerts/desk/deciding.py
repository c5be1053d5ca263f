"""What decided an alarm: a rise, the mean of a window, a number of sites; and the limit it met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from alerts.journal.alarms import Alarm
from alerts.judging.conditions import limit_at
from alerts.rulebook.limits import Limits
from alerts.rulebook.rules import Rule
from alerts.rulebook.when import Flat, Leaf, Silent, Slope, Take, Unusual, When, Window
from devices.kinds import Kind, Label, Metric
from devices.registry import Site
from devices.units import printed_unit

_SITES = Label(id="titik", en="sites")
_RISE, _FALL = Label(id="naik", en="rise"), Label(id="turun", en="fall")
_FLAT = Label(id="bergerak {span}", en="moved in {span}")
_UNUSUAL = Label(id="beda dari biasanya", en="change from usual")
_TAKEN = {
    Take.MEAN: Label(id="rata-rata {span}", en="mean of {span}"),
    Take.MIN: Label(id="terendah {span}", en="lowest in {span}"),
    Take.MAX: Label(id="tertinggi {span}", en="highest in {span}"),
    Take.SUM: Label(id="jumlah {span}", en="sum of {span}"),
    Take.TOTAL: Label(id="jumlah {span}", en="total of {span}"),
}
_UNITS_OF_TIME = (
    (timedelta(days=2), timedelta(days=1), Label(id="hari", en="d")),
    (timedelta(hours=1), timedelta(hours=1), Label(id="jam", en="h")),
    (timedelta(minutes=1), timedelta(minutes=1), Label(id="mnt", en="min")),
    (timedelta(0), timedelta(seconds=1), Label(id="dtk", en="s")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A number that is not the newest value, and the limit that it was held against.

    Attributes:
        what: What the number is, like "rise" or "mean of 15 min"; None where the unit says it.
        value: The number when it last decided something: when the alarm began, or ended.
        limit: Its limit, in the same unit.
        unit: Their unit as printed, that of a rise the metric's per hour; None for an index.
        precision: Decimals worth showing.
        is_upward: True when greater numbers are the danger.
    """

    what: Label | None
    value: float
    limit: float
    unit: Label | None
    precision: int
    is_upward: bool

    def text(self, language: str) -> str:
        """Return number, unit and limit in words, like "rise 30 cm/h (limit ≥ 10)"."""
        word, sign = "batas" if language == "id" else "limit", "≥" if self.is_upward else "≤"
        limit = _printed(self.limit, self.precision, language)
        return f"{self.number(language)} ({word} {sign} {limit})"

    def number(self, language: str) -> str:
        """Return the number with what it is and its unit, like "rise 30 cm/h"."""
        what, unit = (label.text(language) if label else "" for label in (self.what, self.unit))
        return " ".join(filter(None, (what, _printed(self.value, self.precision, language), unit)))


def decision(
    alarm: Alarm, rule: Rule | None, site: Site | None, kinds: Mapping[str, Kind]
) -> Decision | None:
    """Return what decided an alarm; None where that is the newest value itself, or where nothing is known.

    Args:
        alarm: Its value and its limit are told together.
        rule: The rule that speaks; None when its file is gone.
        site: Where; None when the registry no longer knows the place.
        kinds: Kinds by name.
    """
    if rule is None or rule.when is None or alarm.last_value is None or alarm.limit is None:
        return None
    if rule.when.count is not None:
        return Decision(
            what=None, value=alarm.last_value, limit=alarm.limit, unit=_SITES, precision=0, is_upward=True
        )
    when = _spoke(rule, alarm.limit, site, kinds)
    if when is None or when.leaf is None or (when.value is not None and _is_own(when.leaf, rule)):
        return None
    metric = _metric_of(when.leaf, rule, kinds)
    return None if metric is None else _told(when, metric, alarm.last_value, alarm.limit)


def held_against_newest(
    alarm: Alarm, rule: Rule | None, site: Site | None, kinds: Mapping[str, Kind]
) -> float | None:
    """Return the limit that the newest value itself is held against, in its unit; None when there is none."""
    if rule is None or rule.when is None:
        return alarm.limit
    if alarm.limit is None or rule.when.count is not None:
        return None
    when = _spoke(rule, alarm.limit, site, kinds)
    is_newest = when is not None and when.value is not None and _is_own(when.value, rule)
    return alarm.limit if is_newest else None


def _spoke(rule: Rule, limit: float, site: Site | None, kinds: Mapping[str, Kind]) -> When | None:
    """Return the condition whose limit it was; of several that have this one, the first."""
    numbered = [part for part in _leaves(rule.condition) if not isinstance(part.leaf, Silent)]
    for part in numbered:
        if part.leaf is not None and limit in _limits(part.leaf, rule, site, kinds):
            return part
    return numbered[0] if len(numbered) == 1 else None


def _leaves(when: When) -> Iterator[When]:
    if when.leaf is not None:
        yield when
    for part in when.parts:
        yield from _leaves(part)


def _limits(leaf: Leaf, rule: Rule, site: Site | None, kinds: Mapping[str, Kind]) -> tuple[float | None, ...]:
    if isinstance(leaf, Flat):
        return (leaf.within,)
    if isinstance(leaf, Limits) and leaf.outside is not None:
        return leaf.outside
    given = leaf.by_per_h if isinstance(leaf, Slope) else leaf.limit if isinstance(leaf, Limits) else None
    if site is None:
        return (given,) if isinstance(given, float) else ()
    return (limit_at(given, _metric_name(leaf, rule, kinds), site),)


def _is_own(leaf: Leaf, rule: Rule) -> bool:
    """Tell whether a condition looks at what the page shows beside the alarm."""
    return leaf.at is None and leaf.kind in (None, rule.kind) and leaf.metric in (None, rule.metric)


def _metric_name(leaf: Leaf, rule: Rule, kinds: Mapping[str, Kind]) -> str:
    if leaf.metric is not None:
        return leaf.metric
    other = kinds.get(leaf.kind) if leaf.kind not in (None, rule.kind) else None
    return other.primary if other else rule.metric


def _metric_of(leaf: Leaf, rule: Rule, kinds: Mapping[str, Kind]) -> Metric | None:
    kind = kinds.get(leaf.kind or rule.kind)
    return kind.metrics.get(_metric_name(leaf, rule, kinds)) if kind else None


def _told(when: When, metric: Metric, value: float, limit: float) -> Decision:
    leaf = when.leaf
    is_percent = isinstance(leaf, Unusual) and leaf.percent
    is_upward = not isinstance(leaf, Flat)
    if isinstance(leaf, Limits):
        is_upward = leaf.is_upward if leaf.outside is None else limit == leaf.outside[1]
    return Decision(
        what=_what(when, metric),
        value=value,
        limit=limit,
        unit=_unit(leaf, metric),
        precision=0 if is_percent else metric.precision,
        is_upward=is_upward,
    )


def _what(when: When, metric: Metric) -> Label:
    leaf = when.leaf
    if isinstance(leaf, Slope):
        return _RISE if when.fall is None else _FALL
    if isinstance(leaf, Flat):
        return _spanned(_FLAT, leaf.over)
    if isinstance(leaf, Window):
        name = leaf.take.upper()
        percentile = Label(id=f"{name} {{span}}", en=f"{name} of {{span}}")
        return _spanned(_TAKEN.get(leaf.take, percentile), leaf.over)
    return _UNUSUAL if isinstance(leaf, Unusual) else metric.label


def _unit(leaf: Leaf | None, metric: Metric) -> Label | None:
    if isinstance(leaf, Slope):
        return _unit_label(f"{metric.unit}/h")
    if isinstance(leaf, Unusual) and leaf.percent:
        return Label(id="%", en="%")
    is_total = isinstance(leaf, Window) and leaf.take is Take.TOTAL
    unit = metric.unit.removesuffix("/h") if is_total else metric.unit
    return _unit_label(unit) if unit else None


def _unit_label(unit: str) -> Label:
    return Label(id=printed_unit(unit, "id"), en=unit)


def _spanned(label: Label, span: timedelta) -> Label:
    _, one, unit = next(entry for entry in _UNITS_OF_TIME if span >= entry[0])
    count = f"{span / one:g}"
    return Label(id=label.id.format(span=f"{count} {unit.id}"), en=label.en.format(span=f"{count} {unit.en}"))


def _printed(number: float, precision: int, language: str) -> str:
    text = f"{number:,.{precision}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "id" else text
