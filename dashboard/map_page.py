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
            html.Div(id="map-tip", className="map-tip", hidden=True),
            translated(texts, "map_fit", html.Button, id="fit", className="quiet-button"),
            html.Section(
                className="legend",
                **attributes(data_label="legend_title"),
                children=[
                    html.Div(
                        [shape(state.value), translated(texts, f"state_{state.value}")],
                        className="legend-entry",
                    )
                    for state in _SHOWN_STATES
                ],
            ),
            html.Section(id="panel", className="panel", hidden=True, children=html.Div(id=ids.PANEL)),
        ],
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
