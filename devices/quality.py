"""How a metric's values are judged: the limits of its quality checks, which a site may tighten or loosen."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Limits of one metric's quality checks, in the metric's unit; a check without its limits is not made.

    Attributes:
        fail_min: Below it a value has failed, where a site's instrument reaches less far than its kind's do.
        fail_max: Above it a value has failed.
        suspect_min: Below it a value is suspect; inside the plausible range.
        suspect_max: Above it a value is suspect; inside the plausible range.
        spike_suspect: A point that sticks out from both its neighbours by more than this is suspect.
        spike_fail: A point that sticks out by more than this has failed.
        max_rise_per_h: Fastest believable rise, per hour, > 0.
        max_fall_per_h: Fastest believable fall, per hour, > 0.
        noise: A change that noise alone can make; allowed on top of what the time allows.
        flat_tolerance: Values whose range does not exceed it count as unchanged; 0 means exactly equal.
        flat_suspect_after: Observed time without change after which a value is suspect.
        flat_fail_after: Observed time without change after which a value has failed.
        neighbour_radius_km: Sites of the same kind within it are neighbours.
        neighbour_difference: A value further than this from its neighbours' median is suspect.
    """

    fail_min: float | None = None
    fail_max: float | None = None
    suspect_min: float | None = None
    suspect_max: float | None = None
    spike_suspect: float | None = None
    spike_fail: float | None = None
    max_rise_per_h: float | None = None
    max_fall_per_h: float | None = None
    noise: float = 0.0
    flat_tolerance: float = 0.0
    flat_suspect_after: timedelta | None = None
    flat_fail_after: timedelta | None = None
    neighbour_radius_km: float | None = None
    neighbour_difference: float | None = None

    def __post_init__(self) -> None:
        for name in (
            "spike_suspect",
            "spike_fail",
            "max_rise_per_h",
            "max_fall_per_h",
            "neighbour_radius_km",
        ):
            if (limit := getattr(self, name)) is not None and limit <= 0:
                raise ValueError(f"{name} must be greater than 0; leave it out to make no such check")
        if self.noise < 0 or self.flat_tolerance < 0:
            raise ValueError("noise and flat_tolerance cannot be negative")
        _require_order("fail_min", self.fail_min, "fail_max", self.fail_max)
        _require_order("suspect_min", self.suspect_min, "suspect_max", self.suspect_max)
        _require_order("spike_suspect", self.spike_suspect, "spike_fail", self.spike_fail)
        _require_order("flat_suspect_after", self.flat_suspect_after, "flat_fail_after", self.flat_fail_after)
        if (self.neighbour_radius_km is None) != (self.neighbour_difference is None):
            raise ValueError("neighbour_radius_km and neighbour_difference belong together")

    @property
    def has_spike(self) -> bool:
        """Whether values are compared with what follows them, so that one may be judged anew."""
        return self.spike_suspect is not None or self.spike_fail is not None

    @property
    def has_rate(self) -> bool:
        """Whether the speed of change is checked."""
        return self.max_rise_per_h is not None or self.max_fall_per_h is not None

    @property
    def flat_reach(self) -> timedelta:
        """How far back the search for a change goes; nothing when it is not made."""
        return max(filter(None, (self.flat_suspect_after, self.flat_fail_after)), default=timedelta(0))

    @property
    def looks_around(self) -> bool:
        """Whether any check compares a value with others, and not with fixed limits alone."""
        return bool(self.has_spike or self.has_rate or self.flat_reach or self.neighbour_radius_km)


def _require_order(
    lower_name: str, lower: float | timedelta | None, upper_name: str, upper: float | timedelta | None
) -> None:
    if lower is not None and upper is not None and lower >= upper:  # type: ignore[operator]
        raise ValueError(f"{lower_name} must be below {upper_name}")


def at_site(quality: Quality, metric: str, parameters: Mapping[str, float]) -> Quality:
    """Return the limits as they hold at a site.

    Args:
        quality: The kind's limits.
        metric: Whose limits they are.
        parameters: The site's; `water_level_cm.max_rise_per_h` sets that limit of that metric.

    Raises:
        ValueError: The limits contradict each other there.
    """
    given = {name: parameters[key] for name in _numbers() if (key := f"{metric}.{name}") in parameters}
    return dataclasses.replace(quality, **given) if given else quality  # type: ignore[arg-type]


def override_faults(qualities: Mapping[str, Quality], parameters: Mapping[str, float]) -> list[str]:
    """Return what is wrong with a site's own limits, one sentence each; nothing when all is right.

    Args:
        qualities: Metric to the kind's limits, for the metrics of the kinds that stand at the site.
        parameters: The site's.
    """
    known = {f"{metric}.{name}" for metric in qualities for name in _numbers()}
    faults = [
        f"'{key}' is no limit: write <metric>.<limit>, like water_level_cm.max_rise_per_h"
        for key in parameters
        if "." in key and key not in known
    ]
    for metric, quality in qualities.items():
        try:
            at_site(quality, metric, parameters)
        except ValueError as error:
            faults.append(f"{metric}: {error}")
    return faults


@functools.cache
def _numbers() -> tuple[str, ...]:
    """Return the limits that are plain numbers, which a site may set."""
    return tuple(f.name for f in dataclasses.fields(Quality) if "float" in str(f.type))
