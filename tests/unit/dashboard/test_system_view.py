from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.asgi import ask
from support.city_database import CityDatabase
from support.guarded import guarded_parts

from config.problems import Problem
from dashboard.parts import Installation, Parts
from dashboard.server import create_app
from dashboard.system_facts import Disk, read_system
from dashboard.system_view import percentile, system_view
from storage.books_table import Count, record_counts, record_identities
from storage.dead_letters_table import DeadLetter, record_dead_letters
from storage.health_table import record_health
from storage.heartbeat_table import RULE_FILES, beat
from storage.ports import StorageUnavailable
from storage.readings import Reading
from storage.spool import Spool

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
Figures = dict[str, dict[str, Any]]
FAULT = Problem(path="rules/flood.yaml", line=3, column=1, message="unknown key 'abov'")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood")
    yield city
    city.close()


def parts_of(city: CityDatabase, folder: Path | None = None, **more: Any) -> Parts:
    about = folder and Installation(
        version="9.9",
        broker="127.0.0.1:1883",
        readings_store="SQLite (readings.sqlite)",
        state_folder=folder,
        rule_problems=lambda: [FAULT],
    )
    return guarded_parts(city, demo=True, access_token=None, installation=about, **more)


def told(parts: Parts) -> dict[str, Any]:
    found = read_system(parts, NOW)
    return system_view(found, parts.installation, started_at=NOW - timedelta(hours=2), now=NOW)


def figures(view: dict[str, Any]) -> Figures:
    return {
        figure["label"] or figure["key"]: figure
        for section in view["sections"]
        for figure in section["figures"]
    }


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def test_rates_are_counts_over_the_minutes_that_they_name(city):
    with city.database.transaction() as connection:
        for minutes, column, change in (
            (80, "received", 10),
            (20, "received", 170),
            (20, "stored", 90),
            (20, "duplicate", 45),
            (20, "rejected", 45),
            (200, "received", 1000),
            (200, "stored", 999),
            (60 * 30, "received", 7),
        ):
            at = NOW - timedelta(minutes=minutes)
            record_counts(connection, [Count(device_id="d", received_at=at, column=column, change=change)])
    found = figures(told(parts_of(city)))
    # 90 minutes: since 11:00, the beginning of the last full hour.
    rates = {key: found[f"system_{key}"]["value"] for key in ("received", "stored", "duplicate", "rejected")}
    assert rates == {"received": 2.0, "stored": 1.0, "duplicate": 0.5, "rejected": 0.5}
    assert found["system_received"]["unit"] == "/min"
    assert found["system_received"]["since"] == ms(NOW.replace(hour=11, minute=0))
    assert (found["system_balance"]["value"], found["system_balance"]["is_bad"]) == (1, True)


@pytest.mark.parametrize(
    ("identities", "since"),
    [((), 0), ((10,), 10), ((10, 20), 10), ((-60, 15), 15), ((70,), 0)],
    ids=["only rejections", "one", "several", "of before", "of the next hour only"],
)
def test_a_rate_is_of_the_time_since_counting_began(city, identities, since):
    """Begun a little after 12: nothing was counted from 11 on."""
    begun = NOW.replace(minute=0)
    with city.database.transaction() as connection:
        for minutes in identities:
            at = begun + timedelta(minutes=minutes)
            record_identities(connection, [bytes([minutes + 60]) * 16], at)
        count = Count(device_id="d", received_at=NOW, column="received", change=60)
        record_counts(connection, [count])
    found = figures(told(parts_of(city)))["system_received"]
    assert found["since"] == ms(begun + timedelta(minutes=since))
    assert found["value"] == 60 / (30 - since)


def test_what_nobody_has_told_is_unknown_and_not_zero(city):
    found = figures(told(parts_of(city)))
    for key in ("spool", "queued", "spool_age", "transit_median", "settle_p95", "disk_free", "pantau"):
        assert found[f"system_{key}"]["value"] is None, key
    assert found["system_balance"]["value"] == 0


def test_lag_is_of_the_newest_values_and_of_what_ingest_says_of_itself(city):
    for number in range(20):
        at = NOW - timedelta(minutes=number)
        city.measure_all(
            [
                Reading(
                    device_id=f"d{number}",
                    site_id="gate",
                    kind="flood",
                    observed_at=at - timedelta(seconds=number),
                    received_at=at,
                    values={"water_level_cm": 1.0},
                )
            ]
        )
    for minutes, lag_s in ((50, 9.0), (2, 1.0), (1, 3.0), (70, 500.0)):
        at = NOW - timedelta(minutes=minutes)
        city.readings.write(
            [
                Reading(
                    device_id="pantau-ingest",
                    site_id="pantau",
                    kind="pantau",
                    observed_at=at,
                    received_at=at,
                    values={"lag_s": lag_s},
                )
            ]
        )
    found = figures(told(parts_of(city)))
    assert found["system_transit_median"]["value"] == 9.0
    assert found["system_transit_p95"]["value"] == 18.0
    assert (found["system_settle_median"]["value"], found["system_settle_p95"]["value"]) == (3.0, 9.0)
    assert found["system_settle_p95"]["at"] == ms(NOW - timedelta(minutes=1))


