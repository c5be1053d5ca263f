from __future__ import annotations

import pytest

from dashboard.panel_choice import Choice, parse_choice


@pytest.mark.parametrize(
    "data",
    [None, {}, {"site": None}, {"site": 7}, {"kind": "flood"}, 5, "x", [1], {"site": "\ud800"}],
    ids=ascii,
)
def test_what_is_no_choice_chooses_nothing(data: object) -> None:
    assert parse_choice(data) is None


def test_a_choice_keeps_only_what_it_understands() -> None:
    told = {"site": "gate", "language": "fr", "font_px": "huge", "metric": None, "more": 1}
    assert parse_choice(told) == Choice(site="gate")


@pytest.mark.parametrize(
    ("size", "kept"), [(1e9, 80.0), (-4, 8.0), (24, 24.0), (10**400, 16.0), (float("nan"), 16.0)]
)
def test_the_size_of_text_stays_readable(size: float, kept: float) -> None:
    choice = parse_choice({"site": "gate", "font_px": size})
    assert choice is not None
    assert choice.font_px == kept


@pytest.mark.parametrize("span", ["1000y", 7, None, ""])
def test_a_span_that_nobody_offers_is_a_day(span: object) -> None:
    choice = parse_choice({"site": "gate", "span": span})
    assert choice is not None
    assert choice.span == "24h"


def test_a_change_of_theme_keeps_the_chart_that_a_person_has_zoomed() -> None:
    dark, light = (parse_choice({"site": "gate", "theme": theme}) for theme in ("dark", "light"))
    assert dark is not None
    assert light is not None
    assert (dark.key, dark.theme, light.theme) == (light.key, "dark", "light")
