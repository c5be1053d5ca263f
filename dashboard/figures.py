"""Figures: from a view to a Plotly figure, without a store, a clock or Dash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from dashboard.history import Line, Point, lone, thinned, thinned_marks, with_gaps
from dashboard.palette import Palette, palette
from dashboard.site_view import Current, LimitLine, RainBeside, SiteView
from dashboard.texts import Texts
from dashboard.wording import decimal
from devices.kinds import Metric
from devices.units import printed_unit
from storage.readings import Flag

_FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
_MARKED = {Flag.SUSPECT: "flag_suspect", Flag.FAIL: "flag_fail", Flag.MISSING: "flag_missing"}
_LEVEL_ROOM, _RAIN_ROOM = (0.0, 0.7), (0.82, 1.0)
_LIGHT_RAIN = 10.0  # mm/h: a drizzle must not look like a cloudburst
_DOT_PX = 6
_SEPARATORS = {"id": ",.", "en": ".,"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a figure looks and speaks.

    Attributes:
        texts: The language of its words.
        language: `id` or `en`, for its numbers.
        zone: The zone of its clock; Plotly draws the wall clock's digits that it is given.
        theme: `dark` or `light`.
        font_px: Size of its text; a larger wall gets thicker lines with it.
    """

    texts: Texts
    zone: ZoneInfo
    language: str = "id"
    theme: str = "dark"
    font_px: float = 16.0

    @property
    def colours(self) -> Palette:
        """The tokens of its theme."""
        return palette(self.theme)


def site_figure(view: SiteView, style: Style) -> go.Figure:
    """Return the charted metric over the view's span with its limits, and the rain beside a river's level.

    Args:
        view: The site; one without a charted metric gives an empty figure.
        style: How it looks and speaks.
    """
    figure = go.Figure(layout=_layout(view, style))
    if view.chosen is None:
        return figure
    figure.add_traces([_limit_trace(limits, view, style) for limits in _by_value(view)])
    for number, line in enumerate(view.lines):
        colour = style.colours[f"chart-{number % 4 + 1}"]
        figure.add_trace(_line_trace(line, view.chosen, style, colour))
        figure.add_trace(_marked_trace(line, view.chosen, style))
    if view.rain is not None:
        figure.add_traces([_rain_trace(line, view.rain, style) for line in view.rain.lines])
    _scale_strokes(figure, style.font_px / 16)
    return figure


def _scale_strokes(figure: go.Figure, scale: float) -> None:
    for trace in figure.data:
        if trace.line.width:
            trace.line.width *= scale
        if trace.marker.size:
            trace.marker.size *= scale
        if trace.marker.line.width:
            trace.marker.line.width *= scale


def _layout(view: SiteView, style: Style) -> go.Layout:
    colours, font_px = style.colours, style.font_px
    metric = view.chosen.name if view.chosen else ""
    return go.Layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        separators=_SEPARATORS[style.language],
        font={"family": _FONT, "size": font_px, "color": colours["text"]},
        margin={"l": 3.4 * font_px, "r": font_px, "t": 1.9 * font_px, "b": 2.6 * font_px},
        **_axes(view, colours),
        annotations=_notes(view, style),
        shapes=_bands(view, colours),
        showlegend=len(view.lines) > 1,
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1, "yanchor": "bottom"},
        hovermode="x unified",
        hoverlabel={
            "bgcolor": colours["surface-raised"],
            "bordercolor": colours["line"],
            "font": {"size": font_px, "color": colours["text"]},
        },
        dragmode="zoom",
        uirevision=f"{view.site.id}/{metric}/{view.span}",
    )


def _axes(view: SiteView, colours: Palette) -> dict[str, dict[str, Any]]:
    grid = colours["chart-grid"]
    axis = {
        "gridcolor": grid,
        "zeroline": False,
        "linecolor": grid,
        "tickfont": {"color": colours["text-muted"]},
    }
    time = {**axis, "type": "date", "tickformat": "%H:%M\n%d-%m", "hoverformat": "%d-%m %H:%M:%S"}
    level = {**axis, "rangemode": "normal", "nticks": 6, "fixedrange": True}
    if view.rain is None:
        return {"xaxis": {**time, "showgrid": False}, "yaxis": level}
    # Rain hangs from the top, as hydrologists draw it: what falls above rises below, later.
    rain = {
        **axis,
        "domain": _RAIN_ROOM,
        "fixedrange": True,
        "nticks": 2,  # its room is low
        "range": [_most_rain(view.rain), 0],
    }
    return {
        "xaxis": {**time, "showgrid": False, "anchor": "y"},
        "yaxis": {**level, "domain": _LEVEL_ROOM},
        "yaxis2": rain,
    }


