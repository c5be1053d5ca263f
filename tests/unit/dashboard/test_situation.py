from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.city_database import CityDatabase, city_kinds, city_rules

from alerts.journal.alarms import AlarmEvent, EventType
from dashboard.parts import Parts
from dashboard.situation import ispu_class, siaga, slots, span_of
from dashboard.situation_facts import situation
from devices.registry import Device, Registration, Site
from devices.registry_table import register
from storage.readings import Flag, Reading

WIB = ZoneInfo("Asia/Jakarta")
HOURS = (0, 6, 12, 18)
AT = datetime(2026, 11, 21, 11, tzinfo=UTC)  # 18:00 WIB
LATER = AT + timedelta(hours=5)
SIAGA, JAM = city_rules()["siaga"], city_rules()["jam"]
GATE = Site(
    id="gate",
    name="Pintu Air",
    lat_deg=-7.6,
    lon_deg=111.5,
    waterway="Kali Madiun",
    thresholds={"water_level_cm": {"siaga3": 200.0, "siaga2": 300.0, "siaga1": 400.0}},
)


def at(**before: float) -> datetime:
    return AT - timedelta(**before)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    with city.database.transaction() as connection:
        device = Device(id="gate-1", kind="flood")
        register(connection, [Registration(site=GATE, device=device, since=at(days=300))])
    city.add_site("road", "traffic", name="Jalan Raya")
    city.add_site("sky", "air", name="Taman")
    city.add_site("mute", "flood", name="Pos Sunyi")
    city.measure("gate", "flood", at(hours=2), water_level_cm=420.0)
    city.measure("gate", "flood", at(hours=1), flags={"water_level_cm": Flag.FAIL}, water_level_cm=2400.0)
    city.measure("gate", "flood", at(minutes=2), water_level_cm=305.0)
    city.measure("road", "traffic", at(minutes=1), speed_km_h=7.0)
    city.measure("sky", "air", at(minutes=3), ispu=120.0, pm2_5_ug_m3=60.0)
    raised = city.raise_alarm("gate", at(hours=3), rule=SIAGA, value=310.0)
    city.tell(
        AlarmEvent(
            alarm_id=raised.alarm_id,
            rule_id="siaga",
            site_id="gate",
            type=EventType.CLAIMED,
            observed_at=at(hours=2),
            recorded_at=at(hours=2),
            severity=raised.severity,
            by="Siti",
        )
    )
    city.raise_alarm("road", at(hours=7), rule=JAM, value=4.0)  # before the last report
    yield city
    city.close()


def parts_of(city: CityDatabase, **more) -> Parts:
    given = {
        "database": city.database,
        "readings": city.readings,
        "kinds": city_kinds(),
        "rules": city_rules(),
        "city_folder": Path("madiun"),
        "time_zone": WIB,
        "language": "id",
        "demo": True,
    }
    return Parts(**{**given, **more})


def test_a_report_tells_what_was_true_at_its_moment(city):
    facts = situation(parts_of(city), AT, now=AT)
    assert facts["since"] == int(at(hours=6).timestamp() * 1000)
    assert facts["raised"] == [{"agency": "BPBD", "low": 0, "medium": 0, "high": 1, "critical": 0}]
    assert [(row["site_name"], row["who"], row["agency"]) for row in facts["doing"]] == [
        ("Pintu Air", "Siti", "BPBD"),
        ("Jalan Raya", "", "Dishub"),
    ]
    (water,) = facts["water"]
    assert (water["value"], water["siaga"], water["peak"], water["peak_siaga"]) == (
        305.0,
        "siaga2",
        420.0,
        "siaga1",
    )
    assert [(row["value"], row["class"]) for row in facts["air"]] == [(120.0, "ispu_unhealthy")]
    assert [(row["site_name"], row["value"]) for row in facts["traffic"]] == [("Jalan Raya", 7.0)]
    assert [row["site_name"] for row in facts["unknown"]] == ["Pos Sunyi"]
    assert facts["states"] == {"critical": 0, "high": 1, "medium": 0, "low": 1, "normal": 1, "unknown": 1}


def test_a_value_too_old_to_tell_the_moment_is_not_among_the_present_ones(city):
    """Two hours after the last report only the gate has spoken lately."""
    city.measure("road", "traffic", at(minutes=-1), speed_km_h=7.0)
    city.measure("sky", "air", at(minutes=-3), ispu=120.0)
    city.measure("gate", "flood", at(hours=-2, minutes=1), water_level_cm=150.0)
    city.add_site("dam", "flood", name="Bendung")
    city.measure("dam", "flood", at(hours=-1), water_level_cm=500.0)
    facts = situation(parts_of(city), AT + timedelta(hours=2), now=LATER)
    assert (facts["air"], facts["traffic"]) == ([], [])
    water = {row["site_name"]: (row["value"], row["at"], row["siaga"], row["peak"]) for row in facts["water"]}
    assert water["Bendung"] == (None, None, "", 500.0)
    assert water["Pintu Air"][0] == 150.0
    unknown = {row["site_name"]: row["last_at"] for row in facts["unknown"]}
    assert unknown == {
        "Bendung": int(at(hours=-1).timestamp() * 1000),
        "Jalan Raya": int(at(minutes=-1).timestamp() * 1000),
        "Pos Sunyi": None,
        "Taman": int(at(minutes=-3).timestamp() * 1000),
    }


