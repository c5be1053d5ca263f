"""The map page: the live map with its legend and panel, and the alarms beside it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.elements import attributes, shape, translated
from dashboard.texts import Texts
from dashboard.view import State

_SHOWN_STATES = (State.CRITICAL, State.HIGH, State.MEDIUM, State.LOW, State.NORMAL, State.UNKNOWN)


def map_page(texts: Texts) -> list[Component]:
    """Return what stands in the map's view."""
    return [html.Div(className="room", children=[_map_area(texts), _alarm_column(texts)])]


def _map_area(texts: Texts) -> Component:
    return html.Section(
        className="map-area",
        children=[
            html.Div(id="map", role="application", **attributes(data_label="map_label")),
            _tools(texts),
            _hidden_alarms(texts),
            html.Div(id="map-tip", className="map-tip", hidden=True),
            _legend(texts),
            html.Section(id="panel", className="panel", hidden=True, children=html.Div(id=ids.PANEL)),
        ],
    )


def _tools(texts: Texts) -> Component:
    """Return the row over the map; the scripts put the search field and the filter's buttons into it."""
    results = html.Ul(
        id="search-results",
        className="search-results",
        role="listbox",
        hidden=True,
        **attributes(data_label="search_results"),
    )
    return html.Div(
        className="map-tools",
        children=[
            html.Div(results, id="search", className="search"),
            html.Div(id="kinds", className="kinds", role="group", **attributes(data_label="filter_kinds")),
            html.Div(id="places"),
            translated(texts, "map_fit", html.Button, id="fit", className="quiet-button"),
        ],
    )


def _hidden_alarms(texts: Texts) -> Component:
    """Return what says that the filter leaves alarms out; the filter may never do so in silence."""
    return html.Div(
        id="hidden-alarms",
        className="hidden-alarms",
        role="status",
        hidden=True,
        children=[
            html.Span(id="hidden-alarms-text"),
            translated(
                texts, "filter_show_all", html.Button, id="hidden-alarms-show", className="quiet-button"
            ),
        ],
    )


def _legend(texts: Texts) -> Component:
    entries = [
        html.Div([shape(state.value), translated(texts, f"state_{state.value}")], className="legend-entry")
        for state in _SHOWN_STATES
    ]
    note = html.P(id="map-note", className="map-note", hidden=True)
    return html.Section(
        className="legend", children=[*entries, note], **attributes(data_label="legend_title")
    )


def _alarm_column(texts: Texts) -> Component:
    return html.Aside(
        className="alarm-column",
        children=[
            translated(texts, "alarms_title", html.H2),
            html.Div(id="alarms-none", className="alarms-none", hidden=True),
            html.Ol(id="alarms", className="alarms"),
            html.Section(
                id="retrospective-section",
                className="retrospective",
                hidden=True,
                children=[
                    translated(texts, "alarms_retrospective", html.H3),
                    translated(texts, "alarms_retrospective_explained", html.P),
                    html.Ol(id="retrospective", className="alarms"),
                ],
            ),
        ],
    )
