from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from config.settings import MapTiles
from dashboard.base_map import LAYERS, first_bounds, layer_path
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


def test_the_page_about_the_map_names_every_layer_and_every_setting() -> None:
    page = (Path(__file__).parents[3] / "docs" / "map.md").read_text(encoding="utf-8")
    assert [layer for layer in LAYERS if f"| `{layer}.geojson` |" not in page] == []
    assert [field.name for field in fields(MapTiles) if f"| `{field.name}` |" not in page] == []


def test_every_layer_of_the_demo_says_that_it_was_drawn_by_hand() -> None:
    folder = Path(__file__).parents[3] / "config" / "city" / "madiun"
    layers = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.geojson")}
    assert layers
    assert [name for name, layer in layers.items() if layer.get("schematic") is not True] == []
    assert [name for name in layers if layer_path(folder, name) is None] == []
