"""The base map: the city's own GeoJSON layers, and the part of the earth that the map shows first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from devices.registry import Site

LAYERS = ("outline", "areas", "river", "roads", "places")
Bounds = tuple[float, float, float, float]
_JAVA: Bounds = (105.0, -8.9, 114.7, -5.8)
_MARGIN_DEG = 0.01


def layer_path(folder: Path, layer: str) -> Path | None:
    """Return a layer's file, None when it is no layer of ours or the city does not have it."""
    path = folder / f"{layer}.geojson"
    return path if layer in LAYERS and path.is_file() else None


def first_bounds(folder: Path, sites: Iterable[Site]) -> Bounds:
    """Return west, south, east and north of what the map shows first, in degrees.

    The sites decide; a city that has none yet shows its outline, and without that the map shows Java.
    """
    points = [(site.lon_deg, site.lat_deg) for site in sites] or list(_outline_points(folder))
    if not points:
        return _JAVA
    longitudes, latitudes = zip(*points, strict=True)
    return (
        min(longitudes) - _MARGIN_DEG,
        min(latitudes) - _MARGIN_DEG,
        max(longitudes) + _MARGIN_DEG,
        max(latitudes) + _MARGIN_DEG,
    )


def _outline_points(folder: Path) -> Iterator[tuple[float, float]]:
    path = layer_path(folder, "outline")
    if path is not None:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            return  # a damaged layer costs the first view, not the page
        yield from _points(document)


def _points(node: Any) -> Iterator[tuple[float, float]]:  # noqa: ANN401 - GeoJSON nests as it likes
    """Yield every position under the coordinates of a GeoJSON document."""
    if isinstance(node, dict):
        for key in ("features", "geometry", "geometries", "coordinates"):
            yield from _points(node.get(key))
    elif isinstance(node, list) and len(node) >= 2 and all(isinstance(n, int | float) for n in node):
        yield float(node[0]), float(node[1])
    elif isinstance(node, list):
        for child in node:
            yield from _points(child)
