from __future__ import annotations

from dashboard.map_library import library_file


def test_the_installed_package_still_carries_maplibre_5() -> None:
    """An upgrade that moves or changes the files is noticed here, not on the wall."""
    script, style = library_file("maplibre-gl.js"), library_file("maplibre-gl.css")
    assert script is not None
    assert style is not None
    assert b"maplibre-gl-js/blob/v5." in script[0][:400]
    assert (script[1], style[1]) == ("text/javascript", "text/css")
    assert b"maplibregl-map" in style[0]


def test_no_other_file_of_the_package_is_given_out() -> None:
    assert library_file("../__init__.py") is None
    assert library_file("ipywidget.js") is None


def test_the_style_asks_no_other_server_for_anything() -> None:
    found = library_file("maplibre-gl.css")
    assert found is not None
    asked = found[0].decode().split("url(")[1:]
    assert [url[:40] for url in asked if not url.lstrip("\"'").startswith("data:")] == []
