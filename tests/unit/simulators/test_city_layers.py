"""The demo's map layers fit the demo's sensors."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest

from simulators.fleet import load_fleet

PROJECT = Path(__file__).parents[3]
FOLDER = PROJECT / "config" / "city" / "madiun"
FLEET = load_fleet(PROJECT / "config" / "fleets" / "madiun.yaml")
M_PER_DEGREE = 111_320.0


def layer(name):
    return json.loads((FOLDER / f"{name}.geojson").read_text(encoding="utf-8"))


def metres_to_line(site, line):
    """Return the distance from a site to a polyline, on a plane: good to a metre over a city."""
    east = math.cos(math.radians(site.lat)) * M_PER_DEGREE

    def plane(lon, lat):
        return (lon - site.lon) * east, (lat - site.lat) * M_PER_DEGREE

    def to_segment(a, b):
        (ax, ay), (bx, by) = plane(*a), plane(*b)
        length2 = (bx - ax) ** 2 + (by - ay) ** 2
        share = min(max(-(ax * (bx - ax) + ay * (by - ay)) / length2, 0.0), 1.0)
        return math.hypot(ax + share * (bx - ax), ay + share * (by - ay))

    return min(to_segment(a, b) for a, b in pairwise(line))


@pytest.mark.parametrize("name", ["outline", "river", "roads", "places"])
def test_every_layer_says_that_it_is_a_schematic_and_names_its_features(name):
    collection = layer(name)
    assert collection["type"] == "FeatureCollection"
    assert "Hand-made schematic" in collection["description"]
    assert all(feature["properties"]["name"] for feature in collection["features"])


def test_every_coordinate_is_longitude_then_latitude_in_madiun():
    for name in ("outline", "river", "roads", "places"):
        for lon, lat in pairs([feature["geometry"]["coordinates"] for feature in layer(name)["features"]]):
            assert 111.48 < lon < 111.57
            assert -7.70 < lat < -7.58


def pairs(nested):
    if isinstance(nested[0], float | int):
        return [nested]
    return [pair for part in nested for pair in pairs(part)]


def test_the_outline_is_closed():
    ring = layer("outline")["features"][0]["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]


def test_the_river_flows_past_every_river_post():
    line = layer("river")["features"][0]["geometry"]["coordinates"]
    far = {post.id: metres_to_line(post, line) for post in FLEET.river_posts}
    assert max(far.values()) < 60, far


def test_every_traffic_site_stands_on_the_road_that_it_names():
    roads = {f["properties"]["name"]: f["geometry"]["coordinates"] for f in layer("roads")["features"]}
    for site in FLEET.sites:
        if site.kind == "traffic":
            road = next(line for name, line in roads.items() if site.waterway.startswith(name))
            assert metres_to_line(site, road) < 60, site.id
