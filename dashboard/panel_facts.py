"""The panel's column of facts: values now, limits, neighbours, alarms, hardware."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from alerts.journal.alarms import Alarm
from dashboard import ids
from dashboard.elements import attributes, shape
from dashboard.figures import limit_words, span_words
from dashboard.panel_choice import Choice, PanelWords
from dashboard.site_view import Current, SiteView
from dashboard.surroundings import Hardware
from dashboard.texts import Texts
from dashboard.wire import milliseconds
from dashboard.wording import day, decimal, moment
from devices.registry import Site
from devices.units import printed_unit
from storage.readings import Flag

_FLAG_TEXTS = {Flag.SUSPECT: "flag_suspect", Flag.FAIL: "flag_fail", Flag.MISSING: "flag_missing"}


def facts_column(view: SiteView, choice: Choice, words: PanelWords) -> Component:
    """Return values, limits, neighbours, alarms and hardware of a site."""
    texts = words.texts
    alarms_title = texts["panel_alarms"].format(span=span_words(view, texts))
    return html.Div(
        className="panel-facts",
        children=[
            html.H3(texts["panel_values"]),
            html.Div(
                values(view, words),
                id=ids.part_id("values", choice.key),
                className="values",
                **attributes(data_values_of=view.site.id),  # panel_values.js keeps them at the stream's
            ),
            html.Div(**attributes(data_notes_of=view.site.id)),  # site_notes.js fills it
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
    unit = printed_unit(current.metric.unit, words.language)
    return html.Button(
        className="value-tile" + (" overdue" if current.is_overdue else ""),
        children=[
            html.Span(current.metric.label.text(words.language), className="value-label"),
            html.Span([shown, html.Small(f" {unit}")], className="value-number"),
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
