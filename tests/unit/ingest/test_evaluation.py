from __future__ import annotations

import dataclasses
import math
import sys
from datetime import timedelta

import pytest
from support.evaluating import SHIPPED, T0, column, evaluator, flags, history, reading, site

from storage.readings import Flag


def levels(*values: float, every: float = 5) -> list:
    return [reading("flood", every * n, water_level_cm=float(v)) for n, v in enumerate(values)]


def probes(*values: float) -> list:
    return [reading("probe", n, pm=float(v)) for n, v in enumerate(values)]


def test_the_newest_point_is_good_until_its_successor_shows_it_was_a_spike():
    judge = evaluator()
    for earlier in probes(10, 11):
        judge.evaluate(earlier)
    third = judge.evaluate(reading("probe", 2, pm=45.0))
    assert third.reading.flags == {}
    fourth = judge.evaluate(reading("probe", 3, pm=12.0))
    assert fourth.reading.flags == {}
    [corrected] = fourth.corrections
    assert corrected.identity == third.reading.identity
    assert corrected.flag("pm") is Flag.SUSPECT


def test_the_neighbours_of_an_implausible_value_are_not_blamed_for_it():
    assert flags(history(levels(100, 101, 9999, 102, 101)), "water_level_cm") == [1, 1, 4, 1, 1]


def test_after_a_gap_nothing_is_compared_however_big_the_jump():
    river = [*levels(100, 101), reading("flood", 60, water_level_cm=900.0)]
    assert flags(history(river), "water_level_cm") == [1, 1, 1]


def test_a_stuck_value_is_flagged_by_observed_time_and_a_gap_does_not_count():
    day = [reading("air", 5 * n, pm2_5_ug_m3=20.0) for n in range(60)]
    day += [reading("air", 5 * n, pm2_5_ug_m3=20.0) for n in range(72, 150)]
    kept = history(day)
    assert flags(kept, "pm2_5_ug_m3") == [1] * 60 + [1] * 72 + [3] * 6


def test_a_stuck_value_is_seen_at_any_rate_of_speaking():
    slow = [reading("air", 15 * n, pm2_5_ug_m3=20.0) for n in range(26)]
    assert flags(history(slow), "pm2_5_ug_m3") == [1] * 24 + [3] * 2


def test_a_late_reading_that_moves_unsticks_those_after_it():
    judge = evaluator()
    for n in range(75):
        if n != 40:
            last = judge.evaluate(reading("air", 5 * n, pm2_5_ug_m3=20.0)).reading
    assert last.flag("pm2_5_ug_m3") is Flag.SUSPECT
    late = judge.evaluate(reading("air", 200, pm2_5_ug_m3=22.0))
    assert {c.observed_at for c in late.corrections if not c.flags} >= {last.observed_at}


def test_a_growing_distance_is_falling_water():
    kept = history([reading("flood", 0, distance_cm=300.0), reading("flood", 5, distance_cm=310.0)])
    assert column(kept, "water_level_cm") == [120.0, 110.0]
    assert column(kept, "distance_cm") == [300.0, 310.0]


def test_a_level_from_a_failed_distance_has_failed_too():
    [kept] = history([reading("flood", 0, distance_cm=3500.0)])
    assert kept.flags == {"distance_cm": Flag.FAIL, "water_level_cm": Flag.FAIL}


def test_without_a_reference_height_there_is_no_level():
    bare = dataclasses.replace(site(), parameters={})
    [kept] = history([reading("flood", 0, distance_cm=300.0)], evaluator(sites=[bare]))
    assert dict(kept.values) == {"distance_cm": 300.0}


def test_a_level_that_the_device_sends_itself_stands():
    [kept] = history([reading("flood", 0, distance_cm=300.0, water_level_cm=55.0)])
    assert kept.values["water_level_cm"] == 55.0


def test_a_site_sets_its_own_limits():
    strict = site(0, **{"water_level_cm.max_rise_per_h": 20.0, "water_level_cm.noise": 0.0})
    assert flags(history(levels(100, 103)), "water_level_cm") == [1, 1]
    assert flags(history(levels(100, 103), evaluator(sites=[strict])), "water_level_cm") == [1, 3]


def test_contradictory_limits_of_a_site_leave_the_kind_s_in_force():
    mad = site(0, **{"water_level_cm.spike_suspect": 900.0})
    assert flags(history(levels(100, 400, 100), evaluator(sites=[mad])), "water_level_cm")[1] == 4


