"""Figures: from a view to a Plotly figure, without a store, a clock or Dash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from alerts.alarms import Severity
from dashboard.site_view import Current, LimitLine, Line, SiteView
from dashboard.texts import Texts
from storage.readings import Flag

# Okabe and Ito's colours, as in assets/tokens.css: told apart with every kind of colour vision.
_SEVERITY_COLOUR = {
    Severity.LOW: "#56b4e9",
    Severity.MEDIUM: "#f0e442",
    Severity.HIGH: "#e69f00",
    Severity.CRITICAL: "#ff7038",
}
_LINE_COLOURS = ("#8fd3c1", "#cc79a7", "#9db7ff", "#d9d9d9")
_TEXT, _MUTED, _GRID = "#e8eef4", "#a9b6c4", "rgba(169, 182, 196, 0.18)"
_FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
_MARKED = {Flag.SUSPECT: "flag_suspect", Flag.FAIL: "flag_fail", Flag.MISSING: "flag_missing"}


def day_figure(view: SiteView, *, texts: Texts, zone: ZoneInfo, font_px: float = 16.0) -> go.Figure:
    """Return the charted metric's last 24 hours with its limits.

    Args:
        view: The site; one without a charted metric gives an empty figure.
        texts: The language of its words.
        zone: The zone of its clock; Plotly draws the wall clock's digits that it is given.
        font_px: Size of its text.
    """
    figure = go.Figure(layout=_layout(view, texts, zone, font_px))
    if view.chosen is None:
        return figure
    scale = font_px / 16  # a larger wall gets thicker lines
    figure.add_traces([_limit_trace(limit, view, texts, zone) for limit in view.limits])
    for number, line in enumerate(view.lines):
        colour = _LINE_COLOURS[number % len(_LINE_COLOURS)]
        figure.add_trace(_line_trace(line, view.chosen, zone, colour))
        figure.add_trace(_marked_trace(line, view.chosen, texts, zone))
    _scale_strokes(figure, scale)
    return figure


def _scale_strokes(figure: go.Figure, scale: float) -> None:
    for trace in figure.data:
        if trace.line.width:
            trace.line.width *= scale
        if trace.marker.size:
            trace.marker.size *= scale
        if trace.marker.line.width:
            trace.marker.line.width *= scale


def _layout(view: SiteView, texts: Texts, zone: ZoneInfo, font_px: float) -> go.Layout:
    axis = {"gridcolor": _GRID, "zeroline": False, "linecolor": _GRID, "tickfont": {"color": _MUTED}}
    return go.Layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "size": font_px, "color": _TEXT},
        margin={"l": 3.4 * font_px, "r": font_px, "t": 1.9 * font_px, "b": 2.6 * font_px},
        xaxis={
            **axis,
            "type": "date",
            "tickformat": "%H:%M\n%d-%m",
            "hoverformat": "%d-%m %H:%M:%S",
            "showgrid": False,
        },
        yaxis={**axis, "rangemode": "normal", "nticks": 6, "fixedrange": True},
        annotations=_notes(view, texts, zone),
        showlegend=len(view.lines) > 1,
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1, "yanchor": "bottom"},
        hovermode="x unified",
        hoverlabel={"bgcolor": "#1b2733", "bordercolor": _GRID, "font": {"size": font_px, "color": _TEXT}},
        dragmode="zoom",
        uirevision=f"{view.site.id}/{view.chosen.name if view.chosen else ''}",
    )


def _notes(view: SiteView, texts: Texts, zone: ZoneInfo) -> list[dict[str, object]]:
    """Return the words around the lines: unit, zone, and a sentence where there is no line."""
    note = {"xref": "paper", "yref": "paper", "showarrow": False, "font": {"color": _MUTED}}
    above = {**note, "y": 1, "yanchor": "bottom", "yshift": 4, "xanchor": "right"}
    unit = view.chosen.metric.unit if view.chosen else ""
    notes = [
        {**above, "text": unit, "x": 0, "xshift": -4},
        {**above, "text": zone_name(view.at, zone), "x": 1},
    ]
    if not view.lines:
        notes.append({**note, "text": texts["panel_no_readings"], "x": 0.5, "y": 0.5})
    return notes


def zone_name(at: datetime, zone: ZoneInfo) -> str:
    """Return what people call the zone, like WIB."""
    return at.astimezone(zone).tzname() or zone.key


def _limit_trace(limit: LimitLine, view: SiteView, texts: Texts, zone: ZoneInfo) -> go.Scatter:
    """Draw the limit over the whole span; that also keeps 24 hours in view when readings are few."""
    arrow = "≥" if limit.is_upward else "≤"
    label = f"{texts[f'severity_{limit.severity.name.lower()}']} {arrow} {limit.value:g}"
    colour = _SEVERITY_COLOUR[limit.severity]
    return go.Scatter(
        x=[_wall(view.start, zone), _wall(view.at, zone)],
        y=[limit.value, limit.value],
        mode="lines+text",
        line={"color": colour, "width": 2, "dash": "dash"},
        text=[label, ""],
        textposition="top right",
        textfont={"color": colour},
        name=label,
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def _line_trace(line: Line, chosen: Current, zone: ZoneInfo, colour: str) -> go.Scatter:
    points = list(_with_gaps(line, chosen.kind.overdue_after))
    return go.Scatter(
        x=[_wall(at, zone) for at, _ in points],
        y=[value for _, value in points],
        mode="lines" if len(points) > 1 else "markers",
        line={"color": colour, "width": 2.5},
        marker={"color": colour, "size": 8},
        connectgaps=False,
        name=line.device_id,
        hovertemplate=f"%{{y:.{chosen.metric.precision}f}} {chosen.metric.unit}<extra></extra>",
    )


def _with_gaps(line: Line, longest: timedelta) -> Iterator[tuple[datetime, float | None]]:
    """Yield the points with a hole wherever data were overdue, or where a value failed its checks."""
    before: datetime | None = None
    for at, value, flag in zip(line.times, line.values, line.flags, strict=True):
        if before is not None and at - before > longest:
            yield before + (at - before) / 2, None
        yield at, None if flag in (Flag.FAIL, Flag.MISSING) else value
        before = at


def _marked_trace(line: Line, chosen: Current, texts: Texts, zone: ZoneInfo) -> go.Scatter:
    """Draw the flagged points; one beyond the believable is drawn at its edge and told in words."""
    marked = [
        (at, value, flag)
        for at, value, flag in zip(line.times, line.values, line.flags, strict=True)
        if flag in _MARKED
    ]
    low, high = _believable(line, chosen)
    return go.Scatter(
        x=[_wall(at, zone) for at, _, _ in marked],
        y=[min(max(value, low), high) for _, value, _ in marked],
        mode="markers",
        marker={"symbol": "x-thin", "size": 11, "line": {"color": "#f6f6f6", "width": 2.5}},
        name=texts["flag_marked"],
        text=[f"{texts[_MARKED[flag]]}: {value:g}" for _, value, flag in marked],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _believable(line: Line, chosen: Current) -> tuple[float, float]:
    good: Sequence[float] = [
        value for value, flag in zip(line.values, line.flags, strict=True) if flag is not Flag.FAIL
    ]
    metric = chosen.metric
    return min(good, default=metric.plausible_min), max(good, default=metric.plausible_max)


def _wall(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
