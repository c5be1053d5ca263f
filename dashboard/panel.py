"""The panel of the chosen site: its words and its frame, from a view; no store, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts.alarms import Alarm
from alerts.rules import Rule
from dashboard import ids
from dashboard.elements import attributes, shape
from dashboard.figures import Style, limit_words, site_figure, span_words
from dashboard.site_view import SPANS, Current, SiteView
from dashboard.surroundings import Hardware
from dashboard.texts import Texts
from dashboard.wire import milliseconds
from dashboard.wording import day, decimal, moment
from devices.registry import Site
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

    def style(self, choice: Choice) -> Style:
        """Return how the figure of a choice looks and speaks."""
        return Style(
            texts=self.texts,
            zone=self.zone,
            language=self.language,
            theme=choice.theme,
            font_px=choice.font_px,
        )


def panel(view: SiteView, choice: Choice, words: PanelWords) -> list[Component]:
    """Return the panel's content for a site."""
    return [
        _head(view, words),
        html.Div(
            className="panel-columns",
            children=[_chart_column(view, choice, words), _facts_column(view, choice, words)],
        ),
        dcc.Store(id=ids.part_id("refresh", choice.key)),
    ]


def _facts_column(view: SiteView, choice: Choice, words: PanelWords) -> Component:
    texts = words.texts
    alarms_title = texts["panel_alarms"].format(span=span_words(view, texts))
    return html.Div(
        className="panel-facts",
        children=[
            html.H3(texts["panel_values"]),
            html.Div(values(view, words), id=ids.part_id("values", choice.key), className="values"),
            *_limits(view, choice, words),
            *_neighbours(view, words),
            html.Div(
                [
                    html.H3(alarms_title),
                    html.A(texts["panel_to_alarms"], href="/alarms", **attributes(data_view="alarms")),
                ],
                className="panel-title",
            ),
            html.Div(site_alarms(view, words), id=ids.part_id("alarms", choice.key)),
            html.H3(texts["panel_hardware"]),
            *[_hardware_line(held, words) for held in view.hardware],
        ],
    )


def sentence(text: str, words: PanelWords) -> list[Component]:
    """Return a panel that can only say one thing, and can be closed."""
    return [html.Div([html.P(text), _close(words)], className="panel-head")]


def values(view: SiteView, words: PanelWords) -> list[Component]:
    """Return the newest value of each metric with its age; pressing one charts it."""
    if not view.currents:
        return [html.P(words.texts["panel_no_device"], className="muted")]
    return [_value_tile(current, view, words) for current in view.currents]


def site_alarms(view: SiteView, words: PanelWords) -> list[Component]:
    """Return the site's alarms of the span, active ones first."""
    if not view.alarms:
        none = words.texts["panel_no_alarms"].format(span=span_words(view, words.texts))
        return [html.P(none, className="muted")]
    return [_alarm_line(alarm, words) for alarm in view.alarms]


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
    title = words.texts["panel_last"].format(span=span_words(view, words.texts))
    if view.chosen is not None:
        title = f"{view.chosen.metric.label.text(words.language)} · {title}"
    return html.Div(
        className="panel-chart",
        children=[
            html.Div([html.H3(title), _span_buttons(choice, words)], className="panel-title"),
            dcc.Graph(
                id=ids.part_id("chart", choice.key),
                figure=site_figure(view, words.style(choice)),
                config=_GRAPH_CONFIG,
                className="chart",
            ),
        ],
    )


def _span_buttons(choice: Choice, words: PanelWords) -> Component:
    return html.Div(
        className="spans",
        role="group",
        children=[
            html.Button(
                words.texts[f"panel_button_{span}"],
                className="quiet-button",
                **attributes(data_span=span, aria_pressed="true" if span == choice.span else "false"),
            )
            for span in SPANS
        ],
        **attributes(aria_label=words.texts["panel_span"]),
    )


def _limits(view: SiteView, choice: Choice, words: PanelWords) -> list[Component]:
    """Return the limits on the charted metric, highest first: also for whom the chart is a picture."""
    if not view.limits:
        return []
    style = words.style(choice)
    return [
        html.H3(words.texts["panel_limits"]),
        html.Ul(
            className="panel-list",
            children=[
                html.Li([shape(limit.severity.name.lower()), html.Span(limit_words(limit, view, style))])
                for limit in view.limits
            ],
        ),
    ]


def _neighbours(view: SiteView, words: PanelWords) -> list[Component]:
    up, down = view.neighbours.upstream, view.neighbours.downstream
    if up is None and down is None:
        return []
    return [
        html.H3(words.texts["panel_neighbours"].format(waterway=view.site.waterway)),
        html.Div(
            className="values",
            children=[
                *([_neighbour(up, words.texts["panel_upstream"])] if up else []),
                *([_neighbour(down, words.texts["panel_downstream"])] if down else []),
            ],
        ),
    ]


def _neighbour(site: Site, where: str) -> Component:
    return html.Button(
        className="value-tile neighbour",
        children=[
            html.Span([html.Small(where, className="muted"), html.Span(site.name)]),
            html.Span(**attributes(data_state_of=site.id)),
        ],
        **attributes(data_go=site.id),
    )


def _hardware_line(held: Hardware, words: PanelWords) -> Component:
    texts = words.texts
    since = day(held.since, words.zone, words.language)
    stood = (
        texts["hardware_since"].format(since=since)
        if held.until is None
        else texts["hardware_until"].format(since=since, until=day(held.until, words.zone, words.language))
    )
    simulated = [html.Strong(f" · {texts['simulated']}")] if held.device.simulated else []
    return html.Div(
        className="hardware" + ("" if held.until is None else " ended"),
        children=[
            html.Span([html.Code(held.device.id), *simulated]),
            html.Small([stood, " · ", *_heard(held, texts)], className="muted"),
        ],
    )


def _heard(held: Hardware, texts: Texts) -> list[Component | str]:
    if held.heard_at is None:
        return [texts["hardware_never_heard"]]
    age = html.Time(**attributes(data_since=str(milliseconds(held.heard_at))))
    return [f"{texts['hardware_heard']} ", age]


def _value_tile(current: Current, view: SiteView, words: PanelWords) -> Component:
    latest = current.latest
    is_chosen = view.chosen is not None and current.name == view.chosen.name
    mark = _FLAG_TEXTS.get(latest.flag) if latest else None
    marks = [words.texts[mark]] if mark else []
    if current.is_overdue:
        marks.append(words.texts["value_overdue" if latest else "value_never"])
    shown = decimal(latest.value, current.metric.precision, words.language) if latest else "–"
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
        else texts["alarm_cleared"].format(time=moment(alarm.cleared_at, words.zone, words.language))
    )
    when = texts["alarm_since"].format(time=moment(alarm.raised_at, words.zone, words.language))
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
