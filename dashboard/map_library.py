"""Where MapLibre comes from: files of the installed `maplibre` package; the project holds no copy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

_TYPES = {"maplibre-gl.js": "text/javascript", "maplibre-gl.css": "text/css"}


def library_file(name: str) -> tuple[bytes, str] | None:
    """Return a file of MapLibre and its media type; None for a name that the page does not need.

    Raises:
        FileNotFoundError: An upgrade of the package has moved its files.
    """
    if name not in _TYPES:
        return None
    return _folder().joinpath(name).read_bytes(), _TYPES[name]


def _folder() -> Path:
    # Found without importing it: the package's import sets up logging and warns of what we do not use.
    spec = find_spec("maplibre")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package maplibre is not installed")
    return Path(spec.origin).parent / "srcjs"
