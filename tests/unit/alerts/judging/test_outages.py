from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarming import FLOOD, START, at

from alerts.desk.outage_rows import parent_of, title
from alerts.journal.alarms import Alarm, AlarmEvent, Severity, folded
from alerts.judging.outages import (
    AREA,
    CITY,
    LINK,
    WATERWAY,
    Group,
    absence,
    groups,
    judged,
    link_judged,
)
from devices.registry import Assignment, Device, Registry, Site

RAIN = replace(FLOOD, name="rain")
KINDS = {"flood": FLOOD, "rain": RAIN}  # both overdue after 15 minutes
HOME = "pantau"


def registry(count: int = 8) -> Registry:
    """Posts s0.. on two rivers by turns; the first half in one area; every fourth measures rain."""
    sites = [
        Site(
            id=f"s{number}",
            name=f"Post {number}",
            lat_deg=-7.6,
            lon_deg=111.5,
            waterway=("Kali Madiun", "Kali Catur")[number % 2],
            area="Kartoharjo" if number < count // 2 else "Taman",
            order=100 - number,
        )
        for number in range(count)
    ]
    devices = [Device(id=site.id, kind="rain" if n % 4 == 3 else "flood") for n, site in enumerate(sites)]
    since = START - timedelta(days=9)
    return Registry(sites, devices, [Assignment(device_id=s.id, site_id=s.id, since=since) for s in sites])


CITYWIDE = registry()
ALL_ALIVE = {f"s{number}": 60.0 for number in range(8)}


def look(seen: dict[str, float], minute: float, active=(), listening: float = -100) -> list[AlarmEvent]:
    times = {device: at(value) for device, value in seen.items()}
    found = groups(CITYWIDE, times, KINDS, home=HOME, now=at(minute))
    return judged(found, active, at(minute), listening_since=at(listening))


def keys(events: list[AlarmEvent]) -> list[tuple[str, str, str]]:
    return [(event.type.value, event.rule_id, event.site_id) for event in events]


def still_active(events: list[AlarmEvent]) -> list[Alarm]:
    return [alarm for alarm in folded(events).values() if alarm.is_active]


def test_while_all_speak_there_is_no_outage():
    assert look(ALL_ALIVE, 61) == []


def test_a_whole_city_that_falls_silent_is_one_alarm_and_says_how_many():
    (event,) = look(ALL_ALIVE, 75.1)
    assert (event.rule_id, event.site_id, event.value) == (CITY, HOME, 8)
    assert (event.observed_at, event.recorded_at) == (at(75), at(75.1))


def test_a_river_that_falls_silent_alone_is_one_alarm_at_its_most_upstream_post():
    seen = {device: 90.0 if int(device[1]) % 2 else 60.0 for device in ALL_ALIVE}
    assert keys(look(seen, 91)) == [("raised", WATERWAY, "s6")]


def test_an_area_that_falls_silent_alone_is_one_alarm():
    seen = {device: 60.0 if int(device[1]) < 4 else 90.0 for device in ALL_ALIVE}
    assert keys(look(seen, 91)) == [("raised", AREA, "s3")]


def test_a_kind_that_falls_silent_alone_is_one_alarm():
    seen = {device: 90.0 if int(device[1]) % 4 == 3 else 60.0 for device in ALL_ALIVE}
    assert keys(look(seen, 91)) == [("raised", "outage_kind_flood", HOME)]


def test_narrow_outages_wait_until_it_is_known_that_the_wide_one_is_not_it():
    """Sensors speak by turns, so the sensors of one area may have spoken last a little before all others."""
    seen = {device: 60.0 if int(device[1]) < 4 else 64.0 for device in ALL_ALIVE}
    assert look(seen, 76) == []
    assert keys(look(seen, 79.1)) == [("raised", CITY, HOME)]
    flood_only = {**seen, "s3": 90.0, "s7": 90.0}
    assert look(flood_only, 83) == []
    assert keys(look(flood_only, 84.1)) == [("raised", "outage_kind_flood", HOME)]


def test_two_dead_sensors_are_two_dead_sensors():
    seen = {**ALL_ALIVE, **{device: 90.0 for device in ALL_ALIVE if device not in ("s1", "s3")}}
    assert look(seen, 91) == []


def test_sensors_that_die_on_different_days_are_no_outage():
    seen = {device: 60.0 - 300 * number for number, device in enumerate(ALL_ALIVE)}
    assert look(seen, 91) == []


def test_a_sensor_that_was_dead_before_neither_counts_nor_hides_the_outage():
    (event,) = look({**ALL_ALIVE, "s0": -5000.0}, 91)
    assert (event.rule_id, event.value) == (CITY, 7)


def test_after_a_restart_the_sensors_get_their_time_to_speak():
    assert look(ALL_ALIVE, 91, listening=80) == []
    assert keys(look(ALL_ALIVE, 96, listening=80)) == [("raised", CITY, HOME)]


def test_an_outage_is_told_once_and_is_over_when_most_are_back():
    begun = look(ALL_ALIVE, 76)
    assert look(ALL_ALIVE, 100, active=still_active(begun)) == []
    half = {**ALL_ALIVE, **{f"s{number}": 101.0 for number in range(4)}}
    assert look(half, 102, active=still_active(begun)) == []
    most = {**half, "s4": 101.5}
    assert keys(look(most, 102, active=still_active(begun))) == [("cleared", CITY, HOME)]


