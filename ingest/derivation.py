"""Derived metrics of one point, from its own values, from earlier points, or from means over a window.

A derived value, once there, never vanishes again while points are added to the history, since no store could
follow: what turns out to rest on nothing good stays with the flag `FAIL`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.derivations import (
    CounterIncrement,
    CounterRate,
    DewPoint,
    Ispu,
    LevelFromDistance,
    LowCostPm,
    Mean,
)
from devices.ispu import Pollutant, critical
from devices.registry import Site
from ingest.formulas import counter_increment, dew_point_c, low_cost_pm_ug_m3
from ingest.history import History
from ingest.plan import Plan, Step
from ingest.quality import aggregate
from ingest.slots import SlotMean, Slots
from storage.readings import Flag

_HOUR_US = 3600 * 10**6

SlotsByMetric = Mapping[tuple[str, int], Slots]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A derived value.

    Attributes:
        value: In the metric's unit.
        flag: What the inputs say of it; the metric's own checks are not in it yet.
    """

    value: float
    flag: Flag = Flag.GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a device with everything that a derivation may look at."""

    plan: Plan
    site: Site
    history: History
    slots: SlotsByMetric
    index: int


def derive(step: Step, point: Point) -> Derived | None:
    """Return a derived metric's value at a point, None when an input is lacking or the formula has no answer.

    Args:
        step: A metric with a rule.
        point: The point; its sent values and the derived ones above this are there and judged.
    """
    match step.rule:
        case DewPoint() | LevelFromDistance() | LowCostPm():
            return _from_the_point(step, point)
        case CounterIncrement():
            return _from_counter(step.rule, point)
        case Mean():
            return _mean(step, step.rule.of, point)
        case Ispu():
            return _ispu(step, step.rule.of, point)
    return None


def _from_the_point(step: Step, point: Point) -> Derived | None:
    assert step.rule is not None
    inputs = [point.history.value(metric, point.index) for metric in step.rule.inputs]
    given = [value for value in inputs if value is not None]
    if len(given) < len(inputs):
        return None
    value = _formula(step, point.site, given)
    if value is None:
        return None
    flags = [point.history.flag(metric, point.index) for metric in step.rule.inputs]
    return Derived(value=value, flag=aggregate(*flags))


def _formula(step: Step, site: Site, given: list[float]) -> float | None:
    match step.rule:
        case DewPoint():
            return dew_point_c(given[0], given[1])
        case LowCostPm():
            return low_cost_pm_ug_m3(given[0], given[1])
        case LevelFromDistance(reference=reference):
            # The sensor looks down: the further the water, the lower it stands.
            return site.parameters[reference] - given[0] if reference in site.parameters else None
    return None


def _from_counter(rule: CounterIncrement, point: Point) -> Derived | None:
    history, index = point.history, point.index
    current = history.value(rule.counter, index)
    before = _counted_before(rule, point)
    if current is None or before < 0:
        return None
    previous = history.values[rule.counter][before]
    elapsed_us = history.times_us[index] - history.times_us[before]
    flag = aggregate(history.flag(rule.counter, index), _fallback_flag(history.flag(rule.counter, before)))
    if current < previous or elapsed_us > point.plan.near_us:
        flag = aggregate(flag, Flag.SUSPECT)  # a reset hides what fell before it, a gap hides when it fell
    increment = counter_increment(previous, current)
    if isinstance(rule, CounterRate):
        increment /= elapsed_us / _HOUR_US
    return Derived(value=increment, flag=flag)


def _counted_before(rule: CounterIncrement, point: Point) -> int:
    """Return the nearest earlier point of a counter that has not failed, else one that has, else -1."""
    history, step = point.history, point.plan.steps[rule.counter]
    if history.value(rule.counter, point.index) is None:
        return -1
    max_gap_us = round(rule.max_gap.total_seconds() * 10**6)
    earliest_us = history.times_us[point.index] - max_gap_us
    nearest = before = history.previous(step, point.index, max_gap_us)
    while before >= 0 and history.flag(rule.counter, before) is Flag.FAIL:
        left_us = history.times_us[before] - earliest_us
        before = history.previous(step, before, left_us)
    return before if before >= 0 else nearest


def _fallback_flag(flag: Flag) -> Flag:
    """Return what a predecessor's flag says of the increment: only its failure matters."""
    return flag if flag is Flag.FAIL else Flag.GOOD


def _mean(step: Step, metric: str, point: Point) -> Derived | None:
    if point.history.value(metric, point.index) is None:
        return None
    mean = _window_mean(metric, step, point)
    return None if mean is None else Derived(value=mean.value, flag=mean.flag)


def _ispu(step: Step, metrics: Mapping[str, str], point: Point) -> Derived | None:
    if all(point.history.value(metric, point.index) is None for metric in metrics.values()):
        return None
    means = {
        Pollutant(name): mean
        for name, metric in metrics.items()
        if (mean := _window_mean(metric, step, point)) is not None
    }
    if not means:
        return None
    good = {pollutant: mean.value for pollutant, mean in means.items() if mean.flag is not Flag.FAIL}
    usable = good or {pollutant: mean.value for pollutant, mean in means.items()}
    return Derived(value=critical(usable)[1], flag=Flag.GOOD if good else Flag.FAIL)


def _window_mean(metric: str, step: Step, point: Point) -> SlotMean | None:
    assert step.window is not None
    slots = point.slots[metric, step.window.slot_us]
    return slots.mean(point.history.times_us[point.index], step.window)
