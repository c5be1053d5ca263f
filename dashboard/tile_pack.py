"""A base map of tiles in one local PMTiles file: the only module that knows the library `pmtiles`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, TileType

_LOG = logging.getLogger(__name__)
_MEDIA_TYPES = {
    TileType.MVT: "application/vnd.mapbox-vector-tile",
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
    TileType.AVIF: "image/avif",
}
_ENCODINGS = {
    Compression.NONE: "",
    Compression.GZIP: "gzip",
    Compression.BROTLI: "br",
    Compression.ZSTD: "zstd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TilePack:
    """An open file of tiles; safe to read from several threads, and open as long as it lives.

    Attributes:
        media_type: Of every tile.
        encoding: The HTTP content encoding of every tile, "" for none.
        is_vector: Whether the tiles hold shapes; else they are pictures.
        min_zoom: Smallest zoom that it holds.
        max_zoom: Largest such zoom.
        layers: Names of the layers inside vector tiles.
        attribution: Whom its data ask to name, "" for nobody.
        source: Where its bytes come from.
    """

    media_type: str
    encoding: str
    is_vector: bool
    min_zoom: int
    max_zoom: int
    layers: tuple[str, ...]
    attribution: str
    source: Any

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's bytes as they are stored; None where the file has none."""
        size = 2**z if 0 <= z <= self.max_zoom else 0
        if not (0 <= x < size and 0 <= y < size):
            return None
        found: bytes | None = Reader(self.source).get(z, x, y)  # type: ignore[no-untyped-call]
        return found


def open_pack(path: Path) -> TilePack | None:
    """Return the file's tiles; None, with a line in the log, when there is no such file or it is damaged.

    A base map that is missing costs itself: the map has the city's own layers.
    """
    try:
        with path.open("rb") as file:
            source = MmapSource(file)  # type: ignore[no-untyped-call]
        return _pack(source)
    except Exception as error:  # noqa: BLE001 - the library lets many kinds through where a file is damaged
        _LOG.error("the base map %s cannot be read and is left out: %s", path, error)
        return None


def _pack(source: Any) -> TilePack:  # noqa: ANN401 - a function of the library
    reader = Reader(source)  # type: ignore[no-untyped-call]
    header: dict[str, Any] = reader.header()  # type: ignore[no-untyped-call]
    told: dict[str, Any] = reader.metadata()  # type: ignore[no-untyped-call]
    return TilePack(
        media_type=_MEDIA_TYPES[header["tile_type"]],
        encoding=_ENCODINGS[header["tile_compression"]],
        is_vector=header["tile_type"] is TileType.MVT,
        min_zoom=header["min_zoom"],
        max_zoom=header["max_zoom"],
        layers=tuple(str(layer["id"]) for layer in told.get("vector_layers", ())),
        attribution=str(told.get("attribution", "")),
        source=source,
    )
