from __future__ import annotations

import random

import pytest

from ingest.slots import Slots, SlotWindow
from storage.readings import Flag

HOUR = 3600 * 10**6
DAY = SlotWindow(slot_us=HOUR, count=24, completeness=0.75)


def filled(hours, value=10.0, *, is_good=True) -> Slots:
    slots = Slots(HOUR)
    for hour in hours:
        slots.add(hour * HOUR, value, is_good=is_good)
    return slots


@pytest.mark.parametrize(("hours", "is_there"), [(17, False), (18, True), (24, True)])
def test_a_day_is_complete_with_18_of_24_hours(hours, is_there):
    mean = filled(range(24 - hours, 24)).mean(24 * HOUR - 1, DAY)
    assert (mean is not None) is is_there


def test_an_hour_with_many_values_weighs_no_more_than_one_with_few():
    slots = filled(range(23), 10.0)
    for second in range(720):
        slots.add(23 * HOUR + second * 5 * 10**6, 34.0, is_good=True)
    assert slots.mean(24 * HOUR - 1, DAY).value == pytest.approx(11.0)


def test_the_25th_hour_back_no_longer_counts():
    slots = filled([0], 1000.0)
    for hour in range(1, 25):
        slots.add(hour * HOUR, 10.0, is_good=True)
    assert slots.mean(24 * HOUR, DAY).value == 10.0


def test_failed_values_are_left_out():
    slots = filled(range(24))
    slots.add(5 * HOUR, 900.0, is_good=False)
    assert slots.mean(23 * HOUR, DAY) == filled(range(24)).mean(23 * HOUR, DAY)


def test_a_mean_whose_values_turn_out_to_have_failed_stays_and_is_flagged():
    slots = filled(range(24))
    for hour in range(10):
        slots.add(hour * HOUR, 10.0, is_good=True, sign=-1)
        slots.add(hour * HOUR, 10.0, is_good=False)
    mean = slots.mean(23 * HOUR, DAY)
    assert (mean.value, mean.flag) == (10.0, Flag.FAIL)


def test_a_mean_of_nothing_but_failed_values_is_theirs_and_flagged():
    mean = filled(range(24), 77.0, is_good=False).mean(23 * HOUR, DAY)
    assert (mean.value, mean.flag) == (77.0, Flag.FAIL)


def test_taking_a_value_out_leaves_no_trace():
    # With floats 0.1 + 0.2 - 0.2 is not 0.1, and what is left would depend on the order of late readings.
    slots, rng = filled(range(24), 0.1), random.Random(3)
    before = slots.mean(23 * HOUR, DAY)
    values = [rng.uniform(0, 1e6) for _ in range(1000)]
    for value in values:
        slots.add(23 * HOUR, value, is_good=True)
    rng.shuffle(values)
    for value in values:
        slots.add(23 * HOUR, value, is_good=True, sign=-1)
    assert slots.mean(23 * HOUR, DAY) == before


def test_a_late_value_in_an_earlier_hour_is_seen_by_the_next_mean():
    slots = filled(range(24))
    assert slots.mean(23 * HOUR, DAY).value == 10.0
    slots.add(3 * HOUR, 58.0, is_good=True)
    assert slots.mean(23 * HOUR, DAY).value == 11.0


def test_old_slots_are_forgotten():
    slots = filled(range(48))
    slots.forget_before(30 * HOUR)
    assert slots.mean(47 * HOUR, DAY).value == 10.0
    assert slots.mean(40 * HOUR, DAY) is None
