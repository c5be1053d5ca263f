"""How the running city keeps its appointments, with a clock that only the test moves."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.city import CityClock, run, turns
from simulators.fleet import Fault, load_fleet
from simulators.payload import encode
from simulators.storms import Scenario

FLEET = load_fleet(Path(__file__).parents[3] / "config" / "fleets" / "madiun.yaml")
BEGIN = datetime(2026, 3, 3, 5, 0, 1, tzinfo=UTC)


class FakeTime(threading.Event):
    """A clock and a stop signal in one: waiting moves the clock, and the stop comes at a set time."""

    def __init__(self, lasts):
        super().__init__()
        self.now = BEGIN
        self.until = BEGIN + lasts

    def wait(self, timeout=None):
        self.now += timedelta(seconds=timeout or 0)
        return self.now >= self.until

    def clock(self):
        return self.now


class Sent:
    """Keeps what was published, decoded; can stand still for a while at a message, like a lost broker."""

    def __init__(self, time=None, stall_at=None, stall=timedelta(0)):
        self.messages = []
        self.time, self.stall_at, self.stall = time, stall_at, stall

    def publish(self, topic, payload):
        if len(self.messages) == self.stall_at:
            self.time.now += self.stall
        message = json.loads(payload)
        device = topic.removeprefix("pantau/v1/").removesuffix("/telemetry")
        self.messages.append((device, datetime.fromisoformat(message["ts"]), message["values"]))

    def times_of(self, device):
        return [at for name, at, _ in self.messages if name == device]


def play(lasts, *, sent=None, **options):
    time = FakeTime(lasts)
    sent = sent or Sent()
    sent.time = time
    run(FLEET, sent, stop=time, clock=time.clock, **options)
    return sent


def test_every_living_sensor_speaks_once_per_interval():
    sent = play(timedelta(seconds=20.5), backfill=timedelta(0))
    living = [site for site in FLEET.sites if site.fault is Fault.NONE]
    assert {len(sent.times_of(site.id)) for site in living} <= {4, 5}
    times = sent.times_of(living[0].id)
    assert {b - a for a, b in pairwise(times)} == {timedelta(seconds=5)}


def test_sensors_do_not_all_speak_at_once():
    sent = play(timedelta(seconds=6), backfill=timedelta(0))
    assert len({at for _, at, _ in sent.messages}) > 40


def test_the_past_comes_first_oldest_first_and_fills_a_day():
    sent = play(timedelta(seconds=10))
    times = sent.times_of("mdn-flood-josenan")
    assert times == sorted(times)
    assert times[0] == BEGIN - timedelta(hours=24)
    past = [at for at in times if at < BEGIN]
    assert len(past) == 144
    assert past[-1] == BEGIN - timedelta(minutes=10)


def test_a_silent_sensor_has_a_past_but_no_present():
    dead = next(site for site in FLEET.sites if site.fault is Fault.SILENT)
    times = play(timedelta(seconds=30)).times_of(dead.id)
    assert times[-1] < BEGIN - timedelta(hours=3)
    assert len(times) > 100


def test_stopping_during_the_past_ends_at_once():
    sent, stop = Sent(), threading.Event()
    stop.set()
    run(FLEET, sent, stop=stop, clock=lambda: BEGIN)
    assert sent.messages == []


def test_two_runs_with_one_seed_say_the_same():
    first, second = play(timedelta(seconds=12)), play(timedelta(seconds=12))
    assert first.messages == second.messages


def test_a_faster_city_tells_real_times_but_reaches_the_flood_sooner():
    sent = play(timedelta(seconds=30), speed=4, backfill=timedelta(0))
    levels = [v["water_level_cm"] for d, _, v in sent.messages if d == "mdn-flood-josenan-hulu"]
    assert max(levels) > 560
    assert all(BEGIN <= at <= BEGIN + timedelta(seconds=30) for _, at, _ in sent.messages)


def test_a_calm_city_has_no_flood():
    sent = play(timedelta(seconds=120), scenario=Scenario.CALM, backfill=timedelta(0))
    assert max(v["water_level_cm"] for d, _, v in sent.messages if d == "mdn-flood-josenan-hulu") < 380


def test_a_city_that_was_held_up_skips_what_it_missed_and_never_tells_a_stale_time_as_now():
    sent = Sent(stall_at=60, stall=timedelta(minutes=3))
    play(timedelta(minutes=4), sent=sent, backfill=timedelta(0))
    times = sent.times_of("mdn-traffic-pahlawan")
    assert times == sorted(set(times))
    assert len(times) < 20


@pytest.mark.parametrize("options", [{"interval_s": 0}, {"interval_s": -1}, {"speed": 0}])
def test_a_speed_or_interval_of_nothing_is_refused(options):
    with pytest.raises(ValueError, match="must be greater than 0"):
        play(timedelta(seconds=1), backfill=timedelta(0), **options)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.floats(0.5, 600),
    st.integers(0, 99),
)
def test_turns_come_in_order_of_time_and_after_the_beginning(begun_at, interval_s, seed):
    interval = timedelta(seconds=interval_s)
    times = [at for at, _ in islice(turns(FLEET, begun_at, interval, seed=seed), 150)]
    assert times == sorted(times)
    assert begun_at < times[0] < begun_at + interval


def test_an_empty_fleet_has_no_turns():
    assert list(turns(replace(FLEET, sites=()), BEGIN, timedelta(seconds=5), seed=0)) == []


def test_the_payload_tells_the_zone():
    payload = json.loads(encode(BEGIN, {"rain_rate_mm_h": 0.0}))
    assert payload == {"ts": "2026-03-03T05:00:01+00:00", "values": {"rain_rate_mm_h": 0.0}}


def test_the_clock_of_a_fast_city_meets_the_real_one_at_the_beginning():
    clock = CityClock(begun_at=BEGIN, speed=60)
    assert clock.inner(BEGIN) == BEGIN
    assert clock.inner(BEGIN + timedelta(seconds=1)) == BEGIN + timedelta(minutes=1)
