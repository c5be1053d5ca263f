import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarming import HIGH_WATER, at, engine, observe_all

from alerts.desk.chatter import Chatter, ChatterLimits, chatter_now, chatters, proposed_deadband
from alerts.journal.alarms import EventType


def seconds(*numbers: float):
    return [at(number / 60) for number in numbers]


def test_three_alarms_in_a_minute_are_chatter_and_two_are_none():
    assert chatters(seconds(0, 60)) == []
    assert chatters(seconds(0, 30, 60.001)) == []
    assert chatters(seconds(0, 30, 60)) == [Chatter(count=3, start=at(0), end=at(1))]


def test_the_count_goes_on_until_it_is_quiet():
    times = seconds(*range(0, 60, 10), 600, 1200, 1801)
    assert chatters(times) == [Chatter(count=8, start=at(0), end=at(20))]


def test_two_storms_of_chatter_are_told_apart():
    assert [chatter.count for chatter in chatters(seconds(0, 1, 2, 3, 5000, 5001, 5002))] == [4, 3]


def test_chatter_is_over_when_it_was_quiet_long_enough():
    times = seconds(0, 1, 2)
    assert chatter_now(times, at(10)) is not None
    assert chatter_now(times, at(11)) is None
    assert chatter_now([], at(11)) is None


def test_a_city_with_slow_sensors_sets_its_own_limits():
    times = [at(0), at(10), at(20)]
    slow = ChatterLimits(activations=3, within=timedelta(minutes=20), quiet=timedelta(hours=1))
    assert chatters(times) == []
    assert chatter_now(times, at(30), slow) == Chatter(count=3, start=at(0), end=at(20))


@pytest.mark.parametrize(
    "wrong",
    [{"activations": 1}, {"within": timedelta(0)}, {"quiet": timedelta(seconds=1)}],
    ids=["one-is-no-chatter", "no-time", "quiet-too-short"],
)
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="chatter needs"):
        ChatterLimits(**wrong)


@given(st.lists(st.integers(0, 4000), max_size=60), st.randoms())
def test_no_order_of_the_alarms_changes_what_is_counted(numbers, dice):
    shuffled = list(numbers)
    dice.shuffle(shuffled)
    assert chatters(seconds(*shuffled)) == chatters(seconds(*numbers))
    assert sum(chatter.count for chatter in chatters(seconds(*numbers))) <= len(numbers)


def noisy_levels(count: int = 400, around: float = 100.0, spread: float = 2.0) -> list[float]:
    dice = random.Random(7)
    return [dice.gauss(around, spread) for _ in range(count)]


def activations(values, deadband: float) -> int:
    watcher = engine(replace(HIGH_WATER, deadband=deadband))
    events = observe_all(watcher, *((number / 60, value) for number, value in enumerate(values)))
    return sum(event.type is EventType.RAISED for event in events)


def test_the_proposed_deadband_makes_a_hundred_crossings_one_alarm():
    values = noisy_levels()
    assert activations(values, 0.0) >= 90
    deadband = proposed_deadband(values)
    assert activations(values, deadband) == 1


def test_with_the_proposed_deadband_a_real_rise_still_alarms_at_once_and_ends():
    deadband = proposed_deadband(noisy_levels())
    assert 6 < deadband < 11
    watcher = engine(replace(HIGH_WATER, deadband=deadband))
    events = observe_all(watcher, (0, 80), (1, 100), (2, 120), (3, 80))
    assert [(event.type, event.observed_at) for event in events] == [
        (EventType.RAISED, at(1)),
        (EventType.CLEARED, at(3)),
    ]


def test_a_rising_river_is_no_noise_and_a_spike_hardly_any():
    still = noisy_levels()
    rising = [value + number for number, value in enumerate(still)]
    spiked = [*still[:200], 900.0, *still[200:]]
    assert proposed_deadband(rising) == pytest.approx(proposed_deadband(still), rel=0.05)
    assert proposed_deadband(spiked) == pytest.approx(proposed_deadband(still), rel=0.05)


def test_a_coarse_sensor_that_stands_still_most_of_the_time_gets_a_deadband_too():
    values = [100.0, 100.0, 100.0, 99.0, 100.0, 100.0, 100.0, 100.0, 99.0, 100.0, 100.0]
    deadband = proposed_deadband(values)
    assert deadband > 1
    assert activations(values, deadband) == 1


def test_values_too_few_or_too_still_propose_nothing():
    assert proposed_deadband([1.0, 2.0]) is None
    assert proposed_deadband([5.0] * 100) is None


@given(st.lists(st.floats(-1000, 1000), min_size=10, max_size=50), st.floats(0.1, 1000))
def test_the_proposal_goes_with_the_unit(values, factor):
    before = proposed_deadband(values)
    after = proposed_deadband([value * factor for value in values])
    assert (before or 0) * factor == pytest.approx(after or 0, rel=0.15, abs=1e-6)