def test_rain_is_what_the_counter_grew_by():
    kept = history([reading("rain", 5 * n, rain_total_mm=t) for n, t in enumerate([10.0, 10.5, 10.5, 0.5])])
    assert column(kept, "rain_mm") == [None, 0.5, 0.0, 0.5]
    assert column(kept, "rain_rate_mm_h") == [None, 6.0, 0.0, 6.0]
    assert flags(kept, "rain_mm") == [1, 1, 1, 3], "a reset hides what fell before it"


def test_rain_over_a_gap_is_kept_and_suspect_until_the_gap_is_filled():
    judge = evaluator()
    judge.evaluate(reading("rain", 0, rain_total_mm=10.0))
    after = judge.evaluate(reading("rain", 60, rain_total_mm=22.0)).reading
    assert (after.values["rain_mm"], after.flag("rain_mm")) == (12.0, Flag.SUSPECT)
    [filled] = judge.evaluate(reading("rain", 55, rain_total_mm=20.0)).corrections
    assert (filled.values["rain_mm"], filled.flag("rain_mm")) == (2.0, Flag.GOOD)


def test_a_counter_s_single_mad_value_makes_no_rain():
    kept = history([reading("rain", 5 * n, rain_total_mm=t) for n, t in enumerate([10.0, 1e6, 10.2])])
    assert column(kept, "rain_mm")[2] == pytest.approx(0.2)


def test_an_increment_over_failed_counts_alone_stays_and_is_flagged():
    # The first count fails as a spike only when the third comes, after the second's increment was written.
    kept = history(
        [reading("probe", n, total=t) for n, t in enumerate([5.0, 5.0, 800.0, 5.0])]
        + [reading("probe", 30, total=6.0)]
    )
    assert column(kept, "fallen")[3] == 0.0
    assert flags(kept, "fallen")[2] == 4


def test_ispu_needs_18_hours_and_takes_the_worst_pollutant():
    day = [reading("air", 60 * n, pm2_5_ug_m3=38.0 + n % 2, pm10_ug_m3=75.0 + n % 2) for n in range(24)]
    kept = history(day)
    assert column(kept, "ispu")[:17] == [None] * 17
    assert kept[17].values["pm2_5_24h_ug_m3"] == 38.5
    assert kept[17].values["ispu"] == pytest.approx(50 + 50 * (38.5 - 15.5) / (55.4 - 15.5))


def test_a_spike_is_taken_out_of_the_means_that_it_was_in():
    day = [reading("air", 5 * n, pm2_5_ug_m3=20.0 + n % 2) for n in range(12 * 20)]
    judge = evaluator()
    calm = history(day, judge)[-1].values["pm2_5_24h_ug_m3"]
    spiked = judge.evaluate(reading("air", 1200, pm2_5_ug_m3=800.0)).reading
    assert spiked.values["pm2_5_24h_ug_m3"] > calm + 10
    after = judge.evaluate(reading("air", 1205, pm2_5_ug_m3=21.0))
    [corrected] = after.corrections
    assert corrected.flag("pm2_5_ug_m3") is Flag.FAIL
    assert corrected.values["pm2_5_24h_ug_m3"] == calm
    assert after.reading.values["pm2_5_24h_ug_m3"] == pytest.approx(calm, abs=0.2)


def test_a_plantower_is_corrected_over_an_hour_and_its_own_value_kept():
    kept = history(
        [
            reading("air_plantower", 5 * n, pm2_5_raw_ug_m3=99.0 + 2 * (n % 2), humidity_pct=60.0)
            for n in range(24)
        ]
    )
    assert kept[-1].values["pm2_5_ug_m3"] == pytest.approx(79.178)
    assert kept[-1].values["pm2_5_raw_ug_m3"] == 101.0
    assert "pm2_5_ug_m3" not in kept[0].values


def neighbourhood(*values: float) -> list:
    return [reading("air", n, number=n, pm2_5_ug_m3=float(v)) for n, v in enumerate(values)]


def test_a_station_far_from_its_neighbours_is_suspect_never_failed():
    kept = history(neighbourhood(20, 22, 24, 400))
    assert flags(kept, "pm2_5_ug_m3") == [1, 1, 1, 3]


def test_a_neighbour_that_speaks_late_corrects_the_others():
    judge = evaluator()
    stations = neighbourhood(20, 22, 24, 400)
    for number in (3, 1, 2):
        assert not judge.evaluate(stations[number]).reading.flags
    [corrected] = judge.evaluate(stations[0]).corrections
    assert (corrected.site_id, corrected.flag("pm2_5_ug_m3")) == ("site-3", Flag.SUSPECT)


def test_a_smoke_that_all_neighbours_see_is_no_fault():
    assert flags(history(neighbourhood(380, 390, 410, 400)), "pm2_5_ug_m3") == [1, 1, 1, 1]


