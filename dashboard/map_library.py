"""Where MapLibre comes from: files of the installed `maplibre` package; the project holds no copy."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

_TYPES = {"maplibre-gl.js": "text/javascript", "maplibre-gl.css": "text/css"}


def library_file(name: str) -> tuple[bytes, str] | None:
    """Return a file of MapLibre and its media type; None for a name that the page does not need.

    Raises:
        FileNotFoundError: An upgrade of the package has moved its files.
    """
    if name not in _TYPES:
        return None
    return _folder().joinpath(name).read_bytes(), _TYPES[name]


def _folder() -> Traversable:
    return files("maplibre") / "srcjs"
