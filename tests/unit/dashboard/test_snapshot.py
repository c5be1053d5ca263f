from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.city_database import CityDatabase, city_rules

from dashboard.snapshot import read_snapshot

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood")
    city.measure("gate", "flood", NOW, water_level_cm=200.0)
    yield city
    city.close()


def test_reading_on_gives_the_same_as_reading_anew(city: CityDatabase) -> None:
    before = read_snapshot(city.database, now=NOW)
    raised = city.raise_alarm("gate", NOW, rule=city_rules()["siaga"], value=310.0)
    city.measure("gate", "flood", NOW + timedelta(minutes=1), water_level_cm=310.0)
    city.ingest_lives(NOW)
    between = read_snapshot(city.database, before, now=NOW)
    city.clear_alarm(raised, NOW + timedelta(minutes=2))
    city.add_site("far", "flood")
    after, anew = read_snapshot(city.database, between, now=NOW), read_snapshot(city.database, now=NOW)
    assert len(between.alarms) == 1
    assert (after.latest, after.alarms, after.heartbeats) == (anew.latest, anew.alarms, anew.heartbeats)
    assert after.registry.sites == anew.registry.sites
    assert after.registry is not between.registry


def test_an_unchanged_registry_is_not_read_again(city: CityDatabase) -> None:
    before = read_snapshot(city.database, now=NOW)
    assert read_snapshot(city.database, before, now=NOW).registry is before.registry


def test_a_database_that_was_restored_from_a_backup_is_read_anew(city: CityDatabase, tmp_path: Path) -> None:
    city.raise_alarm("gate", NOW, rule=city_rules()["siaga"], value=310.0)
    later = read_snapshot(city.database, now=NOW)
    (tmp_path / "restored").mkdir()
    restored = CityDatabase(tmp_path / "restored")
    assert read_snapshot(restored.database, later, now=NOW).alarms == {}
    assert read_snapshot(restored.database, later, now=NOW).latest == {}
    restored.close()
