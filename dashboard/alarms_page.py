"""The alarm page: every row with what people do to it, and incidents by place."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attributes, shape, translated
from dashboard.texts import Texts
from dashboard.view import State

_TABS = ("open", "shelved", "out_of_service", "late")
_SEVERITIES = (State.CRITICAL, State.HIGH, State.MEDIUM, State.LOW)


def alarms_page(texts: Texts) -> list[Component]:
    """Return what stands in this view; its rows and details are drawn by assets/live/alarms_page.js."""
    details = html.Aside(
        id="alarm-details", className="alarm-details", hidden=True, **attributes(data_label="details_label")
    )
    return [html.Div(className="alarms-page", children=[_list_column(texts), details])]


def _list_column(texts: Texts) -> Component:
    return html.Div(
        id="alarms-column",
        className="alarms-column",
        children=[
            translated(texts, "view_alarms", html.H2, className="visually-hidden"),
            html.Div(
                id="alarms-tools",
                className="alarms-tools",
                role="search",
                children=[_tabs(texts), *_list_buttons(texts), _filters(texts)],
            ),
            _status_line(texts),
            html.Div(
                className="alarms-area",
                children=[
                    html.P(id="alarms-empty", className="alarms-empty", hidden=True),
                    html.Ol(id="alarms-list", className="alarms-list"),
                ],
            ),
        ],
    )


def _status_line(texts: Texts) -> Component:
    """Return the line over the list: acknowledge what was seen, what the filter hides, what is new."""
    bulk = html.Button(id="alarms-bulk", className="act main-act", hidden=True)
    below = html.Span(id="alarms-below", className="muted", hidden=True)
    show_all = translated(
        texts, "alarms_show_all", html.Button, id="alarms-show-all", className="quiet-button"
    )
    hidden = html.P(
        id="alarms-hidden",
        className="alarms-hidden",
        role="status",
        hidden=True,
        children=[html.Span(id="alarms-hidden-text"), show_all],
    )
    news = html.Button(id="alarms-new", className="alarms-new", hidden=True)
    return html.Div(
        [bulk, below, hidden, html.Div(news, className="alarms-news", role="status")], className="alarms-line"
    )


def _tabs(texts: Texts) -> Component:
    return html.Div(
        id="alarms-tabs",
        className="tabs",
        role="group",
        **attributes(data_label="tabs_label"),
        children=[
            html.Button(
                [translated(texts, f"tab_{name}"), html.Span("–", className="tab-count")],
                className="tab",
                **attributes(data_tab=name, aria_pressed="false"),
            )
            for name in _TABS
        ],
    )


def _list_buttons(texts: Texts) -> list[Component]:
    return [
        html.Span(id="alarms-search", className="alarms-search"),
        html.Button(
            [translated(texts, "alarms_filter"), html.Span(id="alarms-filter-count", className="tab-count")],
            id="alarms-filter",
            className="quiet-button toggle",
            **attributes(aria_expanded="false", aria_controls="alarms-filters"),
        ),
        translated(texts, "keys_help", html.Button, id="alarms-keys", className="quiet-button"),
    ]


def _filters(texts: Texts) -> Component:
    severities = [
        html.Button(
            [shape(severity.value), translated(texts, f"severity_{severity.value}")],
            className="quiet-button toggle",
            **attributes(data_severity_filter=severity.value, aria_pressed="false"),
        )
        for severity in _SEVERITIES
    ]
    mine = translated(
        texts,
        "narrow_mine",
        html.Button,
        className="quiet-button toggle",
        **attributes(data_filter="mine", aria_pressed="false"),
    )
    selects = [
        html.Select(**attributes(data_filter=name, data_label=f"narrow_{name}"))
        for name in ("agency", "kind", "area")
    ]
    by_place = translated(
        texts,
        "alarms_by_place",
        html.Button,
        id="alarms-by-place",
        className="quiet-button toggle",
        **attributes(aria_pressed="true"),
    )
    return html.Div(
        id="alarms-filters",
        className="alarms-filters",
        hidden=True,
        children=[*severities, mine, *selects, by_place],
    )
