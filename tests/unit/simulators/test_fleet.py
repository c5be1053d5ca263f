"""The fleet file of Madiun and the rules of every fleet file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.problems import ConfigError
from devices.kinds import load_kinds
from simulators.fleet import Fault, load_fleet, registrations

PROJECT = Path(__file__).parents[3]
GEO = PROJECT.parent / "shared" / "data" / "geo"
MADIUN = PROJECT / "config" / "fleets" / "madiun.yaml"
SIAGA = ["bengawan_solo_siaga1", "bengawan_solo_siaga2", "bengawan_solo_siaga3"]


@pytest.fixture(scope="module")
def madiun():
    return load_fleet(MADIUN)


def sites_of(fleet, kind):
    return [site for site in fleet.sites if site.kind == kind]


def kelurahan_at(lon, lat):
    path = GEO / "madiun_kelurahan.geojson"
    if not path.exists():
        pytest.skip("the real boundaries are not here: ../shared/data/geo/madiun_kelurahan.geojson")
    for feature in json.loads(path.read_text())["features"]:
        shape = feature["geometry"]
        parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        if any(ring_holds(part[0], lon, lat) for part in parts):
            return feature["properties"]["nama"]
    return ""


def ring_holds(ring, x, y):
    """Even-odd rule: a point is inside when a ray from it crosses the ring an odd number of times."""
    held = False
    for (x1, y1, *_), (x2, y2, *_) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            held = not held
    return held


def test_madiun_has_more_than_forty_sites_of_all_kinds(madiun):
    counts = {kind: len(sites_of(madiun, kind)) for kind in ("traffic", "flood", "rain", "air")}
    assert sum(counts.values()) == len(madiun.sites) >= 44
    assert min(counts.values()) >= 6


def test_every_kind_of_the_fleet_is_configured(madiun):
    assert {site.kind for site in madiun.sites} <= set(load_kinds(PROJECT / "config" / "kinds"))


def test_traffic_and_air_stand_in_the_kelurahan_that_they_name(madiun):
    wrong = [
        (site.id, site.area, kelurahan_at(site.lon, site.lat))
        for site in madiun.sites
        if site.kind in ("traffic", "air", "rain") and kelurahan_at(site.lon, site.lat) != site.area
    ]
    assert wrong == []


def test_a_river_post_names_its_kelurahan_or_none_when_it_stands_outside(madiun):
    wrong = [p.id for p in madiun.river_posts if kelurahan_at(p.lon, p.lat) != p.area]
    assert wrong == []


def test_the_river_posts_go_from_south_to_north(madiun):
    posts = madiun.river_posts
    assert [post.order for post in posts] == list(range(1, len(posts) + 1))
    assert [post.lat for post in posts] == sorted(post.lat for post in posts)


def test_siaga_counts_up_in_the_bengawan_solo_scheme(madiun):
    for post in madiun.river_posts:
        assert list(post.levels) == SIAGA
        values = list(post.levels.values())
        assert post.normal_level_cm < values[0] < values[1] < values[2]


def test_air_stands_in_several_kelurahan_of_each_kecamatan(madiun):
    areas = {site.area for site in sites_of(madiun, "air")}
    assert {"Klegen", "Rejomulyo", "Manguharjo", "Patihan", "Taman", "Banjarejo"} <= areas


def test_no_two_sites_stand_on_one_spot(madiun):
    assert len({(site.lat, site.lon) for site in madiun.sites}) == len(madiun.sites)


def test_at_least_one_sensor_is_dead_on_purpose(madiun):
    assert any(site.fault is Fault.SILENT for site in madiun.sites)


def test_every_registration_says_that_it_is_simulated(madiun):
    since = datetime(2026, 1, 1, tzinfo=UTC)
    made = registrations(madiun, since)
    assert len(made) == len(madiun.sites)
    assert all(r.device.simulated and "(simulasi)" in r.site.name and r.since == since for r in made)
    assert all(r.device.id == r.site.id for r in made)


TRAFFIC = "{id: a, kind: traffic, name: A (simulasi), lat: -7.6, lon: 111.5%s}"
BAD = {
    "a name that hides that it is simulated": (
        "{id: a, kind: air, name: A, lat: -7.6, lon: 111.5}",
        r"must say \(simulasi\)",
    ),
    "a kind that nobody simulates": (
        "{id: a, kind: noise, name: A (simulasi), lat: -7.6, lon: 111.5}",
        "nobody simulates the kind 'noise'",
    ),
    "a river post without thresholds": (
        "{id: a, kind: flood, name: A (simulasi), lat: -7.6, lon: 111.5, order: 1}",
        "needs an order and thresholds",
    ),
    "an id twice": (f"{TRAFFIC % ''}, {TRAFFIC % ''}", "stand here twice: a"),
    "a road that floods with nothing": (
        TRAFFIC % ", road: {floods_with: elsewhere}",
        "'elsewhere' is not a river post",
    ),
    "a road without lanes": (TRAFFIC % ", road: {lanes: 0}", "1 to 8 lanes"),
    "an id that cannot be a topic": (
        "{id: a/b, kind: air, name: A (simulasi), lat: -7.6, lon: 111.5}",
        "not a site id",
    ),
}


@pytest.mark.parametrize(("sites", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_fleet_is_refused(tmp_path, sites, message):
    path = tmp_path / "fleet.yaml"
    path.write_text(f"city: x\nsites: [{sites}]\n")
    with pytest.raises(ConfigError, match=message):
        load_fleet(path)
