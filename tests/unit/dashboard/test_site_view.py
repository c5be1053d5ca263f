from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.city_database import CityDatabase, city_kinds, city_rules

from alerts.rulebook.rules import SiteLimit
from dashboard.parts import Parts
from dashboard.site_view import SPANS, SiteView, Wanted, current_values, scheme_of, site_view
from storage.readings import Flag

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood")
    city.add_site("road", "traffic")
    yield city
    city.close()


def look(city: CityDatabase, site: str = "gate", **wanted: Any) -> SiteView | None:
    parts = Parts(
        database=city.database,
        readings=city.readings,
        kinds=city_kinds(),
        rules=city_rules(),
        city_folder=Path("madiun"),
        time_zone=ZoneInfo("Asia/Jakarta"),
        language="id",
        demo=True,
    )
    return site_view(parts, site, NOW, wanted=Wanted(**wanted))


def test_a_site_that_nobody_knows_is_none(city: CityDatabase) -> None:
    assert look(city, "elsewhere") is None


def test_the_last_day_is_read_and_nothing_older(city: CityDatabase) -> None:
    for hours in (25, 24, 23, 0):
        city.measure("gate", "flood", NOW - timedelta(hours=hours), water_level_cm=float(hours))
    seen = look(city)
    assert seen is not None
    assert seen.lines[0].values == (24.0, 23.0, 0.0)


def test_the_primary_metric_is_charted_until_another_is_chosen(city: CityDatabase) -> None:
    city.measure("road", "traffic", NOW, speed_km_h=40.0, flow_veh_h=900.0)
    first, second = look(city, "road"), look(city, "road", kind="traffic", metric="flow_veh_h")
    assert first is not None
    assert second is not None
    assert (first.lines[0].values, second.lines[0].values) == ((40.0,), (900.0,))
    assert [limit.value for limit in first.limits] == [10.0]
    assert second.limits == ()


def test_a_metric_that_does_not_exist_falls_back_to_the_primary(city: CityDatabase) -> None:
    seen = look(city, "road", kind="flood", metric="'; DROP TABLE sites; --")
    assert seen is not None
    assert seen.chosen is not None
    assert seen.chosen.name == "speed_km_h"


def test_flags_come_with_their_points(city: CityDatabase) -> None:
    city.measure("gate", "flood", NOW, {"water_level_cm": Flag.SUSPECT}, water_level_cm=1.0)
    seen = look(city)
    assert seen is not None
    assert seen.lines[0].flags == (Flag.SUSPECT,)


def test_alarms_of_the_day_are_listed_with_active_ones_first(city: CityDatabase) -> None:
    rule = city_rules()["siaga"]
    old = city.raise_alarm("gate", NOW - timedelta(days=3), rule=rule, value=310.0)
    city.clear_alarm(old, NOW - timedelta(days=2))
    still = city.raise_alarm("gate", NOW - timedelta(days=5), rule=rule, value=310.0)
    ended = city.raise_alarm("gate", NOW - timedelta(hours=30), rule=rule, value=310.0)
    city.clear_alarm(ended, NOW - timedelta(hours=3))
    seen = look(city)
    assert seen is not None
    assert [alarm.id for alarm in seen.alarms] == [still.alarm_id, ended.alarm_id]


def test_a_metric_that_never_came_is_left_out_but_for_the_primary_one(city: CityDatabase) -> None:
    kinds = city_kinds()
    kind = next(kind for kind in kinds.values() if len(kind.metrics) > 1)
    currents = current_values([], kinds=[kind], now=NOW)
    assert [current.name for current in currents] == [kind.primary]


def test_a_longer_span_reads_farther_back_and_lists_older_alarms(city: CityDatabase) -> None:
    city.measure("gate", "flood", NOW - timedelta(days=6), water_level_cm=6.0)
    old = city.raise_alarm("gate", NOW - timedelta(days=4), rule=city_rules()["siaga"], value=310.0)
    city.clear_alarm(old, NOW - timedelta(days=3))
    day, week = look(city), look(city, span=SPANS["7d"])
    assert day is not None
    assert week is not None
    assert (day.lines, day.alarms) == ((), ())
    assert week.lines[0].values == (6.0,)
    assert [alarm.id for alarm in week.alarms] == [old.alarm_id]


def test_rain_stands_beside_the_level_of_a_river_and_beside_nothing_else(city: CityDatabase) -> None:
    city.add_site("hujan", "rain")
    city.measure("hujan", "rain", NOW - timedelta(hours=1), rain_rate_mm_h=12.0)
    gate, road = look(city), look(city, "road")
    assert gate is not None
    assert gate.rain is not None
    assert (gate.rain.gauge.id, gate.rain.lines[0].values) == ("hujan", (12.0,))
    assert road is not None
    assert road.rain is None


def test_hardware_tells_when_it_was_last_heard(city: CityDatabase) -> None:
    city.measure("gate", "flood", NOW, water_level_cm=1.0)
    gate, road = look(city), look(city, "road")
    assert gate is not None
    assert road is not None
    assert [(held.device.id, held.heard_at) for held in gate.hardware] == [("gate-1", NOW)]
    assert [(held.device.id, held.heard_at) for held in road.hardware] == [("road-1", None)]


@pytest.mark.parametrize(
    ("label", "scheme"),
    [("jakarta_siaga2", "Jakarta"), ("bengawan_solo_siaga1", "Bengawan Solo"), ("rise_per_h", "")],
)
def test_the_scheme_of_a_siaga_is_read_from_its_label(label: str, scheme: str) -> None:
    rule = city_rules()["siaga"]
    assert scheme_of(rule) == ""
    assert scheme_of(replace(rule, above=SiteLimit(site=label))) == scheme