def test_stations_beyond_the_radius_are_no_neighbours():
    far = [site(0), site(10), site(20), site(30)]
    said = [reading("air", n, number=10 * n, pm2_5_ug_m3=v) for n, v in enumerate([20.0, 22.0, 24.0, 400.0])]
    assert flags(history(said, evaluator(sites=far)), "pm2_5_ug_m3") == [1, 1, 1, 1]


def test_a_site_that_moved_has_other_neighbours():
    judge = evaluator()
    stations = neighbourhood(20, 22, 24)
    history(stations, judge)
    judge.update_sites(
        {s.id: s for s in [site(0), site(1), site(2), dataclasses.replace(site(3), lat_deg=-8.5)]}
    )
    assert not judge.evaluate(reading("air", 3, number=3, pm2_5_ug_m3=400.0)).reading.flags


def test_later_than_the_horizon_a_reading_is_judged_by_its_own_values_alone():
    judge = evaluator()
    history([reading("flood", 5 * n, distance_cm=300.0) for n in range(40)], judge)
    late = judge.evaluate(reading("flood", 2, distance_cm=100.0))
    assert late.corrections == ()
    assert (late.reading.values["water_level_cm"], late.reading.flags) == (320.0, {})
    assert judge.evaluate(reading("flood", 3, distance_cm=9999.0)).reading.flag("distance_cm") is Flag.FAIL


def test_a_flag_that_came_with_the_message_stays_or_gets_worse():
    judge = evaluator()
    given = dataclasses.replace(
        reading("flood", 0, water_level_cm=100.0),
        flags={"water_level_cm": Flag.SUSPECT, "distance_cm": Flag.MISSING},
    )
    kept = judge.evaluate(given).reading
    assert kept.flags == {"water_level_cm": Flag.SUSPECT, "distance_cm": Flag.MISSING}


def test_repeating_a_reading_corrects_nothing():
    judge = evaluator()
    river = levels(100, 101, 400, 102)
    first = [judge.evaluate(r) for r in river][-1]
    again = judge.evaluate(river[-1])
    assert (again.reading, again.corrections) == (first.reading, ())


def test_a_correction_that_a_crash_lost_is_made_when_its_cause_is_delivered_again():
    judge, restarted = evaluator(), evaluator()
    river = levels(100, 101, 400, 102)
    stored = [judge.evaluate(r).reading for r in river]
    restarted.restore(stored)
    assert [c.flag("water_level_cm") for c in restarted.evaluate(river[-1]).corrections] == [Flag.FAIL]


def test_what_the_store_holds_of_sites_that_are_gone_is_passed_over():
    judge = evaluator(sites=[site(1)])
    judge.restore([reading("air", 0, pm2_5_ug_m3=1.0), reading("gone", 0, number=1, x=1.0)])


def test_the_horizon_reaches_back_over_chains_of_windows():
    judge = evaluator()
    assert judge.horizon("flood") == timedelta(hours=26)  # two hours late, and a day without change
    assert judge.horizon("air_plantower") == timedelta(hours=24 + 1 + 24 + 24)
    assert judge.horizon("rain") == timedelta(hours=2 + 6, minutes=15)


def test_the_memory_of_a_device_is_bounded():
    judge = evaluator()
    for n in range(6 * 288):
        judge.evaluate(reading("air", 5 * n, pm2_5_ug_m3=20.0 + n % 7, humidity_pct=60.0))
    [window] = judge._windows.values()
    assert len(window) <= 1.3 * 48 * 12
    held = sum(sys.getsizeof(c) for c in (*window._history.values.values(), *window._history.flags.values()))
    assert held < 50_000


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 5e-324])
def test_the_largest_and_smallest_floats_break_nothing(value):
    said = {name: value for name in SHIPPED["air"].metrics if name not in SHIPPED["air"].derived}
    for kept in history([reading("air", 5 * n, **said) for n in range(4)]):
        assert all(math.isfinite(v) for v in kept.values.values())


def test_times_a_microsecond_apart_are_two_points():
    first = reading("flood", 0, water_level_cm=100.0)
    second = dataclasses.replace(
        first, observed_at=T0 + timedelta(microseconds=1), values={"water_level_cm": 111.0}
    )
    assert flags(history([first, second]), "water_level_cm") == [1, 3]


def test_what_a_gauge_cannot_show_has_failed_and_its_neighbours_are_not_held_against_it():
    low = site(0, **{"water_level_cm.fail_max": 700.0})
    by = evaluator(sites=[low])
    said = [150.0, 1592.0, 1588.0, 152.0]
    kept = history([reading("flood", 5 * n, water_level_cm=level) for n, level in enumerate(said)], by)
    assert flags(kept, "water_level_cm") == [1, 4, 4, 1]
