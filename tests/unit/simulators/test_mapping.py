"""Mapping files, good and bad, and the sites that they register."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.problems import ConfigError
from devices.kinds import load_kinds
from simulators.mapping import load_mapping, registrations

PROJECT = Path(__file__).parents[3]
KINDS = load_kinds(PROJECT / "config" / "kinds")
FLOOD = load_mapping(PROJECT / "config" / "mappings" / "jakarta_pintu_air.yaml", KINDS)
AIR = load_mapping(PROJECT / "config" / "mappings" / "jakarta_udara_ispu.yaml", KINDS)
BANDS = PROJECT.parent / "shared" / "data" / "flood" / "jakarta_pintu_air_2020-01_observed_siaga_bands.csv"
STATIONS = PROJECT.parent / "shared" / "data" / "air" / "jakarta_udara_stations.csv"
WORSE = ["jakarta_siaga3", "jakarta_siaga2", "jakarta_siaga1"]

GOOD = """
kind: flood
device: {column: gate}
time: {column: at, format: "%Y-%m-%d %H:%M", zone: Asia/Jakarta}
values: {water_level_cm: {column: mm, scale: 0.1}}
sites: [{id: g, name: Gate, lat: -6, lon: 106}]
"""


def written(tmp_path, text):
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    return path


def test_the_flood_mapping_names_all_gates_with_coordinates():
    made = registrations(FLOOD, Path("unused.csv"))
    assert len(made) == 21
    assert all(-6.7 < r.site.lat_deg < -6.1 and 106.6 < r.site.lon_deg < 107 for r in made)
    assert all(r.device.kind == "flood" and r.device.id == r.site.id for r in made)


def test_replayed_devices_are_real_and_stand_there_since_1970():
    made = registrations(FLOOD, Path("unused.csv"))
    assert {r.since for r in made} == {datetime(1970, 1, 1, tzinfo=UTC)}
    assert not any(r.device.simulated for r in made)


def test_siaga_counts_down_in_the_jakarta_scheme():
    for site in FLOOD.sites:
        levels = site.thresholds.get("water_level_cm", {})
        assert set(levels) <= {*WORSE, "rise_2h_per_h"}
        values = [levels[label] for label in WORSE if label in levels]
        assert values == sorted(set(values))


def test_the_manggarai_limits_are_the_published_ones():
    manggarai = next(site for site in FLOOD.sites if site.id == "jkt-manggarai")
    assert [manggarai.thresholds["water_level_cm"][label] for label in WORSE] == [750, 850, 950]


def test_only_the_gate_with_overlapping_bands_is_unusable_and_says_why():
    assert list(FLOOD.unusable) == ["jkt-hek"]
    assert "overlap" in FLOOD.unusable["jkt-hek"]


def test_the_limits_lie_between_the_observed_bands_of_every_usable_gate():
    if not BANDS.exists():
        pytest.skip("the observed bands are not here: ../shared/data/flood")
    sites = {site.id: site for site in FLOOD.sites}
    with BANDS.open(newline="") as file:
        for row in csv.DictReader(file):
            site = sites[FLOOD.device.ids[row["nama_pintu_air"].strip()]]
            if site.usable:
                assert (row["latitude"], row["longitude"]) == (f"{site.lat:g}", f"{site.lon:g}") or (
                    float(row["latitude"]) == site.lat and float(row["longitude"]) == site.lon
                )
                check_limits(site.thresholds.get("water_level_cm", {}), row)


def check_limits(levels, row):
    below = row["normal_max_mm"]
    for label in WORSE:
        column = label.removeprefix("jakarta_")
        lowest, highest = row[f"{column}_min_mm"], row[f"{column}_max_mm"]
        if lowest:
            assert float(lowest) / 10 >= levels[label], row
            assert not below or float(below) / 10 < levels[label], row
        below = highest or below


def test_a_gate_that_never_left_normal_has_no_limit():
    free = {site.id for site in FLOOD.sites if not site.thresholds}
    assert free == {
        "jkt-ancol-flushing",
        "jkt-cideng",
        "jkt-cipinang-hulu",
        "jkt-pulo-gadung",
        "jkt-yos-sudarso-1",
    }


def test_the_air_stations_come_from_the_file_beside_the_data():
    if not STATIONS.exists():
        pytest.skip("the stations are not here: ../shared/data/air/jakarta_udara_stations.csv")
    made = registrations(AIR, STATIONS.with_name("data.csv"))
    assert len(made) == 113
    assert {r.device.kind for r in made} == {"ispu"}
    assert made == registrations(AIR, Path("elsewhere.csv"), STATIONS)


def test_a_missing_stations_file_says_how_to_name_it(tmp_path):
    with pytest.raises(ConfigError, match="--stations"):
        registrations(AIR, tmp_path / "data.csv")


HEADER = "id,name,latitude,longitude,subdistrict\n"
BAD_STATIONS = {
    "a column is missing": ("id,name\nA,B\n", "has no column latitude, longitude, subdistrict"),
    "a coordinate is no number": (HEADER + "A,B,north,106,X\n", "stations.csv:2:1: could not convert"),
    "a row is cut": (HEADER + "A,B,-6,106,X\nC,D,-6\n", "stations.csv:3:1: not as many cells"),
    "nobody measured the place": (HEADER + "A,B,0,0,X\n", "nobody measured them"),
}


@pytest.mark.parametrize(("text", "message"), BAD_STATIONS.values(), ids=BAD_STATIONS.keys())
def test_a_bad_stations_file_is_told_with_its_line(tmp_path, text, message):
    path = tmp_path / "stations.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        registrations(AIR, tmp_path / "data.csv", path)


def test_a_plain_mapping_is_read(tmp_path):
    mapping = load_mapping(written(tmp_path, GOOD), KINDS)
    assert mapping.columns() == ["gate", "at", "mm"]
    assert mapping.oracle is None


SITES = "sites: [{id: g, name: Gate, lat: -6, lon: 106}]"
BAD = {
    "an unknown kind": (("kind: flood", "kind: tide"), r":2:7: kind 'tide' is not one of: air, "),
    "a metric of another kind": (("water_level_cm", "ispu"), r":5:\d+: 'ispu' is not a metric of flood"),
    "an unknown zone": (("Asia/Jakarta", "WIB"), "zone 'WIB' is not known"),
    "an unknown key": (("kind: flood", "kind: flood\nsort: x"), "unknown key 'sort'"),
    "a device without a name": (("{column: gate}", "{ids: {a: g}}"), "a 'column' or by 'file_name: true'"),
    "a device with two": (("{column: gate}", "{column: gate, file_name: true}"), "one of both"),
    "a scale of nothing": (("scale: 0.1", "scale: 0"), "scale 0 would"),
    "no place at all": ((SITES, "delimiter: ','"), "under 'sites' or name a file"),
    "no metric": (("{water_level_cm: {column: mm, scale: 0.1}}", "{}"), "at least one metric"),
    "a delimiter of two": (("kind: flood", "kind: flood\ndelimiter: ';;'"), "one character"),
    "an id without a site": (
        ("{column: gate}", "{column: gate, ids: {G: h}}"),
        "no site is described for: h",
    ),
    "a site twice": ((SITES, SITES[:-1] + SITES[7:].replace("[", ", ")), "same id"),
    "unusable without a reason": (("lon: 106}", "lon: 106, usable: false}"), "write a reason"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_mapping_is_refused(tmp_path, change, message):
    assert change[0] in GOOD
    with pytest.raises(ConfigError, match=message):
        load_mapping(written(tmp_path, GOOD.replace(*change)), KINDS)


def test_each_file_of_a_set_holds_the_metric_of_its_name():
    nab = load_mapping(PROJECT / "config" / "mappings" / "nab_traffic.yaml", KINDS)
    assert list(nab.values_of("speed_6005")) == ["speed_km_h"]
    assert list(nab.values_of("TravelTime_387")) == ["travel_time_s"]
    assert nab.columns("occupancy_t4013") == ["timestamp", "value"]
    assert not nab.values_of("exchange_rates")


@pytest.mark.parametrize("name", ["jakarta_depok_10min", "jakarta_manggarai_hourly"])
def test_a_post_has_the_same_limits_in_every_mapping(name):
    known = {site.id: site.as_site() for site in FLOOD.sites}
    for site in load_mapping(PROJECT / "config" / "mappings" / f"{name}.yaml", KINDS).sites:
        assert site.as_site().thresholds == known[site.id].thresholds
        worst = site.thresholds["water_level_cm"]["jakarta_siaga1"]
        assert site.parameters["water_level_cm.fail_max"] == 2 * worst


def test_a_rise_is_half_of_the_step_to_the_next_siaga():
    for site in FLOOD.sites:
        levels = dict(site.thresholds.get("water_level_cm", {}))
        rise = levels.pop("rise_2h_per_h", None)
        if len(levels) > 1 and site.id != "jkt-angke-hulu":  # of that one siaga 2 is not known
            assert rise == (levels["jakarta_siaga2"] - levels["jakarta_siaga3"]) / 2
