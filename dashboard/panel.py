"""The panel of the chosen site: its words and its frame, from a view; no store, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts.alarms import Alarm
from alerts.rules import Rule
from dashboard import ids
from dashboard.elements import attributes, shape
from dashboard.figures import day_figure, zone_name
from dashboard.site_view import SPANS, Current, SiteView
from dashboard.texts import Texts
from dashboard.wire import milliseconds
from storage.readings import Flag

_FLAG_TEXTS = {Flag.SUSPECT: "flag_suspect", Flag.FAIL: "flag_fail", Flag.MISSING: "flag_missing"}
_GRAPH_CONFIG: Any = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "displaylogo": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person chose to see, as the browser tells it.

    Attributes:
        site: Site id.
        kind: Kind of the metric to chart, "" for the site's first.
        metric: Metric to chart, "" for the kind's primary one.
        span: A name of `site_view.SPANS`.
        language: `id` or `en`.
        theme: `dark` or `light`; not in `key`, since a change of it keeps the zoom.
        font_px: Size of the page's text.
    """

    site: str
    kind: str = ""
    metric: str = ""
    span: str = "24h"
    language: str = "id"
    theme: str = "dark"
    font_px: float = 16.0

    @property
    def key(self) -> str:
        """One text for the choice, for component ids."""
        return f"{self.site}/{self.kind}/{self.metric}/{self.span}/{self.language}"


def parse_choice(data: Mapping[str, object] | None) -> Choice | None:
    """Return what the browser's store holds as a choice; None for none or for something else."""
    if not data or not isinstance(data.get("site"), str):
        return None
    size = data.get("font_px")
    return Choice(
        site=str(data["site"]),
        kind=str(data.get("kind") or ""),
        metric=str(data.get("metric") or ""),
        span=span if isinstance(span := data.get("span"), str) and span in SPANS else "24h",
        language="en" if data.get("language") == "en" else "id",
        theme="light" if data.get("theme") == "light" else "dark",
        font_px=min(max(float(size), 8.0), 80.0) if isinstance(size, int | float) else 16.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelWords:
    """In which language and zone the panel speaks, and what the rules are called."""

    texts: Texts
    language: str
    zone: ZoneInfo
    rules: Mapping[str, Rule]


def panel(view: SiteView, choice: Choice, words: PanelWords) -> list[Component]:
    """Return the panel's content for a site."""
    texts = words.texts
    return [
        _head(view, words),
        html.Div(
            className="panel-columns",
            children=[
                _chart_column(view, choice, words),
                html.Div(
                    className="panel-facts",
                    children=[
                        html.H3(texts["panel_values"]),
                        html.Div(
                            values(view, words), id=ids.part_id("values", choice.key), className="values"
                        ),
                        html.H3(texts["panel_alarms"]),
                        html.Div(site_alarms(view, words), id=ids.part_id("alarms", choice.key)),
                    ],
                ),
            ],
        ),
        dcc.Store(id=ids.part_id("refresh", choice.key)),
    ]


def sentence(text: str, words: PanelWords) -> list[Component]:
    """Return a panel that can only say one thing, and can be closed."""
    return [html.Div([html.P(text), _close(words)], className="panel-head")]


def values(view: SiteView, words: PanelWords) -> list[Component]:
    """Return the newest value of each metric with its age; pressing one charts it."""
    if not view.currents:
        return [html.P(words.texts["panel_no_device"], className="muted")]
    return [_value_tile(current, view, words) for current in view.currents]


def site_alarms(view: SiteView, words: PanelWords) -> list[Component]:
    """Return the site's alarms of the last day, active ones first."""
    if not view.alarms:
        return [html.P(words.texts["panel_no_alarms"], className="muted")]
    return [_alarm_line(alarm, words) for alarm in view.alarms]


def number(value: float, precision: int, language: str) -> str:
    """Return a number as the language writes it: 1.234,5 in Indonesian, 1,234.5 in English."""
    text = f"{value:,.{precision}f}"
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def _head(view: SiteView, words: PanelWords) -> Component:
    site = view.site
    told = (site.area, site.waterway, words.texts["simulated"] if view.is_simulated else "")
    return html.Div(
        className="panel-head",
        children=[
            html.Span(**attributes(data_state_of=site.id)),
            html.Div(
                [
                    html.H2(site.name),
                    html.P(" · ".join(part for part in told if part), className="muted"),
                ],
                className="panel-name",
            ),
            html.Button(
                words.texts["panel_show"], className="quiet-button", **attributes(data_action="show-site")
            ),
            _close(words),
        ],
    )


def _close(words: PanelWords) -> Component:
    label = words.texts["panel_close"]
    return html.Button(
        "×", className="quiet-button close", title=label, **attributes(data_action="close", aria_label=label)
    )


def _chart_column(view: SiteView, choice: Choice, words: PanelWords) -> Component:
    title = words.texts["panel_last_day"]
    if view.chosen is not None:
        title = f"{view.chosen.metric.label.text(words.language)} · {title}"
    figure = day_figure(view, texts=words.texts, zone=words.zone, font_px=choice.font_px)
    return html.Div(
        className="panel-chart",
        children=[
            html.H3(title),
            dcc.Graph(
                id=ids.part_id("chart", choice.key), figure=figure, config=_GRAPH_CONFIG, className="chart"
            ),
        ],
    )


def _value_tile(current: Current, view: SiteView, words: PanelWords) -> Component:
    latest = current.latest
    is_chosen = view.chosen is not None and current.name == view.chosen.name
    mark = _FLAG_TEXTS.get(latest.flag) if latest else None
    marks = [words.texts[mark]] if mark else []
    if current.is_overdue:
        marks.append(words.texts["value_overdue" if latest else "value_never"])
    shown = number(latest.value, current.metric.precision, words.language) if latest else "–"
    return html.Button(
        className="value-tile" + (" overdue" if current.is_overdue else ""),
        children=[
            html.Span(current.metric.label.text(words.language), className="value-label"),
            html.Span([shown, html.Small(f" {current.metric.unit}")], className="value-number"),
            html.Span(
                [
                    *(
                        [html.Time(**attributes(data_since=str(milliseconds(latest.observed_at))))]
                        if latest
                        else []
                    ),
                    *([html.Strong(" · ".join(marks))] if marks else []),
                ],
                className="value-age",
            ),
        ],
        **attributes(
            data_kind=current.kind.name,
            data_metric=current.name,
            aria_pressed="true" if is_chosen else "false",
        ),
    )


def _alarm_line(alarm: Alarm, words: PanelWords) -> Component:
    rule = words.rules.get(alarm.rule_id)
    texts = words.texts
    name = alarm.severity.name.lower()
    end = (
        texts["alarm_active"]
        if alarm.cleared_at is None
        else texts["alarm_cleared"].format(time=_clock(alarm.cleared_at, words.zone))
    )
    when = texts["alarm_since"].format(time=_clock(alarm.raised_at, words.zone))
    classes = "site-alarm" + ("" if alarm.is_active else " ended") + (" late" if alarm.retrospective else "")
    return html.Div(
        className=classes,
        children=[
            shape(name),
            html.Span(
                [
                    html.Strong(f"{texts[f'severity_{name}']} · "),
                    rule.title.text(words.language) if rule else alarm.rule_id,
                    html.Br(),
                    html.Small(f"{when} · {end}", className="muted"),
                ]
            ),
        ],
    )


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d-%m %H:%M} {zone_name(at, zone)}"
