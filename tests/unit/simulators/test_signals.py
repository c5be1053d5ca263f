"""What the simulated city measures, as claims about functions of seed and time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.kinds import load_kinds
from simulators.fleet import Fault, load_fleet
from simulators.noise import steady, wander
from simulators.signals import City, is_speaking, rush
from simulators.storms import Scenario, Storm, storms_at

PROJECT = Path(__file__).parents[3]
FLEET = load_fleet(PROJECT / "config" / "fleets" / "madiun.yaml")
KINDS = load_kinds(PROJECT / "config" / "kinds")
BY_ID = {site.id: site for site in FLEET.sites}
BEGIN = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)  # a Tuesday, 12:00 WIB
STORMY = City(fleet=FLEET, begun_at=BEGIN, seed=1)
CALM = City(fleet=FLEET, scenario=Scenario.CALM, begun_at=BEGIN, seed=1)
RUSH = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)  # 07:00 WIB
NIGHT = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # 02:00 WIB

instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
sites = st.sampled_from(FLEET.sites)
seeds = st.integers(0, 10_000)


def after(minutes):
    return BEGIN + timedelta(minutes=minutes)


def level(post, minutes, city=STORMY):
    return city.values(post, after(minutes))["water_level_cm"]


def highest(post, city=STORMY):
    return max(level(post, minute / 4, city) for minute in range(80))


def siaga_passed(post):
    """Return how many siaga levels the demo's storm passes at a post."""
    return sum(highest(post) >= value for value in post.levels.values())


@given(site=sites, at=instants, seed=seeds, scenario=st.sampled_from(Scenario))
def test_every_value_is_within_what_the_kind_calls_plausible(site, at, seed, scenario):
    city = City(fleet=FLEET, scenario=scenario, begun_at=at - timedelta(minutes=3), seed=seed)
    values = city.values(site, at)
    metrics = KINDS[site.kind].metrics
    assert KINDS[site.kind].primary in values
    assert set(values) <= set(metrics)
    for metric, value in values.items():
        assert metrics[metric].plausible_min <= value <= metrics[metric].plausible_max


@given(
    seed=seeds, offsets=st.lists(st.floats(-90_000, 90_000), min_size=1, max_size=8), shuffler=st.integers()
)
def test_the_same_seed_and_times_give_the_same_city_in_any_order(seed, offsets, shuffler):
    questions = [(site, BEGIN + timedelta(seconds=s)) for s in offsets for site in FLEET.sites[::9]]
    first = City(fleet=FLEET, begun_at=BEGIN, seed=seed)
    told = {(site.id, at): first.values(site, at) for site, at in questions}
    random.Random(shuffler).shuffle(questions)
    again = City(fleet=FLEET, begun_at=BEGIN, seed=seed)
    assert all(again.values(site, at) == told[site.id, at] for site, at in questions)


def test_another_seed_is_another_day():
    other = City(fleet=FLEET, begun_at=BEGIN, seed=2)
    differing = [
        s for s in FLEET.sites if s.kind != "rain" and other.values(s, BEGIN) != STORMY.values(s, BEGIN)
    ]
    assert len(differing) == sum(site.kind != "rain" for site in FLEET.sites)


def test_the_first_siaga_is_crossed_within_the_first_minute_and_stays_long_enough_to_alarm():
    first = FLEET.river_posts[0]
    siaga1 = first.levels["bengawan_solo_siaga1"]
    assert level(first, 0.1) < siaga1
    assert all(level(first, minute) > siaga1 for minute in (1.0, 1.25, 1.5, 1.75, 2.0))


def test_the_storm_passes_every_siaga_upstream_and_none_at_the_last_post():
    passed = [siaga_passed(post) for post in FLEET.river_posts]
    assert passed[0] == 3
    assert passed[-1] == 0
    assert passed == sorted(passed, reverse=True)
    assert set(passed) == {0, 1, 2, 3}


def test_the_crest_travels_downstream():
    def crest_minute(post):
        return max(range(40), key=lambda quarter: level(post, quarter / 4))

    crests = [crest_minute(post) for post in FLEET.river_posts]
    assert crests == sorted(crests)
    assert crests[-1] > crests[0]


def test_rain_comes_before_the_river_rises_downstream():
    gauge, post = BY_ID["mdn-rain-winongo"], BY_ID["mdn-flood-winongo"]
    rained = next(m for m in range(40) if STORMY.values(gauge, after(m / 4))["rain_rate_mm_h"] > 5)
    rose = next(m for m in range(40) if level(post, m / 4) > post.normal_level_cm + 50)
    assert rained < rose


