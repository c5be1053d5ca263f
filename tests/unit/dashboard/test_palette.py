"""The tokens hold what the design promises: contrast, and colours apart in every kind of colour vision."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from dashboard.palette import THEMES, palette

STATES = ("normal", "low", "medium", "high", "critical", "unknown")
GROUNDS = ("map-ground", "map-city", "surface", "surface-raised")
ASSETS = Path(__file__).parents[3] / "dashboard" / "assets"
# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
Triple = tuple[float, float, float]


def linear(colour: str) -> Triple:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def seen(colour: str, vision: str) -> Triple:
    red, green, blue = linear(colour)
    rows = [a * red + b * green + c * blue for a, b, c in VISION[vision]]
    first, second, third = (min(1.0, max(0.0, part)) for part in rows)
    return first, second, third


def lab(light: Triple) -> Triple:
    """CIE L*a*b* under D65, in which equal distances look about equally large."""
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: str, other: str, vision: str) -> float:
    first, second = lab(seen(one, vision)), lab(seen(other, vision))
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_no_two_states_look_alike_in_any_kind_of_colour_vision(theme: str, vision: str) -> None:
    tokens = palette(theme)
    # 12 is five times the just noticeable difference of about 2.3.
    alike = [
        (one, other, round(found, 1))
        for one, other in itertools.combinations(STATES, 2)
        if (found := distance(tokens[f"state-{one}"], tokens[f"state-{other}"], vision)) < 12
    ]
    assert alike == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_every_state_stands_out_from_every_ground_at_three_to_one(theme: str, ground: str) -> None:
    tokens = palette(theme)
    weak = {s: contrast(tokens[f"state-{s}"], tokens[ground]) for s in STATES}
    assert {state: found for state, found in weak.items() if found < 3} == {}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("text", "surface"),
        ("text", "surface-pressed"),
        ("text", "map-city"),
        ("text-muted", "ground"),
        ("text-muted", "surface"),
        ("text-muted", "surface-raised"),
        ("map-site-name", "map-city"),
        ("map-place-name", "map-city"),
        ("map-area-name", "map-city"),
        ("on-critical", "state-critical"),
        ("demo", "surface"),
    ],
)
def test_text_is_readable_at_four_and_a_half_to_one(theme: str, ink: str, ground: str) -> None:
    tokens = palette(theme)
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_mark_on_a_filled_shape_can_be_seen(theme: str) -> None:
    tokens = palette(theme)
    assert all(contrast(tokens["shape-mark"], tokens[f"state-{s}"]) >= 3 for s in ("high", "critical"))


@pytest.mark.parametrize("part", ["map", "panel", "page"])
def test_style_sheets_take_every_colour_from_a_token(part: str) -> None:
    text = (ASSETS / f"{part}.css").read_text(encoding="utf-8")
    assert re.findall(r"(?<!-)#[0-9a-fA-F]{3,8}\b(?=[;,) ])|\brgba?\(|\bhsl\(", text) == []


def test_scripts_of_the_map_take_every_colour_from_a_token() -> None:
    scripts = (
        "map",
        "basemap",
        "site_layers",
        "painter",
        "images",
        "shapes",
        "pointer",
        "tiles",
        "filter_bar",
    )
    found = {
        name: re.findall(r"#[0-9a-fA-F]{6}\b", (ASSETS / "live" / f"{name}.js").read_text())
        for name in scripts
    }
    assert {name: colours for name, colours in found.items() if colours} == {}
