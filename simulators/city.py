"""The running city: speaks for every sensor of a fleet, each at its own moment, until it is told to stop."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from devices.topics import telemetry_topic
from simulators.fleet import Fleet, FleetSite
from simulators.noise import steady
from simulators.payload import Sends, encode
from simulators.signals import City, is_speaking
from simulators.storms import Scenario

BACKFILL_STEP = timedelta(minutes=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityClock:
    """The city's clock: it stands at `begun_at` when the real one does, and runs `speed` times as fast."""

    begun_at: datetime
    speed: float = 1.0

    def __post_init__(self) -> None:
        if self.speed <= 0:
            raise ValueError("speed must be greater than 0")

    def inner(self, real: datetime) -> datetime:
        """Return the city's time at a real instant."""
        return self.begun_at + (real - self.begun_at) * self.speed


def run(
    fleet: Fleet,
    publisher: Sends,
    *,
    stop: threading.Event,
    clock: Callable[[], datetime],
    scenario: Scenario = Scenario.STORM,
    speed: float = 1.0,
    interval_s: float = 5.0,
    backfill: timedelta = timedelta(hours=24),
    seed: int = 0,
) -> None:
    """Publish the city until `stop` is set: first its past, then every sensor each `interval_s` seconds.

    The times that the sensors tell are real; `speed` only makes their day, their storms and their river run
    faster. Every device sends its past oldest first and before anything of the present.

    Args:
        fleet: The sensors.
        publisher: Where the messages go; it may block, which slows the city down but loses nothing.
        stop: Ends the run within a moment.
        clock: Tells the real time; aware.
        scenario: What the city goes through, counted from the first moment of this run.
        speed: How many times faster than real time the city lives, > 0.
        interval_s: Seconds between two readings of one sensor, > 0.
        backfill: How much past is sent at the start, in steps of ten minutes; nothing when zero.
        seed: Another seed is another day in the same city.

    Raises:
        BrokerUnavailable: The publisher gave the broker up.
    """
    begun_at = clock()
    city_clock = CityClock(begun_at=begun_at, speed=speed)
    city = City(fleet=fleet, scenario=scenario, begun_at=begun_at, seed=seed)
    for at, site in past_turns(fleet, begun_at, backfill):
        if stop.is_set():
            return
        _speak(publisher, city, site, at=at, inner=city_clock.inner(at))
    for at, site in turns(fleet, begun_at, timedelta(seconds=interval_s), seed=seed):
        wait_s = (at - clock()).total_seconds()
        if stop.wait(max(wait_s, 0.0)):
            return
        if wait_s > -interval_s:  # a machine that slept does not make up for what it missed
            _speak(publisher, city, site, at=at, inner=city_clock.inner(at))


def past_turns(fleet: Fleet, until: datetime, backfill: timedelta) -> Iterator[tuple[datetime, FleetSite]]:
    """Yield when each sensor would have spoken before `until`, oldest first, every ten minutes."""
    steps = backfill // BACKFILL_STEP
    for step in range(steps, 0, -1):
        for site in fleet.sites:
            yield until - step * BACKFILL_STEP, site


def turns(
    fleet: Fleet, begun_at: datetime, interval: timedelta, *, seed: int
) -> Iterator[tuple[datetime, FleetSite]]:
    """Yield for ever when each sensor speaks, in order of time: each at its own phase of the interval.

    The moments are multiples of the interval since the epoch plus the phase, so that two runs of one seed
    measure at the same moments.

    Raises:
        ValueError: The interval is not longer than nothing.
    """
    if interval <= timedelta(0):
        raise ValueError("interval_s must be greater than 0")
    queue = []
    for number, site in enumerate(fleet.sites):
        phase = steady(seed, f"{site.id} phase") * interval
        gone = (begun_at - _EPOCH - phase) // interval
        queue.append((_EPOCH + phase + (gone + 1) * interval, number))
    heapq.heapify(queue)
    while queue:
        at, number = queue[0]
        heapq.heapreplace(queue, (at + interval, number))
        yield at, fleet.sites[number]


def _speak(publisher: Sends, city: City, site: FleetSite, *, at: datetime, inner: datetime) -> None:
    if is_speaking(site, at, city.begun_at):
        publisher.publish(telemetry_topic(site.id), encode(at, city.values(site, inner)))
