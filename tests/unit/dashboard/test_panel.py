from __future__ import annotations

import pytest

from dashboard.panel import Choice, number, parse_choice


@pytest.mark.parametrize(
    "data", [None, {}, {"site": None}, {"site": 7}, {"kind": "flood"}], ids=lambda data: str(data)
)
def test_what_is_no_choice_chooses_nothing(data: dict[str, object] | None) -> None:
    assert parse_choice(data) is None


def test_a_choice_keeps_only_what_it_understands() -> None:
    told = {"site": "gate", "language": "fr", "font_px": "huge", "metric": None, "more": 1}
    assert parse_choice(told) == Choice(site="gate")


@pytest.mark.parametrize(("size", "kept"), [(1e9, 80.0), (-4, 8.0), (24, 24.0)])
def test_the_size_of_text_stays_readable(size: float, kept: float) -> None:
    choice = parse_choice({"site": "gate", "font_px": size})
    assert choice is not None
    assert choice.font_px == kept


@pytest.mark.parametrize(("language", "shown"), [("id", "-1.234,5"), ("en", "-1,234.5")])
def test_numbers_are_written_as_the_language_writes_them(language: str, shown: str) -> None:
    assert number(-1234.51, 1, language) == shown
