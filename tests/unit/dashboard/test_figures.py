from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.city_database import city_kinds

from alerts.journal.alarms import Severity
from dashboard.figures import Style, site_figure
from dashboard.history import Line
from dashboard.palette import palette
from dashboard.site_view import Current, LimitLine, RainBeside, SiteView
from dashboard.texts import load_texts
from devices.kinds import Label
from devices.registry import Site
from storage.readings import Flag

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Jakarta")
TEXTS = load_texts()["id"]
STYLE = Style(texts=TEXTS, zone=ZONE)
FLOOD = city_kinds()["flood"]
RAIN = city_kinds()["rain"]
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
    return site_figure(shown, STYLE).data


def test_times_are_wall_clock_of_the_zone_across_midnight() -> None:
    line = traces(view([10], [200.0]))[1]
    assert line.x[0] == "2026-11-22T00:50:00.000"  # 17:50 UTC on the 21st


def test_a_limit_spans_the_whole_day_and_says_its_severity() -> None:
    limit = traces(view([10], [200.0]))[0]
    assert (limit.x, limit.y) == (("2026-11-21T01:00:00.000", "2026-11-22T01:00:00.000"), (300.0, 300.0))
    assert limit.name == "Tinggi ≥ 300"


def test_points_are_joined_up_to_the_overdue_age_and_not_beyond() -> None:
    joined = traces(view([30, 15], [1.0, 2.0]))[1].y
    parted = traces(view([30.1, 15], [1.0, 2.0]))[1].y
    assert (list(joined), list(parted)) == ([1.0, 2.0], [1.0, None, 2.0])


def test_a_value_between_two_gaps_is_a_dot_since_no_line_can_show_it() -> None:
    drawn = traces(view([61, 41, 21, 20], [1.0, 2.0, 3.0, 4.0]))[1]
    dots = {level: dot for level, dot in zip(drawn.y, drawn.marker.opacity, strict=True) if level}
    assert (drawn.mode, dots) == ("lines+markers", {1.0: 1.0, 2.0: 1.0, 3.0: 0.0, 4.0: 0.0})


def test_a_failed_value_is_marked_at_the_edge_and_does_not_ruin_the_scale() -> None:
    _, line, marked = traces(view([15, 10, 5], [200.0, 9999.0, 210.0], [Flag.GOOD, Flag.FAIL, Flag.GOOD]))
    assert list(line.y) == [200.0, None, 210.0]
    assert (list(marked.y), marked.text[0]) == ([210.0], "Gagal uji mutu: 9.999")


def test_a_suspect_value_is_drawn_and_marked() -> None:
    _, line, marked = traces(view([10, 5], [200.0, 260.0], [Flag.GOOD, Flag.SUSPECT]))
    assert list(line.y) == [200.0, 260.0]
    assert list(marked.y) == [260.0]


def test_a_day_of_failed_values_only_still_gives_a_figure() -> None:
    _, line, marked = traces(view([10], [9999.0], [Flag.FAIL]))
    assert (list(line.y), list(marked.y)) == ([None], [2500.0])


def test_a_day_without_readings_says_so() -> None:
    figure = site_figure(view(), STYLE)
    assert "Tidak ada data dalam 24 jam" in [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("font_px", [16.0, 32.0])
def test_a_larger_wall_gets_larger_text_and_thicker_lines(font_px: float) -> None:
    figure = site_figure(view([10, 5], [1.0, 2.0]), replace(STYLE, font_px=font_px))
    assert figure.layout.font.size == font_px
    assert figure.data[1].line.width == 2.5 * font_px / 16


def test_a_siaga_limit_is_named_with_its_scheme_since_a_number_alone_means_opposites() -> None:
    limit = replace(
        SIAGA, value=1250.0, title=Label(id="Siaga 2 kuning", en="Siaga 2 yellow"), scheme="Bengawan Solo"
    )
    shown = replace(view([10], [200.0]), limits=(limit,))
    assert traces(shown)[0].name == "Siaga 2 kuning (Bengawan Solo) ≥ 1.250"
    english = site_figure(shown, replace(STYLE, language="en", texts=load_texts()["en"]))
    assert english.data[0].name == "Siaga 2 yellow (Bengawan Solo) ≥ 1,250"
    assert (english.layout.separators, site_figure(shown, STYLE).layout.separators) == (".,", ",.")


def test_a_limits_words_stand_above_its_line_on_the_panels_own_ground() -> None:
    figure = site_figure(view([10], [200.0]), STYLE)
    (words,) = [note for note in figure.layout.annotations if note.text == "Tinggi ≥ 300"]
    assert (words.y, words.yanchor, words.bgcolor) == (300.0, "bottom", STYLE.colours["surface"])


@pytest.mark.parametrize(
    ("second", "words", "colour"),
    [
        pytest.param(
            replace(
                SIAGA, severity=Severity.CRITICAL, title=Label(id="Siaga 1", en="Siaga 1"), scheme="Jakarta"
            ),
            "Tinggi, Siaga 1 (Jakarta) ≥ 300",
            "state-critical",
            id="held the same way",
        ),
        pytest.param(
            replace(SIAGA, title=Label(id="c", en="d")), "Tinggi ≥ 300", "state-high", id="same name"
        ),
        pytest.param(
            replace(SIAGA, severity=Severity.LOW, is_upward=False),
            "Tinggi ≥ 300 · Rendah ≤ 300",
            "state-high",
            id="held both ways",
        ),
    ],
)
def test_limits_of_one_value_are_one_line_with_one_label_that_names_them_all(second, words, colour) -> None:
    shown = replace(view([10], [200.0]), limits=(SIAGA, second, replace(SIAGA, value=400.0)))
    figure = site_figure(shown, STYLE)
    assert [note.text for note in figure.layout.annotations if note.y in (300.0, 400.0)] == [
        words,
        "Tinggi ≥ 400",
    ]
    drawn = [trace for trace in figure.data if list(trace.y) == [300.0, 300.0]]
    assert [trace.line.color for trace in drawn] == [palette("dark")[colour]]


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    ("flag", "is_told"),
    [(Flag.GOOD, False), (Flag.NOT_EVALUATED, False), (Flag.SUSPECT, True), (Flag.FAIL, True)],
)
def test_a_chart_with_crosses_says_what_a_cross_means(language: str, flag: Flag, is_told: bool) -> None:
    style = replace(STYLE, language=language, texts=load_texts()[language])
    notes = site_figure(view([10, 5], [200.0, 260.0], [Flag.GOOD, flag]), style).layout.annotations
    assert (style.texts["chart_crosses"] in [note.text for note in notes]) is is_told


