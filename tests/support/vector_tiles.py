"""A base map in one small PMTiles file: the least of the Mapbox Vector Tile format, written by hand."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

ZOOM = 10  # its tiles are some forty kilometres wide; from nearer the map draws them larger
_EXTENT = 4096
_LINE, _AREA = 2, 3
Ring = Sequence[tuple[int, int]]


def pack_of_city(path: Path, *, lat: float, lon: float) -> Path:
    """Write the tile of a place and those around it, each with a grid of roads and blocks of water."""
    x, y = _tile_at(lat, lon)
    grid = range(0, _EXTENT, 64)
    roads = [[(at, 0), (at, _EXTENT)] for at in grid]
    water = [[(at, at), (at + 40, at), (at + 40, at + 40), (at, at + 40)] for at in grid]
    water += [[(column, row), (column + 40, row), (column, row + 40)] for column in grid for row in grid[::8]]
    tile = gzip.compress(_layer("roads", _LINE, roads) + _layer("water", _AREA, water), mtime=0)
    with write(str(path)) as writer:
        places = [(ZOOM, x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        for tile_id in sorted(zxy_to_tileid(*place) for place in places):
            writer.write_tile(tile_id, tile)
        writer.finalize(_header(lat, lon), {"vector_layers": [{"id": "roads"}, {"id": "water"}]})
    return path


def _tile_at(lat: float, lon: float) -> tuple[int, int]:
    """Return the column and row of web Mercator's tile."""
    across = (lon + 180) / 360
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int(across * 2**ZOOM), int(down * 2**ZOOM)


def _header(lat: float, lon: float) -> dict[str, object]:
    west, south, east, north = (round(value * 1e7) for value in (lon - 1, lat - 1, lon + 1, lat + 1))
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_zoom": ZOOM,
        "max_zoom": ZOOM,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": ZOOM,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _layer(name: str, sort: int, shapes: Sequence[Ring]) -> bytes:
    """Return one layer of a tile; shapes without properties.

    Source:
        Mapbox Vector Tile Specification 2.1.
    """
    features = [
        _field(2, _number(3, sort) + _field(4, b"".join(map(_varint, _commands(shape, sort)))))
        for shape in shapes
    ]
    return _field(3, _number(15, 2) + _field(1, name.encode()) + b"".join(features) + _number(5, _EXTENT))


def _commands(shape: Ring, sort: int) -> Iterator[int]:
    """Yield move, lines and, for an area, the end of its ring."""
    yield 1 | 1 << 3
    before = (0, 0)
    for place, point in enumerate(shape):
        if place == 1:
            yield 2 | (len(shape) - 1) << 3
        for now, then in zip(point, before, strict=True):
            yield (now - then) * 2 if now >= then else (then - now) * 2 - 1
        before = point
    if sort == _AREA:
        yield 7 | 1 << 3


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
