from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write
from support.asgi import ask
from support.city_database import CityDatabase, city_kinds, city_rules

from config.settings import MapTiles
from dashboard.parts import Parts
from dashboard.server import create_app
from dashboard.tile_pack import open_pack

TILE = b"shapes of the river"


def pack_at(path: Path) -> Path:
    with write(str(path)) as writer:
        writer.write_tile(zxy_to_tileid(12, 3317, 2135), TILE)
        told = {
            "tile_type": TileType.MVT,
            "tile_compression": Compression.NONE,
            "min_zoom": 10,
            "max_zoom": 14,
            "min_lon_e7": 0,
            "min_lat_e7": 0,
            "max_lon_e7": 0,
            "max_lat_e7": 0,
            "center_zoom": 12,
            "center_lon_e7": 0,
            "center_lat_e7": 0,
        }
        writer.finalize(told, {"vector_layers": [{"id": "water"}], "attribution": "© somebody"})
    return path


def test_a_tile_of_the_file_is_found_and_what_it_has_not_is_none(tmp_path: Path) -> None:
    pack = open_pack(pack_at(tmp_path / "city.pmtiles"))
    assert pack is not None
    assert pack.tile(12, 3317, 2135) == TILE
    assert pack.tile(12, 3318, 2135) is None
    assert (pack.layers, pack.attribution, pack.is_vector) == (("water",), "© somebody", True)


@pytest.mark.parametrize("place", [(12, -1, 0), (12, 5000, 1), (-1, 0, 0), (99, 0, 0), (12, 10**30, 0)])
def test_a_tile_outside_the_earth_is_none_and_no_error(tmp_path: Path, place: tuple[int, int, int]) -> None:
    pack = open_pack(pack_at(tmp_path / "city.pmtiles"))
    assert pack is not None
    assert pack.tile(*place) is None


@pytest.mark.parametrize(
    "content", [None, b"", b"PMTiles", b"\x00" * 500], ids=["absent", "empty", "cut", "zeros"]
)
def test_a_file_that_cannot_be_read_is_left_out(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "city.pmtiles"
    if content is not None:
        path.write_bytes(content)
    assert open_pack(path) is None


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    yield city
    city.close()


def app_with(city: CityDatabase, folder: Path, **tiles: Any) -> Any:
    return create_app(
        Parts(
            database=city.database,
            readings=city.readings,
            kinds=city_kinds(),
            rules=city_rules(),
            city_folder=folder,
            map_tiles=MapTiles(**tiles),
            time_zone=ZoneInfo("Asia/Jakarta"),
            language="id",
            demo=True,
        )
    )


def test_the_page_is_served_tiles_of_the_local_file_and_told_of_its_layers(
    city: CityDatabase, tmp_path: Path
) -> None:
    pack_at(tmp_path / "city.pmtiles")
    app = app_with(city, tmp_path, pmtiles="city.pmtiles", attribution="© Kota")
    told = json.loads(ask(app, "/boot.json").body)["tiles"]
    assert (told["sort"], told["layers"], told["attribution"]) == ("vector", ["water"], "© Kota")
    found = ask(app, "/map/tiles/12/3317/2135")
    assert (found.status, found.body) == (200, TILE.decode())
    assert ask(app, "/map/tiles/12/0/0").status == 204
    assert ask(app, "/map/tiles/12/x/0").status == 422
    assert "http" not in found.headers["content-security-policy"]


def test_without_a_base_map_nothing_is_told_and_there_are_no_tiles(
    city: CityDatabase, tmp_path: Path
) -> None:
    app = app_with(city, tmp_path)
    assert json.loads(ask(app, "/boot.json").body)["tiles"] is None
    assert ask(app, "/map/tiles/1/0/0").status == 204


def test_a_missing_file_costs_only_the_base_map(city: CityDatabase, tmp_path: Path) -> None:
    app = app_with(city, tmp_path, pmtiles="lost.pmtiles")
    assert json.loads(ask(app, "/boot.json").body)["tiles"] is None


def test_a_browser_may_ask_exactly_the_configured_servers(city: CityDatabase, tmp_path: Path) -> None:
    app = app_with(
        city,
        tmp_path,
        style_url="https://maps.example/style.json?key=a",
        hosts=("https://tiles.example:8443/x",),
    )
    policy = ask(app, "/").headers["content-security-policy"]
    allowed = "https://maps.example https://tiles.example:8443"
    assert f"connect-src 'self' {allowed};" in policy
    assert f"img-src 'self' data: blob: {allowed};" in policy
    assert "script-src 'self' 'sha" in policy
