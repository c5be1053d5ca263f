from __future__ import annotations

from datetime import timedelta

import pytest
from support.evaluating import SHIPPED, metric, reading

from devices.quality import Quality
from ingest.quality import (
    aggregate,
    checked,
    flat_flag,
    neighbour_flag,
    range_flag,
    rate_flag,
    spike_flag,
)
from storage.readings import Flag

GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING = (
    Flag.GOOD,
    Flag.NOT_EVALUATED,
    Flag.SUSPECT,
    Flag.FAIL,
    Flag.MISSING,
)


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ([MISSING, MISSING], MISSING),
        ([NOT_EVALUATED, MISSING], NOT_EVALUATED),
        ([NOT_EVALUATED, GOOD, MISSING], GOOD),
        ([GOOD, SUSPECT, NOT_EVALUATED], SUSPECT),
        ([SUSPECT, FAIL, GOOD], FAIL),
    ],
)
def test_flags_become_one_by_qartod_s_precedence(several, one):
    assert aggregate(*several) is one
    assert aggregate(*reversed(several)) is one


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (-0.1, FAIL),
        (0, SUSPECT),
        (4.9, SUSPECT),
        (5, GOOD),
        (80, GOOD),
        (80.1, SUSPECT),
        (100, SUSPECT),
        (101, FAIL),
    ],
)
def test_bounds_belong_to_the_range_inside_them(value, flag):
    limits = metric(0, 100, suspect_min=5, suspect_max=80)
    assert range_flag(value, limits.quality, low=0, high=100) is flag


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        # QARTOD's own example: the spike alone is flagged, its neighbours are not.
        ([1, 1, 1, 5, 1, 1, 1], [2, 1, 1, 4, 1, 1, 2]),
        ([1, 1, 3.5, 1, 1], [2, 1, 3, 1, 2]),
        ([1, 1, 5, 5, 5], [2, 1, 1, 1, 2]),
        ([9, 9, 5, 9, 9], [2, 1, 4, 1, 2]),
        ([1, 2, 4, 8, 16], [2, 1, 1, 1, 2]),
        ([1, 1, 3, 1, 1], [2, 1, 1, 1, 2]),
    ],
    ids=["spike", "half a spike", "step", "dip", "steep rise", "exactly the limit"],
)
def test_what_sticks_out_to_both_sides_is_a_spike(series, expected):
    limits = Quality(spike_suspect=2, spike_fail=3)
    around = zip([None, *series], series, [*series[1:], None], strict=False)
    assert [int(spike_flag(*points, limits)) for points in around] == expected


@pytest.mark.parametrize(
    ("previous", "value", "elapsed_h", "flag"),
    [
        (100, 112, 0.1, GOOD),
        (100, 112.1, 0.1, SUSPECT),
        (100, 75, 0.5, GOOD),
        (100, 72.9, 0.5, SUSPECT),
        (100, 102, 1 / 3600 / 4, GOOD),
        (None, 100, 0.1, NOT_EVALUATED),
    ],
    ids=[
        "fastest rise",
        "faster rise",
        "fall",
        "faster fall",
        "noise after a quarter of a second",
        "first point",
    ],
)
def test_a_change_faster_than_nature_is_suspect(previous, value, elapsed_h, flag):
    limits = Quality(max_rise_per_h=100, max_fall_per_h=50, noise=2)
    assert rate_flag(previous, value, elapsed_h, limits) is flag


def test_a_rise_without_limit_is_no_fall():
    assert rate_flag(0, 1e6, 0.01, Quality(max_fall_per_h=1)) is GOOD


@pytest.mark.parametrize(
    ("unchanged_s", "flag"),
    [(None, NOT_EVALUATED), (0, GOOD), (599.9, GOOD), (600, SUSPECT), (1199, SUSPECT), (1200, FAIL)],
)
def test_a_value_that_does_not_change_is_first_suspect_then_failed(unchanged_s, flag):
    limits = Quality(flat_suspect_after=timedelta(minutes=10), flat_fail_after=timedelta(minutes=20))
    assert flat_flag(unchanged_s, limits) is flag


@pytest.mark.parametrize(
    ("value", "neighbours", "flag"),
    [
        (30, [20, 25, 28], GOOD),
        (45, [20, 25, 28], GOOD),
        (45.1, [20, 25, 28], SUSPECT),
        (30, [20, 25, 900], GOOD),
        (900, [20, 25], NOT_EVALUATED),
        (900, [], NOT_EVALUATED),
    ],
    ids=["agrees", "at the limit", "beyond", "one neighbour is mad", "two neighbours", "none"],
)
def test_a_value_far_from_at_least_three_neighbours_is_suspect(value, neighbours, flag):
    limits = Quality(neighbour_radius_km=5, neighbour_difference=20)
    assert neighbour_flag(value, neighbours, limits) is flag


def test_a_check_by_range_alone_fails_what_is_implausible_and_keeps_it():
    flood = SHIPPED["flood"]
    assert checked(reading("flood", 0, water_level_cm=2500.0), flood).flags == {}
    failed = checked(reading("flood", 0, water_level_cm=2501.0), flood)
    assert (failed.flags, failed.values) == ({"water_level_cm": FAIL}, {"water_level_cm": 2501.0})
