from __future__ import annotations

from datetime import datetime

import pytest
from support.stores import at, reading

from storage.readings import Flag, united


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_no_number_makes_no_reading(value):
    with pytest.raises(ValueError, match="finite"):
        reading(value)


@pytest.mark.parametrize("time", ["observed_at", "received_at"])
def test_a_time_without_a_zone_makes_no_reading(time):
    with pytest.raises(ValueError, match="time zone"):
        reading(**{time: datetime(2026, 1, 1)})  # noqa: DTZ001 - that is the fault


def test_a_reading_without_values_is_none():
    with pytest.raises(ValueError, match="at least one value"):
        reading(values={})


def test_a_metric_that_nobody_flagged_is_good():
    flagged = reading(values={"a": 1.0, "b": 2.0}, flags={"b": Flag.FAIL})
    assert (flagged.flag("a"), flagged.flag("b")) == (Flag.GOOD, Flag.FAIL)


def test_uniting_keeps_the_order_in_which_identities_first_came():
    first, second = reading(observed_at=at(5)), reading(observed_at=at(1))
    assert united([first, second, first]) == [first, second]


def test_a_later_good_value_takes_away_the_earlier_flag_of_its_metric_only():
    earlier = reading(values={"a": 1.0, "b": 2.0}, flags={"a": Flag.FAIL, "b": Flag.SUSPECT})
    (held,) = united([earlier, reading(values={"a": 3.0})])
    assert held.values == {"a": 3.0, "b": 2.0}
    assert held.flags == {"b": Flag.SUSPECT}


def test_uniting_changes_none_of_what_it_was_given():
    earlier, later = reading(values={"a": 1.0}), reading(values={"b": 2.0})
    united([earlier, later])
    assert (earlier.values, later.values) == ({"a": 1.0}, {"b": 2.0})