def test_a_dead_sensor_at_a_site_where_another_speaks_is_told_as_unknown(city):
    with city.database.transaction() as connection:
        device = Device(id="road-2", kind="air")
        site = Site(id="road", name="Jalan Raya", lat_deg=-7.63, lon_deg=111.52)
        register(connection, [Registration(site=site, device=device, since=at(days=300))])
    for minutes, device, kind, values in (
        (1, "road-1", "traffic", {"speed_km_h": 9.0}),
        (300, "road-2", "air", {"ispu": 180.0}),
    ):
        city.measure_all(
            [
                Reading(
                    device_id=device,
                    site_id="road",
                    kind=kind,
                    observed_at=at(minutes=minutes),
                    received_at=at(minutes=minutes),
                    values=values,
                )
            ]
        )
    facts = situation(parts_of(city), AT, now=AT)
    assert [row["site_name"] for row in facts["air"]] == ["Taman"]
    assert ("Jalan Raya", "air") in [(row["site_name"], row["kind"]) for row in facts["unknown"]]


def test_the_same_question_gives_the_same_answer_however_the_city_went_on(city):
    asked_at_once = situation(parts_of(city), AT, now=AT)
    city.measure("gate", "flood", AT + timedelta(hours=1), water_level_cm=150.0)
    city.measure_all(
        [
            Reading(
                device_id="mute-1",
                site_id="mute",
                kind="flood",
                observed_at=at(minutes=1),
                received_at=AT + timedelta(hours=1),  # told of then, but nobody knew
                values={"water_level_cm": 999.0},
            )
        ]
    )
    city.raise_alarm("mute", AT + timedelta(hours=1), rule=SIAGA, value=350.0)
    late = city.raise_alarm("sky", AT + timedelta(hours=2), rule=SIAGA, value=350.0)
    city.clear_alarm(replace(late, alarm_id=f"siaga/gate/{int(at(hours=3).timestamp() * 1e6)}"), LATER)
    assert situation(parts_of(city), AT, now=LATER) == asked_at_once


def test_a_report_that_is_due_is_kept_and_stays_when_its_rules_are_gone(city):
    kept = situation(parts_of(city), AT, now=AT + timedelta(minutes=2))
    later = situation(parts_of(city, rules={}), AT, now=LATER)
    assert later == kept


def test_a_report_of_any_other_moment_is_made_and_not_kept(city):
    moment = at(minutes=30)
    assert situation(parts_of(city), moment, now=LATER)["doing"][0]["title"]["en"] == "High water"
    assert situation(parts_of(city, rules={}), moment, now=LATER)["doing"][0]["title"]["en"] == "siaga"


def test_a_report_of_a_time_before_pantau_says_that_nothing_was_known(city):
    facts = situation(parts_of(city), at(days=30), now=AT)
    assert facts["newest_at"] is None
    assert facts["states"]["unknown"] == facts["sites"] == 4
    assert (facts["raised"], facts["doing"], facts["water"]) == ([], [], [])


def test_an_alarm_whose_rule_is_gone_gets_no_instruction_of_another(city):
    found = situation(parts_of(city, rules={}), at(minutes=30), now=LATER)["doing"]
    assert {(row["agency"], row["instruction"]) for row in found} == {("", None)}


def test_nobody_reports_of_the_future(city):
    with pytest.raises(ValueError, match="not come yet"):
        situation(parts_of(city), LATER, now=AT)


def test_reports_are_due_at_full_hours_of_the_city():
    found = slots(AT + timedelta(minutes=1), HOURS, WIB, count=5)
    assert [moment.astimezone(WIB).hour for moment in found] == [18, 12, 6, 0, 18]
    assert found[0] == AT
    assert slots(AT, HOURS, WIB, count=1) == [AT]
    assert span_of(AT, HOURS, WIB) == (at(hours=6), AT)


@given(
    st.integers(1_577_836_800, 1_893_456_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
    st.lists(st.integers(0, 23), min_size=1, max_size=6),
    st.sampled_from(["Asia/Jakarta", "Asia/Jayapura", "Europe/Berlin"]),
)
def test_due_moments_go_back_without_a_gap_or_a_repetition(moment, hours, zone):
    found = slots(moment, hours, ZoneInfo(zone), count=10)
    assert found == sorted(set(found), reverse=True)
    assert found[0] <= moment
    assert {due.astimezone(ZoneInfo(zone)).minute for due in found} == {0}
    longest = max(later - earlier for later, earlier in pairwise(found))
    assert longest <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("level", "reached"), [(199.9, ""), (200.0, "siaga3"), (399.0, "siaga2"), (1000.0, "siaga1")]
)
def test_siaga_is_the_highest_of_a_sites_own_levels(level, reached):
    assert siaga(GATE, level) == reached


@pytest.mark.parametrize(
    ("index", "key"),
    [
        (0, "ispu_good"),
        (50.4, "ispu_good"),
        (51, "ispu_moderate"),
        (100, "ispu_moderate"),
        (101, "ispu_unhealthy"),
        (300, "ispu_very_unhealthy"),
        (301, "ispu_hazardous"),
    ],
)
def test_ispu_classes_end_where_the_regulation_says(index, key):
    assert ispu_class(index) == key
