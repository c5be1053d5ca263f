"""What is done with every reading of a kind at a site, worked out once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from devices.derivations import CounterIncrement, Ispu, Mean, Rule
from devices.kinds import Kind, Metric
from devices.quality import Quality, at_site
from devices.registry import Site
from ingest.slots import SlotWindow

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is done with one metric of a point; the latter half repeats facts of the former in a quick form.

    Attributes:
        name: The metric.
        metric: What is known of it.
        quality: The limits of its checks at the site.
        rule: How it is worked out when the device does not send it; None for a metric that only devices send.
        needs_history: Earlier readings are needed to work it out.
        window: Over what it is averaged, None when it is no mean.
        slot_lengths_us: Lengths of the slots in which its values are summed up for others.
        low: Smallest value that the metric and the site allow.
        high: Largest value that they allow.
        has_spike: Values are compared with what precedes and follows them.
        spike_limit: Smallest height of a spike that is flagged.
        has_rate: The speed of change is checked.
        flat_reach_us: How far back the search for a change goes, 0 when there is none.
        radius_km: How far away neighbours may be, 0 when they are not asked.
    """

    name: str
    metric: Metric
    quality: Quality
    rule: Rule | None
    needs_history: bool
    window: SlotWindow | None
    slot_lengths_us: tuple[int, ...]
    low: float
    high: float
    has_spike: bool
    spike_limit: float
    has_rate: bool
    flat_reach_us: int
    radius_km: float

    @property
    def looks_back(self) -> bool:
        """Whether any check compares a value with others of its device."""
        return self.has_spike or self.has_rate or self.flat_reach_us > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done with every reading of a kind at a site, in microseconds where it is about time.

    Attributes:
        kind: The kind.
        steps: Metric to step, in the order of working: sent metrics first, then derived ones as declared.
        near_us: Points further apart are not compared.
        lateness_us: A reading that is later than this is judged alone.
        keep_us: How long points are kept behind the newest one.
        keep_slots_us: How long sums of slots are kept behind the newest point.
    """

    kind: Kind
    steps: dict[str, Step]
    near_us: int
    lateness_us: int
    keep_us: int
    keep_slots_us: int


def plan_for(kind: Kind, site: Site) -> Plan:
    """Return what is done with the readings of a kind at a site."""
    order = [name for name in kind.metrics if name not in kind.derived] + list(kind.derived)
    rules = [derivation.rule for derivation in kind.derived.values()]
    lateness_us = kind.lateness // _MICROSECOND
    gap = max((rule.max_gap for rule in rules if isinstance(rule, CounterIncrement)), default=timedelta(0))
    flat = max((metric.quality.flat_reach for metric in kind.metrics.values()), default=timedelta(0))
    windows = [rule.span.length + rule.span.slot for rule in rules if isinstance(rule, Mean | Ispu)]
    return Plan(
        kind=kind,
        steps={name: _step(kind, name, site) for name in order},
        near_us=kind.overdue_after // _MICROSECOND,
        lateness_us=lateness_us,
        keep_us=lateness_us + max(gap, flat, kind.overdue_after) // _MICROSECOND,
        keep_slots_us=lateness_us + max(windows, default=timedelta(0)) // _MICROSECOND,
    )


def _step(kind: Kind, name: str, site: Site) -> Step:
    metric = kind.metrics[name]
    quality = _quality(metric, name, site)
    derivation = kind.derived.get(name)
    summing = [
        other.rule.span.slot // _MICROSECOND
        for other in kind.derived.values()
        if isinstance(other.rule, Mean | Ispu) and name in other.rule.inputs
    ]
    return Step(
        name=name,
        metric=metric,
        quality=quality,
        rule=derivation.rule if derivation else None,
        needs_history=name in kind.derived_from_history,
        window=_window(derivation.rule) if derivation else None,
        slot_lengths_us=tuple(sorted(set(summing))),
        low=max(metric.plausible_min, -math.inf if quality.fail_min is None else quality.fail_min),
        high=min(metric.plausible_max, math.inf if quality.fail_max is None else quality.fail_max),
        has_spike=quality.has_spike,
        spike_limit=min(filter(None, (quality.spike_suspect, quality.spike_fail)), default=math.inf),
        has_rate=quality.has_rate,
        flat_reach_us=quality.flat_reach // _MICROSECOND,
        radius_km=quality.neighbour_radius_km or 0.0,
    )


def _window(rule: Rule) -> SlotWindow | None:
    if not isinstance(rule, Mean | Ispu):
        return None
    span = rule.span
    return SlotWindow(
        slot_us=span.slot // _MICROSECOND, count=span.length // span.slot, completeness=span.completeness
    )


def _quality(metric: Metric, name: str, site: Site) -> Quality:
    try:
        return at_site(metric.quality, name, site.parameters)
    except ValueError:
        # One site's contradictory limits must not stop the stream; `override_faults` tells whoever sets them.
        return metric.quality