def test_bands_fill_from_each_limit_to_the_next_and_the_last_only_as_far_as_was_measured() -> None:
    limits = (replace(SIAGA, value=400.0, severity=Severity.CRITICAL), SIAGA)
    below = site_figure(replace(view([10], [200.0]), limits=limits), STYLE).layout.shapes
    above = site_figure(replace(view([10], [450.0]), limits=limits), STYLE).layout.shapes
    assert [(band.y0, band.y1) for band in below] == [(300.0, 400.0)]
    assert sorted((band.y0, band.y1) for band in above) == [(300.0, 400.0), (400.0, 450.0)]


def test_a_limit_that_counts_down_has_its_band_below_it() -> None:
    jam = replace(SIAGA, value=10.0, is_upward=False)
    bands = site_figure(replace(view([10, 5], [20.0, 4.0]), limits=(jam,)), STYLE).layout.shapes
    assert [(band.y0, band.y1) for band in bands] == [(10.0, 4.0)]


def test_rain_hangs_above_the_level_in_its_own_room_and_names_its_gauge() -> None:
    gauge = Site(id="hujan", name="Hujan Kuncen", lat_deg=-7.65, lon_deg=111.51)
    rain_line = Line(device_id="hujan-1", times=(NOW,), values=(40.0,), flags=(Flag.GOOD,))
    rain = RainBeside(gauge=gauge, distance_km=1.26, kind=RAIN, lines=(rain_line,))
    figure = site_figure(replace(view([10], [200.0]), rain=rain), STYLE)
    assert figure.layout.yaxis.domain[1] < figure.layout.yaxis2.domain[0]
    assert figure.layout.yaxis2.range == (44.0, 0)  # reversed: it falls
    assert figure.data[-1].yaxis == "y2"
    assert "Hujan: Hujan Kuncen, 1,3 km, mm/jam" in [note.text for note in figure.layout.annotations]
    silent = site_figure(replace(view([10], [200.0]), rain=replace(rain, lines=())), STYLE)
    assert any("tidak ada data" in note.text for note in silent.layout.annotations)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_colour_of_a_figure_is_a_token_of_its_theme(theme: str) -> None:
    figure = site_figure(view([10], [200.0]), replace(STYLE, theme=theme))
    tokens = palette(theme)
    assert figure.layout.font.color == tokens["text"]
    assert figure.data[0].line.color == tokens["state-high"]
    assert figure.data[1].line.color == tokens["chart-1"]


def test_a_failed_rain_value_does_not_flatten_the_true_rain() -> None:
    gauge = Site(id="hujan", name="Hujan", lat_deg=-7.65, lon_deg=111.51)
    times = (NOW - timedelta(minutes=5), NOW)
    line = Line(device_id="hujan-1", times=times, values=(20.0, 99999.0), flags=(Flag.GOOD, Flag.FAIL))
    rain = RainBeside(gauge=gauge, distance_km=1.0, kind=RAIN, lines=(line,))
    figure = site_figure(replace(view([10], [200.0]), rain=rain), STYLE)
    assert figure.layout.yaxis2.range == (22.0, 0)
    assert list(figure.data[-1].y) == [20.0, None]
