from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.gaps import Gap, gaps

T0 = datetime(2026, 3, 1, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def at(minute: float) -> datetime:
    return T0 + timedelta(minutes=minute)


def test_missed_readings_are_counted():
    series = [at(0), at(5), at(20), at(25)]
    assert list(gaps(series, FIVE)) == [Gap(start=at(5), end=at(20), missing=2)]


def test_a_reading_that_comes_late_is_not_missing():
    assert list(gaps([at(0), at(7), at(10)], FIVE)) == []


def test_nothing_and_a_single_reading_have_no_gaps():
    assert list(gaps([], FIVE)) == []
    assert list(gaps([at(0), at(0)], FIVE)) == []


@given(st.lists(st.integers(min_value=0, max_value=500), max_size=30), st.randoms(use_true_random=False))
def test_gaps_do_not_depend_on_order_or_repetition(minutes, rng):
    series = [at(minute) for minute in minutes]
    mixed = series * 2
    rng.shuffle(mixed)
    assert list(gaps(mixed, FIVE)) == list(gaps(series, FIVE))