def test_an_outage_whose_sensors_are_taken_away_is_withdrawn_and_not_left_behind():
    begun = look(ALL_ALIVE, 76)
    gone = judged([], still_active(begun), at(80), listening_since=at(0))
    assert keys(gone) == [("withdrawn", CITY, HOME)]
    assert still_active([*begun, *gone]) == []


def test_the_link_is_an_alarm_after_its_patience_and_clears_when_it_is_back():
    half_a_minute = timedelta(seconds=30)
    assert link_judged(None, home=HOME, down_since=at(0), now=at(0.4), patience=half_a_minute) == []
    begun = link_judged(None, home=HOME, down_since=at(0), now=at(0.5), patience=half_a_minute)
    assert keys(begun) == [("raised", LINK, HOME)]
    (alarm,) = still_active(begun)
    assert link_judged(alarm, home=HOME, down_since=at(0), now=at(9), patience=half_a_minute) == []
    assert keys(link_judged(alarm, home=HOME, down_since=None, now=at(9), patience=half_a_minute)) == [
        ("cleared", LINK, HOME)
    ]


def test_ingest_tells_of_its_own_absence_afterwards_and_wakes_nobody():
    (alarm,) = folded(absence(HOME, last_beat=at(0), now=at(30))).values()
    assert (alarm.raised_at, alarm.cleared_at, alarm.is_open) == (at(0), at(30), False)


SILENT = Alarm(
    id="high_water/s2/0",
    rule_id="high_water",
    site_id="s2",
    severity=Severity.CRITICAL,
    raised_at=at(0),
    cleared_at=None,
    data_lost_at=at(75),
    last_value=1.0,
    limit=1.0,
    retrospective=False,
    change=1,
)


def outage(rule_id: str, site_id: str = HOME) -> Alarm:
    return replace(SILENT, id=f"{rule_id}/{site_id}/0", rule_id=rule_id, site_id=site_id, data_lost_at=None)


@pytest.mark.parametrize(
    ("parent", "folds"),
    [
        (outage(CITY), True),
        (outage(LINK), True),
        (outage("outage_kind_flood"), True),
        (outage("outage_kind_rain"), False),
        (outage(WATERWAY, "s6"), True),
        (outage(WATERWAY, "s7"), False),
        (outage(AREA, "s3"), True),
        (outage(AREA, "s7"), False),
        (outage("outage_ingest"), False),
        (outage(WATERWAY, "gone"), False),
    ],
    ids=lambda value: f"{value.rule_id}-{value.site_id}" if isinstance(value, Alarm) else "",
)
def test_an_alarm_whose_data_are_lost_folds_under_the_outage_of_its_place(parent, folds):
    found = parent_of(SILENT, [parent], CITYWIDE, "flood")
    assert found == (parent if folds else None)


def test_an_alarm_folds_under_the_widest_outage():
    assert parent_of(SILENT, [outage(AREA, "s3"), outage(CITY)], CITYWIDE, "flood") == outage(CITY)


def test_an_alarm_that_speaks_is_never_folded_away():
    speaking = replace(SILENT, data_lost_at=None)
    assert parent_of(speaking, [outage(CITY)], CITYWIDE, "flood") is None


def test_an_alarm_that_was_raised_because_no_value_came_folds_too():
    silence = replace(SILENT, data_lost_at=None, last_value=None, limit=None)
    assert parent_of(silence, [outage(CITY)], CITYWIDE, "flood") == outage(CITY)
    assert parent_of(silence, [outage(AREA, "s7")], CITYWIDE, "flood") is None
    assert parent_of(silence, [], CITYWIDE, "flood") is None
    counted = replace(silence, last_value=3.0, limit=3.0)  # a rule of its own that counts silent posts
    assert parent_of(counted, [outage(CITY)], CITYWIDE, "flood") is None


def test_an_outage_that_was_known_earlier_folds_under_that_of_the_city_and_never_the_other_way():
    early, city = outage("outage_kind_flood"), outage(CITY)
    assert parent_of(early, [early, city], CITYWIDE) == city
    assert parent_of(city, [early, city], CITYWIDE) is None
    assert parent_of(city, [outage(LINK), city], CITYWIDE) == outage(LINK)


def test_every_outage_has_a_title_in_both_languages():
    for rule_id in (CITY, LINK, WATERWAY, AREA, "outage_kind_air", "outage_ingest"):
        assert title(rule_id).id != title(rule_id).en


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 30)), max_size=60))
def test_whatever_falls_silent_and_comes_back_no_outage_is_left_behind_and_none_is_told_twice(script):
    seen, journal, minute = dict.fromkeys(ALL_ALIVE, 0.0), [], 0
    for device, pause in script:
        minute += pause
        seen[f"s{device}"] = float(minute)
        journal += look(seen, minute, active=still_active(journal))
        active = still_active(journal)
        assert len({(alarm.rule_id, alarm.site_id) for alarm in active}) == len(active)
    everyone = dict.fromkeys(ALL_ALIVE, float(minute + 1))
    journal += look(everyone, minute + 1, active=still_active(journal))
    assert still_active(journal) == []
    assert look(everyone, minute + 2) == []


def test_a_group_waits_as_long_as_its_slowest_sensor():
    slow = {"flood": FLOOD, "rain": replace(RAIN, expected_interval=timedelta(hours=1))}
    found = groups(CITYWIDE, {d: at(60) for d in ALL_ALIVE}, slow, home=HOME, now=at(61))
    by_rule = {group.rule_id: group for group in found if isinstance(group, Group)}
    assert by_rule[CITY].patience == timedelta(hours=3)
    assert by_rule["outage_kind_flood"].patience == timedelta(minutes=15)
