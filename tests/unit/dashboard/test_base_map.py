from __future__ import annotations

import json
from pathlib import Path

from dashboard.base_map import first_bounds, layer_path
from devices.registry import Site

SITES = [
    Site(id="a", name="A", lat_deg=-7.6, lon_deg=111.5),
    Site(id="b", name="B", lat_deg=-7.7, lon_deg=111.6),
]


def outline(folder: Path, text: str) -> Path:
    (folder / "outline.geojson").write_text(text, encoding="utf-8")
    return folder


def test_the_sites_decide_what_the_map_shows_first(tmp_path: Path) -> None:
    assert [round(edge, 6) for edge in first_bounds(tmp_path, SITES)] == [111.49, -7.71, 111.61, -7.59]


def test_a_city_without_sites_shows_its_outline(tmp_path: Path) -> None:
    ring = [[[110.0, -7.0], [111.0, -7.0], [111.0, -8.0], [110.0, -7.0]]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": ring}}
    outline(tmp_path, json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert [round(edge, 6) for edge in first_bounds(tmp_path, [])] == [109.99, -8.01, 111.01, -6.99]


def test_a_missing_or_damaged_outline_costs_only_the_first_view(tmp_path: Path) -> None:
    absent = first_bounds(tmp_path / "nowhere", [])
    assert first_bounds(outline(tmp_path, "{broken"), []) == absent
    assert first_bounds(outline(tmp_path, '{"features": null}'), []) == absent


def test_only_layers_of_the_base_map_are_files(tmp_path: Path) -> None:
    (tmp_path / "secret.geojson").write_text("{}", encoding="utf-8")
    outline(tmp_path, "{}")
    assert layer_path(tmp_path, "outline") == tmp_path / "outline.geojson"
    assert layer_path(tmp_path, "secret") is None
    assert layer_path(tmp_path, "../outline") is None
    assert layer_path(tmp_path, "river") is None
