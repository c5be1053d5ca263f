"""The optional base map: what the page is told of it, and the tiles of a local file."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from config.settings import MapTiles
from dashboard.parts import Parts
from dashboard.tile_pack import TilePack, open_pack

_RASTER_ZOOM = (0, 19)
_CACHE = {"Cache-Control": "max-age=3600"}


class BaseTiles:
    """The base map that the settings ask for; a local file is opened once and stays open."""

    def __init__(self, parts: Parts) -> None:
        self._wanted = parts.map_tiles
        name = self._wanted.pmtiles
        self._pack = open_pack(parts.city_folder / name) if name else None

    def told(self) -> dict[str, Any] | None:
        """Return what the page must know to draw it; None when there is none."""
        if self._pack is not None:
            return _told_pack(self._pack, self._wanted)
        if self._wanted.style_url:
            return {"sort": "style", "url": self._wanted.style_url}
        if self._wanted.tiles_url:
            low, high = _RASTER_ZOOM
            return _told("raster", self._wanted.tiles_url, (low, high), self._wanted.attribution)
        return None

    def router(self) -> APIRouter:
        """Return the route of the tiles."""
        router = APIRouter(include_in_schema=False)
        pack = self._pack

        @router.get("/map/tiles/{z}/{x}/{y}")
        async def tile(z: int, x: int, y: int) -> Response:
            found = await asyncio.to_thread(pack.tile, z, x, y) if pack else None
            if pack is None or found is None:
                return Response(status_code=204, headers=_CACHE)  # empty, not an error: the sea has no tiles
            encoding = {"Content-Encoding": pack.encoding} if pack.encoding else {}
            return Response(found, media_type=pack.media_type, headers=_CACHE | encoding)

        return router


def _told_pack(pack: TilePack, wanted: MapTiles) -> dict[str, Any]:
    sort = "vector" if pack.is_vector else "raster"
    attribution = wanted.attribution or pack.attribution
    told = _told(sort, "/map/tiles/{z}/{x}/{y}", (pack.min_zoom, pack.max_zoom), attribution)
    return told | {"layers": pack.layers}


def _told(sort: str, url: str, zooms: tuple[int, int], attribution: str) -> dict[str, Any]:
    return {"sort": sort, "url": url, "min_zoom": zooms[0], "max_zoom": zooms[1], "attribution": attribution}