def test_processes_tell_since_when_and_a_silent_one_is_called_silent(city):
    with city.database.transaction() as connection:
        beat(connection, "ingest", NOW - timedelta(seconds=2))
        beat(connection, "notify", NOW - timedelta(seconds=11), trouble="")
        beat(connection, "other", NOW, trouble="the disk is full")
        record_health(connection, "ingest", {"uptime_seconds": 3600.0, "spool_readings": 0.0})
    found = figures(told(parts_of(city)))
    assert (found["ingest"]["value"], found["ingest"]["is_bad"]) == ("system_runs", False)
    assert found["ingest"]["since"] == ms(NOW - timedelta(seconds=3602))
    assert (found["notify"]["value"], found["notify"]["is_bad"]) == ("system_silent", True)
    assert (found["other"]["value"], found["other"]["is_bad"]) == ("the disk is full", True)
    assert found["dashboard"]["since"] == ms(NOW - timedelta(hours=2))


def test_dead_letters_and_refused_rule_files_are_in_the_open(city, tmp_path):
    letters = [
        DeadLetter(
            received_at=NOW - timedelta(minutes=m), topic="t", payload=b"x", device_id=None, reason=reason
        )
        for m, reason in ((9, "not JSON"), (3, "not JSON"), (5, "unknown device"))
    ]
    with city.database.transaction() as connection:
        record_dead_letters(connection, letters)
    view = told(parts_of(city, tmp_path))
    assert view["letters"] == [
        {"reason": "not JSON", "count": 2, "newest_at": ms(NOW - timedelta(minutes=3))},
        {"reason": "unknown device", "count": 1, "newest_at": ms(NOW - timedelta(minutes=5))},
    ]
    fault = {"path": "rules/flood.yaml", "line": 3, "column": 1, "message": "unknown key 'abov'"}
    assert view["refused_rules"] == [fault]
    assert figures(view)["system_letters_kept"]["value"] == 3


def test_the_page_is_told_why_letters_are_dead_in_both_languages(city):
    letter = DeadLetter(
        received_at=NOW, topic="t", payload=b"x", device_id=None, reason="the payload is not a JSON object"
    )
    with city.database.transaction() as connection:
        record_dead_letters(connection, [letter])
    (found,) = json.loads(ask(create_app(parts_of(city)), "/api/v1/system").body)["letters"]
    assert found["reason"] == "the payload is not a JSON object"
    assert found["told"] == {"id": "isi pesan bukan objek JSON", "en": found["reason"]}


def test_refused_rule_files_are_no_process(city: CityDatabase) -> None:
    with city.database.transaction() as connection:
        beat(connection, RULE_FILES, NOW, trouble="flood.yaml")
    assert RULE_FILES not in figures(told(parts_of(city)))


def test_the_spool_tells_how_long_its_oldest_reading_waits(city, tmp_path):
    waiting = Reading(
        device_id="d",
        site_id="gate",
        kind="flood",
        observed_at=NOW - timedelta(hours=1),
        received_at=NOW - timedelta(minutes=30),
        values={"water_level_cm": 1.0},
    )
    Spool(tmp_path / "spool.sqlite", capacity_bytes=1_000_000).append([waiting])
    with city.database.transaction() as connection:
        beat(connection, "ingest", NOW)
        record_health(connection, "ingest", {"spool_readings": 1.0})
    found = figures(told(parts_of(city, tmp_path)))
    assert (found["system_spool"]["value"], found["system_spool_age"]["value"]) == (1.0, 1800.0)
    assert found["system_spool"]["is_bad"]


@pytest.mark.parametrize(
    ("size_bytes", "value", "unit", "precision"),
    [
        (0, 0, "B", 0),
        (999, 999, "B", 0),
        (1_000, 1.0, "kB", 1),
        (45_678, 45.678, "kB", 1),
        (999_940, 999.94, "kB", 1),
        (999_960, 0.99996, "MB", 1),
        (5_300_000, 5.3, "MB", 1),
        (79_100_000_000, 79.1, "GB", 1),
        (4_000_000_000_000, 4.0, "TB", 1),
    ],
)
def test_a_size_is_told_in_the_unit_that_fits_it(city, size_bytes, value, unit, precision):
    found = read_system(parts_of(city), NOW)
    disks = (Disk(name="broker", size_bytes=size_bytes, free_bytes=1),)
    view = system_view(replace(found, disks=disks), None, started_at=NOW, now=NOW)
    told = figures(view)["broker"]
    assert (told["value"], told["unit"], told["precision"]) == (pytest.approx(value), unit, precision)


def test_versions_and_disks_are_those_of_the_installation(city, tmp_path):
    found = figures(told(parts_of(city, tmp_path)))
    assert found["system_pantau"]["value"] == "9.9"
    assert int(found["system_schema"]["value"]) >= 4
    assert found["system_database"]["value"].startswith("sqlite 3.")
    assert found["pantau.sqlite"]["value"] > 0
    assert found["system_disk_free"]["value"] > 0


class Away:
    """A store of readings that does not answer."""

    def read(self, kind: str, **_: Any) -> Iterator[Reading]:
        raise StorageUnavailable("influxdb: connection refused")

    def close(self) -> None: ...


def test_a_store_that_is_away_takes_only_its_own_figures_with_it(city):
    found = figures(told(parts_of(city, readings=Away())))
    store = found["system_readings_store"]
    assert (store["value"], store["is_bad"]) == ("influxdb: connection refused", True)
    assert found["system_settle_median"]["value"] is None
    assert found["system_balance"]["value"] == 0


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [([], 0.5, None), ([7.0], 0.95, 7.0), ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0), (range(1, 101), 0.95, 95)],
)
def test_percentiles_are_values_that_were_there(values, share, wanted):
    assert percentile(list(values), share) == wanted


def test_the_page_is_told_the_version_that_serves_it(city, tmp_path):
    app = create_app(parts_of(city, tmp_path))
    assert json.loads(ask(app, "/api/v1/version").body) == {"version": "9.9"}
    assert json.loads(ask(app, "/api/v1/system").body)["sections"]
