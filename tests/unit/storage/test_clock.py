from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from storage.clock import from_us, to_us


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_as_microseconds(instant):
    assert from_us(to_us(instant)) == instant


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_zone_of_an_instant_does_not_matter(instant):
    assert to_us(instant.astimezone(timezone(timedelta(hours=7)))) == to_us(instant)


def test_before_1970_a_part_of_a_microsecond_is_not_lost_upwards():
    assert to_us(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
