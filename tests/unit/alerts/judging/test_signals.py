"""Numbers from values: each signal against a count by hand, its memory through JSON."""

import json
import random
import statistics
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ruling import KINDS

from alerts.judging.signals import (
    Aggregate,
    Column,
    Deviation,
    Slots,
    Spread,
    Trend,
    columns_for,
    packed_mean,
    unpacked_mean,
)
from alerts.judging.tree_building import _signal
from alerts.rulebook.when import Slope, Take

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def slots(columns, *, minutes=60, completeness=0.75):
    return Slots.over(
        timedelta(minutes=minutes),
        interval=timedelta(minutes=5),
        completeness=completeness,
        columns=columns,
    )


def aggregate(take, *, minutes=60):
    window = slots(columns_for(take), minutes=minutes)
    return Aggregate(take=take, slots=window, longest_gap_us=15 * MINUTE_US)


def remembered(signal, values, *, every=5):
    memory = signal.begin(0, values[0])
    for number, value in enumerate(values[1:], 1):
        signal.add(memory, number * every * MINUTE_US, value)
    return memory


def read(signal, values, *, every=5):
    memory = json.loads(json.dumps(remembered(signal, values, every=every)))
    return signal.read(memory, memory[0])


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        (Take.MEAN, 6.5),
        (Take.MIN, 1),
        (Take.MAX, 12),
        (Take.SUM, 78),
        (Take.P50, 6.5),
        (Take.P95, 11.45),
        (Take.TOTAL, sum(range(2, 13)) / 12),
    ],
)
def test_whole_window_gives_what_a_count_by_hand_gives(take, expected):
    assert read(aggregate(take), range(1, 13)) == (pytest.approx(expected), 0)


@pytest.mark.parametrize(
    ("take", "bound"), [(Take.MEAN, None), (Take.P85, None), (Take.SUM, 1), (Take.MAX, 1), (Take.MIN, -1)]
)
def test_window_with_holes_gives_a_bound_or_nothing(take, bound):
    measured = read(aggregate(take), [1, 2, 3])
    assert (measured and measured.bound) == bound


def test_slot_with_many_values_weighs_no_more_than_one_with_few():
    signal = aggregate(Take.MEAN, minutes=10)
    memory = signal.begin(0, 100.0)
    for second in range(300, 600, 5):
        signal.add(memory, second * 1_000_000, 0.0)
    assert signal.read(memory, memory[0]).value == 50.0


def test_rate_is_not_taken_to_have_held_through_a_silence():
    signal = aggregate(Take.TOTAL)
    memory = signal.begin(0, 60.0)
    signal.add(memory, 50 * MINUTE_US, 60.0)
    assert signal.read(memory, memory[0]).value == 15.0


def test_first_reading_of_a_cloudburst_is_not_an_hour_of_it():
    signal = aggregate(Take.TOTAL, minutes=24 * 60)
    assert read(signal, [60, 60]).value == 5.0


def test_spread_of_a_window():
    signal = Spread(slots=slots((Column.LEAST, Column.GREATEST)))
    assert read(signal, [5, 1, 9] * 4) == (8, 0)
    assert read(signal, [5, 1, 9]).bound == 1


TREND = Trend(
    slots=slots((Column.COUNT, Column.SUM, Column.TIMES), completeness=0.5),
    sign=1,
    least_span_us=30 * MINUTE_US,
)