def _most_rain(rain: RainBeside) -> float:
    return max([_LIGHT_RAIN, *(1.1 * value for line in rain.lines for value in _good(line))])


def _notes(view: SiteView, style: Style) -> list[dict[str, object]]:
    """Return the words around the lines: units, whose rain, and a sentence where there is no line."""
    note = {
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "font": {"color": style.colours["text-muted"]},
    }
    above = {**note, "yanchor": "bottom", "yshift": 4}
    small = {"color": style.colours["text-muted"], "size": 0.85 * style.font_px}
    unit = printed_unit(view.chosen.metric.unit, style.language) if view.chosen else ""
    top = 1.0 if view.rain is None else _LEVEL_ROOM[1]
    beside = {**above, "yshift": 1, "font": small, "xanchor": "right", "xshift": -4}
    notes = [{**beside, "text": unit, "x": 0, "y": top}]
    if view.rain is not None:
        words = _rain_words(view.rain, style)
        notes.append({**above, "text": words, "font": small, "x": 0, "xanchor": "left", "y": 1})
    if not view.lines:
        missing = style.texts["panel_no_readings"].format(span=span_words(view, style.texts))
        notes.append({**note, "text": missing, "x": 0.5, "y": 0.5 * top})
    if any(flag in _MARKED for line in view.lines for flag in line.flags):
        crosses = {"text": style.texts["chart_crosses"], "x": 1, "xanchor": "right", "y": top}
        notes.append({**above, **crosses, "font": small})
    return notes + [_limit_name(limits, view, style) for limits in _by_value(view)]


def _by_value(view: SiteView) -> list[list[LimitLine]]:
    """Return the limits in their order, those of one value together: they are one line with one name."""
    found: dict[float, list[LimitLine]] = {}
    for limit in view.limits:
        found.setdefault(limit.value, []).append(limit)
    return list(found.values())


def _limit_name(limits: Sequence[LimitLine], view: SiteView, style: Style) -> dict[str, object]:
    """Return what a limit is called where its line begins, on ground of its own, so that no line blurs it."""
    limit = limits[0]
    return {
        "text": _words_together(limits, view, style),
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "xshift": 0.3 * style.font_px,
        "y": limit.value,
        "yanchor": "bottom",
        "yshift": 2,
        "borderpad": 0,
        "showarrow": False,
        "bgcolor": style.colours["surface"],
        "font": {"color": style.colours["text"], "size": 0.75 * style.font_px},
    }


def span_words(view: SiteView, texts: Texts) -> str:
    """Return the charted span in words, like `24 hours`."""
    if view.span.days > 1:
        return texts["panel_span_days"].format(count=view.span.days)
    return texts["panel_span_hours"].format(count=round(view.span.total_seconds() / 3600))


def _rain_words(rain: RainBeside, style: Style) -> str:
    distance = decimal(rain.distance_km, 1, style.language)
    words = style.texts["panel_rain"].format(
        name=rain.gauge.name, distance=distance, unit=printed_unit(rain.metric.unit, style.language)
    )
    return words if rain.lines else f"{words} · {style.texts['panel_rain_silent']}"


def _bands(view: SiteView, colours: Palette) -> list[dict[str, object]]:
    """Return the ground between one limit and the next in the colour of the severity that begins there."""
    rising = sorted(limit.value for limit in view.limits if limit.is_upward)
    falling = sorted((limit.value for limit in view.limits if not limit.is_upward), reverse=True)
    bands = []
    for limit in view.limits:
        ladder = rising if limit.is_upward else falling
        beyond = [
            value for value in ladder if value != limit.value and (value > limit.value) == limit.is_upward
        ]
        if edge := (beyond[0] if beyond else _beyond(limit, view)):
            bands.append(_band(limit, edge, colours))
    return bands


def _beyond(limit: LimitLine, view: SiteView) -> float | None:
    """Return where the last band ends: at what was measured beyond it, if anything was."""
    values = [value for line in view.lines for value in _good(line)]
    worst = (max if limit.is_upward else min)(values, default=limit.value)
    return worst if (worst > limit.value) == limit.is_upward and worst != limit.value else None


def _band(limit: LimitLine, edge: float, colours: Palette) -> dict[str, object]:
    return {
        "type": "rect",
        "xref": "paper",
        "yref": "y",
        "x0": 0,
        "x1": 1,
        "y0": limit.value,
        "y1": edge,
        "fillcolor": _colour_of(limit, colours),
        "opacity": 0.1,
        "line": {"width": 0},
        "layer": "below",
    }


def _colour_of(limit: LimitLine, colours: Palette) -> str:
    return colours[f"state-{limit.severity.name.lower()}"]


