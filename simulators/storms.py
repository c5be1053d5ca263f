"""Storms: when they come, how hard it rains under them, and the flood wave that they send down the river."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from simulators.noise import steady

WIB = ZoneInfo("Asia/Jakarta")
_ATTENUATION = 0.62


class Scenario(StrEnum):
    """What the simulated city goes through besides its ordinary days.

    `CALM` has ordinary days only: rush hours, and on about half of the days a shower in the afternoon that
    stays below every siaga level. `STORM` adds a front that comes a few seconds after the start and again
    every 20 minutes of the city's clock: heavy rain, a flood wave that passes the red level at the upstream
    posts and no level at the last one, low roads under water, then recovery. At real time the first siaga
    alarm is due between the first and the second minute. In both, sensors that the fleet calls silent are
    dead from the start, so that a state that is not known can be seen too.
    """

    CALM = "calm"
    STORM = "storm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """One storm front that crosses the city downstream, from south to north.

    Attributes:
        arrives_at: When it begins to rain at the upstream end; aware.
        peak_mm_h: Hardest rain under it.
        rains_for: How long it rains at one place.
        crosses_in: Time of the front from the upstream end to the downstream end.
        crest: Height of the flood wave at the upstream end, as a share of the way from a post's normal level
            to its highest alarm level.
        rises_in: Time from the first rain to the crest at the upstream end.
        falls_in: Time scale of the falling water after the crest.
        travels_in: Time of the crest from the upstream end to the downstream end.
    """

    arrives_at: datetime
    peak_mm_h: float
    rains_for: timedelta
    crosses_in: timedelta
    crest: float
    rises_in: timedelta
    falls_in: timedelta
    travels_in: timedelta

    def rain_mm_h(self, position: float, at: datetime) -> float:
        """Return the rain under this storm.

        Args:
            position: Place along the river, 0 for the upstream end to 1 for the downstream end.
            at: The instant; aware.
        """
        share = (at - self.arrives_at - position * self.crosses_in) / self.rains_for
        return self.peak_mm_h * math.sin(math.pi * share) ** 2 if 0 < share < 1 else 0.0

    def river_share(self, position: float, at: datetime) -> float:
        """Return how far the storm's wave lifts the river, a share like `crest`; it flattens downstream."""
        since = at - self.arrives_at - position * self.travels_in
        if since <= timedelta(0):
            return 0.0
        late = since - self.rises_in
        reached = 1 + late / self.falls_in if late > timedelta(0) else since / self.rises_in
        return self.crest * (1 - _ATTENUATION * position) * math.pow(reached * math.exp(1 - reached), 1.5)


def storms_at(at: datetime, *, scenario: Scenario, begun_at: datetime, seed: int) -> list[Storm]:
    """Return every storm whose rain or flood wave may still matter at an instant.

    Args:
        at: The instant of the city's clock; aware.
        scenario: What the city goes through.
        begun_at: When the scenario began, by the city's clock; its fronts are counted from there.
        seed: Of the whole city.
    """
    storms = list(_showers(at, seed))
    if scenario is Scenario.STORM:
        storms += _fronts(at, begun_at)
    return storms


def _fronts(at: datetime, begun_at: datetime) -> Iterator[Storm]:
    """Yield the demo's fronts: a flood of a day pressed into 20 minutes, because nobody watches for a day."""
    every = timedelta(minutes=20)
    latest = (at - begun_at) // every
    for number in range(max(0, latest - 2), latest + 1):
        yield Storm(
            arrives_at=begun_at + timedelta(seconds=8) + number * every,
            peak_mm_h=75.0,
            rains_for=timedelta(minutes=5),
            crosses_in=timedelta(seconds=60),
            crest=1.18,
            rises_in=timedelta(seconds=90),
            falls_in=timedelta(seconds=170),
            travels_in=timedelta(seconds=200),
        )


def _showers(at: datetime, seed: int) -> Iterator[Storm]:
    """Yield ordinary showers, in the afternoon of about half of the days; none brings a river to siaga."""
    today = at.astimezone(WIB).date()
    for days_ago in (0, 1):
        day = today - timedelta(days=days_ago)
        if steady(seed, f"shower {day}") < 0.5:
            continue
        strength = steady(seed, f"shower strength {day}")
        late = timedelta(hours=3 * steady(seed, f"shower hour {day}"))
        yield Storm(
            arrives_at=(datetime.combine(day, time(13, 30), WIB) + late).astimezone(UTC),
            peak_mm_h=4 + 14 * strength,
            rains_for=timedelta(minutes=50 + 70 * strength),
            crosses_in=timedelta(minutes=20),
            crest=0.08 + 0.12 * strength,
            rises_in=timedelta(hours=1.5),
            falls_in=timedelta(hours=2.5),
            travels_in=timedelta(hours=1),
        )