@given(st.floats(-200, 200), st.floats(-500, 500), st.integers(1, 9))
def test_trend_of_a_line_is_its_slope_however_often_it_is_measured(slope, level, every):
    values = [level + slope * step * every / 60 for step in range(60 // every + 1)]
    measured = read(TREND, values, every=every)
    assert measured is None or measured.value == pytest.approx(slope, abs=1e-6)


def test_trend_needs_half_of_its_window():
    assert read(TREND, [1, 2, 3, 4, 5]) is None
    assert read(TREND, [1, 2, 3, 4, 5, 6, 7]).value == pytest.approx(12)


@st.composite
def clocks(draw):
    """Return moments in seconds of a sensor that speaks every five minutes or more often, with jitter."""
    every = draw(st.sampled_from([5, 10, 30, 60, 70, 120, 150, 200, 290, 300]))
    begin, rng = draw(st.integers(0, 700)), random.Random(draw(st.integers(0, 10**6)))
    return [begin + number * every + rng.uniform(-0.03, 0.03) * every for number in range(3600 // every)]


@given(clocks(), st.integers(10, 40))
def test_trend_of_a_sensor_that_misses_nothing_is_always_known_once_its_window_is_full(moments, minutes):
    trend = _signal(Slope(by_per_h=1.0, over=timedelta(minutes=minutes)), KINDS["flood"], sign=1)
    memory = None
    for moment in moments:
        at_us, level = round(moment * 1_000_000), 100 + moment / 60
        if memory is None:
            memory = trend.begin(at_us, level)
        else:
            trend.add(memory, at_us, level)
        if moment - moments[0] > minutes * 60:
            assert trend.read(memory, at_us).value == pytest.approx(60, abs=0.01)


@pytest.mark.parametrize("every_s", [5, 30, 60, 300])
def test_short_rise_is_told_within_its_window_and_over_soon_after_the_crest(every_s):
    """The water rises by 2 cm a minute for half an hour; the limit is 1 cm a minute."""
    trend = _signal(Slope(by_per_h=60.0, over=timedelta(minutes=10)), KINDS["flood"], sign=1)
    memory, held = trend.begin(0, 0.0), []
    for moment in range(every_s, 5400, every_s):
        trend.add(memory, moment * 1_000_000, 2 * min(max(moment / 60 - 30, 0), 30))
        measured = trend.read(memory, moment * 1_000_000)
        if measured is not None and measured.value >= 60:
            held.append(moment)
    assert 30 * 60 < held[0] <= 37 * 60
    assert 60 * 60 <= held[-1] <= 67 * 60
    assert held == list(range(held[0], held[-1] + 1, every_s))


def test_memory_never_grows_beyond_its_window():
    signal = aggregate(Take.MEAN, minutes=24 * 60)
    rng = random.Random(3)
    _, *columns = remembered(signal, [rng.random() for _ in range(5000)], every=1)
    assert [len(column) for column in columns] == [24, 24, 24]  # slots, counts, sums


def test_deviation_is_from_the_median_of_the_same_hour_within_the_weeks():
    signal = Deviation(weeks=3, percent=False)
    memory = signal.begin(0, 1.0)
    for week, value in enumerate([10, 20, 90, 30, 40]):
        for step in range(12):
            signal.add(memory, (week * 168 * 60 + step * 5 + 1) * MINUTE_US, float(value))
    signal.add(memory, 5 * 168 * HOUR_US, 45.0)
    assert signal.read(memory, 5 * 168 * HOUR_US).value == 45 - statistics.median([90, 30, 40])
    assert signal.read(memory, 7 * 168 * HOUR_US) is None  # only one week within three is known


def by_hand(values, at_us, weeks):
    """Return the difference from what is usual, from all values ever, by the definition."""
    hours = {}
    for time_us, value in values:
        hours.setdefault(time_us // HOUR_US, []).append(value)
    this_hour = at_us // HOUR_US
    past = [hours.get(this_hour - 168 * week) for week in range(1, weeks + 1)]
    means = [round(sum(of_hour) / len(of_hour), 3) for of_hour in past if of_hour]
    return None if len(means) < 2 else values[-1][1] - statistics.median(means)


@given(
    st.integers(2, 4),
    st.lists(
        st.tuples(
            st.sampled_from([1, 17, 60, 61, 167 * 60, 168 * 60, 168 * 60 + 30, 336 * 60, 2000 * 60]),
            st.floats(-5000, 5000),
        ),
        min_size=1,
        max_size=40,
    ),
)
def test_deviation_with_any_gaps_is_what_a_count_over_all_values_gives(weeks, steps):
    signal, at_us, values, memory = Deviation(weeks=weeks, percent=False), 0, [], None
    for minutes, value in steps:
        at_us += minutes * MINUTE_US
        values.append((at_us, value))
        if memory is None:
            memory = signal.begin(at_us, value)
        else:
            signal.add(memory, at_us, value)
        measured = signal.read(json.loads(json.dumps(memory)), at_us)
        assert (measured and measured.value) == by_hand(values, at_us, weeks)


@given(st.floats(-2_147_483, 2_147_483))
def test_a_packed_mean_is_the_mean_to_three_decimals(mean):
    packed = packed_mean(mean)
    assert len(packed) == 6
    assert unpacked_mean(packed) == round(mean, 3)


def test_a_mean_beyond_what_six_letters_hold_is_not_known_rather_than_wrong():
    assert unpacked_mean(packed_mean(2_200_000.0)) is None
    assert unpacked_mean(packed_mean(-1e300)) is None