def _limit_trace(limits: Sequence[LimitLine], view: SiteView, style: Style) -> go.Scatter:
    """Draw a limit over the whole span; that also keeps the span in view when readings are few."""
    limit = max(limits, key=lambda one: one.severity)
    return go.Scatter(
        x=[_wall(view.start, style.zone), _wall(view.at, style.zone)],
        y=[limit.value, limit.value],
        mode="lines",
        line={"color": _colour_of(limit, style.colours), "width": 2, "dash": "dash"},
        name=_words_together(limits, view, style),
        hoverinfo="skip",
        showlegend=False,
    )


def limit_words(limit: LimitLine, view: SiteView, style: Style) -> str:
    """Return a limit in words: a siaga with its name and whose scheme it is, any other by its severity."""
    return _words_together([limit], view, style)


def _words_together(limits: Sequence[LimitLine], view: SiteView, style: Style) -> str:
    """Return limits of one value in words, the value once for all that are held the same way."""
    precision = view.chosen.metric.precision if view.chosen else 0
    value = decimal(limits[0].value, precision, style.language)
    names: dict[str, list[str]] = {}
    for limit in limits:
        names.setdefault("≥" if limit.is_upward else "≤", []).append(_name_of(limit, style))
    return " · ".join(f"{', '.join(dict.fromkeys(held))} {sign} {value}" for sign, held in names.items())


def _name_of(limit: LimitLine, style: Style) -> str:
    severity = style.texts[f"severity_{limit.severity.name.lower()}"]
    return f"{limit.title.text(style.language)} ({limit.scheme})" if limit.scheme else severity


def _line_trace(line: Line, chosen: Current, style: Style, colour: str) -> go.Scatter:
    points = thinned(list(with_gaps(line, chosen.kind.overdue_after)))
    return go.Scatter(
        x=[_wall(at, style.zone) for at, _ in points],
        y=[value for _, value in points],
        mode="lines+markers",
        line={"color": colour, "width": 2.5},
        marker=_dots(points, colour),
        connectgaps=False,
        name=line.device_id,
        hovertemplate=_hover(chosen.metric, style),
    )


def _rain_trace(line: Line, rain: RainBeside, style: Style) -> go.Scatter:
    points = thinned(list(with_gaps(line, rain.kind.overdue_after)))
    colour = style.colours["chart-rain"]
    return go.Scatter(
        x=[_wall(at, style.zone) for at, _ in points],
        y=[value for _, value in points],
        yaxis="y2",
        mode="lines+markers",
        fill="tozeroy",
        line={"color": colour, "width": 1.5, "shape": "hv"},
        marker=_dots(points, colour),
        name=rain.gauge.name,
        hovertemplate=_hover(rain.metric, style),
        showlegend=False,
    )


def _dots(points: Sequence[Point], colour: str) -> dict[str, object]:
    """Return the dots of a line: a value between two gaps has no line and would not be seen."""
    return {
        "color": colour,
        "size": _DOT_PX,
        "opacity": [float(stands_alone) for stands_alone in lone(points)],
    }


def _hover(metric: Metric, style: Style) -> str:
    return f"%{{y:,.{metric.precision}f}} {printed_unit(metric.unit, style.language)}<extra></extra>"


def _marked_trace(line: Line, chosen: Current, style: Style) -> go.Scatter:
    """Draw the flagged points; one beyond the believable is drawn at its edge and told in words."""
    marked = thinned_marks(
        [mark for mark in zip(line.times, line.values, line.flags, strict=True) if mark[2] in _MARKED]
    )
    low, high = _believable(line, chosen)
    return go.Scatter(
        x=[_wall(at, style.zone) for at, _, _ in marked],
        y=[min(max(value, low), high) for _, value, _ in marked],
        mode="markers",
        marker={"symbol": "x-thin", "size": 8, "line": {"color": style.colours["chart-mark"], "width": 2}},
        name=style.texts["flag_marked"],
        text=[_mark_words(value, flag, chosen, style) for _, value, flag in marked],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _mark_words(value: float, flag: Flag, chosen: Current, style: Style) -> str:
    return f"{style.texts[_MARKED[flag]]}: {decimal(value, chosen.metric.precision, style.language)}"


def _believable(line: Line, chosen: Current) -> tuple[float, float]:
    good: Sequence[float] = list(_good(line))
    metric = chosen.metric
    return min(good, default=metric.plausible_min), max(good, default=metric.plausible_max)


def _good(line: Line) -> Iterator[float]:
    return (value for value, flag in zip(line.values, line.flags, strict=True) if flag is not Flag.FAIL)


def _wall(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