def test_the_city_recovers_before_the_next_front_and_the_next_front_comes_after_twenty_minutes():
    first = FLEET.river_posts[0]
    assert level(first, 19) < first.normal_level_cm + 15
    assert abs(level(first, 22) - level(first, 2)) < 40


def test_a_low_road_under_water_comes_to_a_standstill_and_recovers():
    road = BY_ID["mdn-traffic-mayjen-sungkono"]

    def speed(minutes):
        return STORMY.values(road, after(minutes))["speed_km_h"]

    assert speed(0) > 30
    assert all(speed(minute) < 10 for minute in (3, 3.5, 4, 4.5))
    assert speed(10) > 30


def test_rain_slows_a_dry_road_without_stopping_it():
    road = BY_ID["mdn-traffic-basuki-rahmat"]
    wet = STORMY.values(road, after(3.5))["speed_km_h"]
    dry = CALM.values(road, after(3.5))["speed_km_h"]
    assert 15 < wet < 0.8 * dry


def test_some_sensor_never_raises_an_alarm_in_the_storm():
    quiet = BY_ID["mdn-flood-ngegong"]
    assert highest(quiet) < quiet.levels["bengawan_solo_siaga1"]


@given(at=instants, seed=seeds)
def test_a_calm_day_never_brings_a_river_to_siaga_nor_a_road_to_a_jam(at, seed):
    city = City(fleet=FLEET, scenario=Scenario.CALM, begun_at=at, seed=seed)
    for post in FLEET.river_posts[::4]:
        assert city.values(post, at)["water_level_cm"] < post.levels["bengawan_solo_siaga1"]
    for road in FLEET.sites[:26:5]:
        assert city.values(road, at)["speed_km_h"] > 10


def test_rush_hour_is_slower_and_fuller_than_the_night():
    road = BY_ID["mdn-traffic-pahlawan"]
    busy, quiet = CALM.values(road, RUSH), CALM.values(road, NIGHT)
    assert busy["flow_veh_h"] > 3 * quiet["flow_veh_h"]
    assert busy["speed_km_h"] < quiet["speed_km_h"]
    assert busy["occupancy_pct"] > quiet["occupancy_pct"]


def test_saturday_has_no_morning_rush():
    assert rush(RUSH + timedelta(days=4)) < 0.5 * rush(RUSH)


def test_the_hour_of_the_rush_is_told_by_the_clock_of_madiun_not_by_utc():
    four_wib = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)  # 04:00 WIB
    assert rush(four_wib) < 0.3 < 0.8 < rush(RUSH)


def test_fine_dust_is_worse_before_dawn_than_at_noon():
    site = BY_ID["mdn-air-taman"]
    dawn, noon = (CALM.values(site, at)["pm2_5_ug_m3"] for at in (RUSH - timedelta(hours=1), BEGIN))
    assert dawn > 1.4 * noon


def test_a_silent_sensor_died_three_hours_before_the_demo_and_others_speak_on():
    dead = next(site for site in FLEET.sites if site.fault is Fault.SILENT)
    assert is_speaking(dead, BEGIN - timedelta(hours=4), BEGIN)
    assert not is_speaking(dead, BEGIN - timedelta(hours=3), BEGIN)
    assert not is_speaking(dead, BEGIN, BEGIN)
    assert is_speaking(FLEET.sites[0], BEGIN, BEGIN)


def test_no_front_comes_before_the_scenario_begins():
    past = storms_at(BEGIN - timedelta(days=3), scenario=Scenario.STORM, begun_at=BEGIN, seed=1)
    assert past == storms_at(BEGIN - timedelta(days=3), scenario=Scenario.CALM, begun_at=BEGIN, seed=1)


@pytest.mark.parametrize("minutes", [-1, 0])
def test_a_storm_does_nothing_before_it_arrives(minutes):
    hour = timedelta(hours=1)
    storm = Storm(
        arrives_at=BEGIN, peak_mm_h=50, rains_for=hour, crosses_in=hour,
        crest=1, rises_in=hour, falls_in=hour, travels_in=hour,
    )  # fmt: skip
    assert storm.rain_mm_h(0, after(minutes)) == 0
    assert storm.river_share(0, after(minutes)) == 0


@given(seed=seeds, name=st.text(), time_s=st.floats(-1e10, 1e10), period_s=st.floats(0.5, 1e6))
def test_noise_stays_between_minus_one_and_one(seed, name, time_s, period_s):
    assert 0 <= steady(seed, name) < 1
    assert -1 <= wander(seed, name, time_s, period_s=period_s) <= 1


def test_noise_does_not_jump():
    values = [wander(3, "x", tenth / 10, period_s=10) for tenth in range(2000)]
    assert max(abs(b - a) for a, b in pairwise(values)) < 0.05
