from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.wording import day, decimal, moment

ZONE = ZoneInfo("Asia/Jakarta")
LATE = datetime(2026, 5, 31, 17, 30, tzinfo=UTC)  # already June where the people are


@pytest.mark.parametrize(("language", "shown"), [("id", "-1.234,5"), ("en", "-1,234.5")])
def test_numbers_are_written_as_the_language_writes_them(language: str, shown: str) -> None:
    assert decimal(-1234.51, 1, language) == shown


def test_decimals_are_kept_when_they_are_zeros() -> None:
    assert (decimal(3.0, 2, "id"), decimal(3.0, 0, "id")) == ("3,00", "3")


@pytest.mark.parametrize(("language", "shown"), [("id", "1 Jun 00:30 WIB"), ("en", "1 Jun 00:30 WIB")])
def test_a_moment_is_the_citys_wall_clock_and_says_its_zone(language: str, shown: str) -> None:
    assert moment(LATE, ZONE, language) == shown
    assert day(LATE, ZONE, language) == "1 Jun 2026"
