from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.city_database import city_kinds

from alerts.alarms import Severity
from dashboard.figures import day_figure
from dashboard.site_view import Current, LimitLine, Line, SiteView
from dashboard.texts import load_texts
from devices.kinds import Label
from devices.registry import Site
from storage.readings import Flag

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Jakarta")
TEXTS = load_texts()["id"]
FLOOD = city_kinds()["flood"]
LEVEL = Current(
    kind=FLOOD, name="water_level_cm", metric=FLOOD.metrics["water_level_cm"], latest=None, is_overdue=True
)
SIAGA = LimitLine(value=300.0, severity=Severity.HIGH, title=Label(id="a", en="b"), is_upward=True)


def view(
    minutes_ago: Sequence[float] = (), values: Sequence[float] = (), flags: Sequence[Flag] | None = None
) -> SiteView:
    line = Line(
        device_id="gate-1",
        times=tuple(NOW - timedelta(minutes=minutes) for minutes in minutes_ago),
        values=tuple(values),
        flags=tuple(flags or [Flag.GOOD] * len(values)),
    )
    return SiteView(
        site=Site(id="gate", name="Gate", lat_deg=-7.6, lon_deg=111.5),
        is_simulated=False,
        at=NOW,
        chosen=LEVEL,
        currents=(LEVEL,),
        lines=(line,) if values else (),
        limits=(SIAGA,),
        alarms=(),
    )


def traces(shown: SiteView):
    return day_figure(shown, texts=TEXTS, zone=ZONE).data


def test_times_are_wall_clock_of_the_zone_across_midnight() -> None:
    line = traces(view([10], [200.0]))[1]
    assert line.x[0] == "2026-11-22T00:50:00.000"  # 17:50 UTC on the 21st


def test_a_limit_spans_the_whole_day_and_says_its_severity() -> None:
    limit = traces(view([10], [200.0]))[0]
    assert (limit.x, limit.y) == (("2026-11-21T01:00:00.000", "2026-11-22T01:00:00.000"), (300.0, 300.0))
    assert limit.text[0] == "Tinggi ≥ 300"


def test_points_are_joined_up_to_the_overdue_age_and_not_beyond() -> None:
    joined = traces(view([30, 15], [1.0, 2.0]))[1].y
    parted = traces(view([30.1, 15], [1.0, 2.0]))[1].y
    assert (list(joined), list(parted)) == ([1.0, 2.0], [1.0, None, 2.0])


def test_a_failed_value_is_marked_at_the_edge_and_does_not_ruin_the_scale() -> None:
    _, line, marked = traces(view([15, 10, 5], [200.0, 9999.0, 210.0], [Flag.GOOD, Flag.FAIL, Flag.GOOD]))
    assert list(line.y) == [200.0, None, 210.0]
    assert (list(marked.y), marked.text[0]) == ([210.0], "Gagal uji mutu: 9999")


def test_a_suspect_value_is_drawn_and_marked() -> None:
    _, line, marked = traces(view([10, 5], [200.0, 260.0], [Flag.GOOD, Flag.SUSPECT]))
    assert list(line.y) == [200.0, 260.0]
    assert list(marked.y) == [260.0]


def test_a_day_of_failed_values_only_still_gives_a_figure() -> None:
    _, line, marked = traces(view([10], [9999.0], [Flag.FAIL]))
    assert (list(line.y), list(marked.y)) == ([None], [2500.0])


def test_a_day_without_readings_says_so() -> None:
    figure = day_figure(view(), texts=TEXTS, zone=ZONE)
    assert TEXTS["panel_no_readings"] in [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("font_px", [16.0, 32.0])
def test_a_larger_wall_gets_larger_text_and_thicker_lines(font_px: float) -> None:
    figure = day_figure(view([10, 5], [1.0, 2.0]), texts=TEXTS, zone=ZONE, font_px=font_px)
    assert figure.layout.font.size == font_px
    assert figure.data[1].line.width == 2.5 * font_px / 16
