"""The reading: what one device said about one moment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum


class Flag(IntEnum):
    """Quality of one value.

    Source:
        QARTOD flag scheme of the U.S. Integrated Ocean Observing System.
    """

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


Identity = tuple[str, str, str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one device said about one moment.

    The identity of a reading is (kind, site_id, device_id, observed_at): writing the same identity again
    overwrites its values and unites its metrics, in every store.

    Attributes:
        device_id: The hardware that spoke.
        site_id: The place it was assigned to at `observed_at`.
        kind: The sort of sensor, the name of a file in `config/kinds`.
        observed_at: When it was measured; aware.
        received_at: When Pantau took it from the broker; aware.
        values: Metric name to value, each finite, in the unit of the kind's metric; not empty.
        flags: Metric name to flag, only where the flag is not `GOOD`. A metric without a value may have one,
            `MISSING` for example.
    """

    device_id: str
    site_id: str
    kind: str
    observed_at: datetime
    received_at: datetime
    values: Mapping[str, float]
    flags: Mapping[str, Flag] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.observed_at.tzinfo is None or self.received_at.tzinfo is None:
            raise ValueError("a reading's times must carry a time zone")
        if not self.values:
            raise ValueError("a reading needs at least one value")
        for metric, value in self.values.items():
            if not math.isfinite(value):
                raise ValueError(f"{metric} is {value}; a reading holds finite numbers only")

    @property
    def identity(self) -> Identity:
        """What makes two readings the same one: kind, site, device and moment."""
        return self.kind, self.site_id, self.device_id, self.observed_at

    def flag(self, metric: str) -> Flag:
        """Return the metric's flag; a metric that nobody flagged is good."""
        return self.flags.get(metric, Flag.GOOD)


def united(readings: Iterable[Reading]) -> list[Reading]:
    """Return one reading for each identity: what a store holds after writing these, in this order.

    Args:
        readings: In the order of writing; of the same identity, later values and flags win.
    """
    held: dict[Identity, Reading] = {}
    for reading in readings:
        earlier = held.get(reading.identity)
        held[reading.identity] = reading if earlier is None else _united_pair(earlier, reading)
    return list(held.values())


def _united_pair(earlier: Reading, later: Reading) -> Reading:
    # A metric that is written again as good has no flag any more.
    flags = {metric: flag for metric, flag in earlier.flags.items() if metric not in later.values}
    return replace(later, values={**earlier.values, **later.values}, flags={**flags, **later.flags})
