"""The one page: its frame. What lives in it is drawn by the scripts in assets/live and by the panel."""

from __future__ import annotations

from collections.abc import Callable

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.elements import attributes, shape, translated
from dashboard.parts import Parts
from dashboard.texts import Texts
from dashboard.view import State

INDEX = """<!DOCTYPE html>
<html lang="id">
    <head>
        {%metas%}
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="dark">
        <title>{%title%}</title>
        {%favicon%}
        {%css%}
        <link rel="stylesheet" href="/library/maplibre-gl.css">
        <link rel="stylesheet" href="/assets/tokens.css">
        <link rel="stylesheet" href="/assets/page.css">
        <link rel="stylesheet" href="/assets/alarms.css">
        <link rel="stylesheet" href="/assets/panel.css">
        <script src="/library/maplibre-gl.js" defer></script>
        <script type="module" src="/assets/live/main.js"></script>
    </head>
    <body>
        {%app_entry%}
        <footer>
            {%config%}
            {%scripts%}
            {%renderer%}
        </footer>
    </body>
</html>"""

_SHOWN_STATES = (State.CRITICAL, State.HIGH, State.MEDIUM, State.LOW, State.NORMAL, State.UNKNOWN)


def layout(parts: Parts, texts: Texts) -> Callable[[], Component]:
    """Return the function that builds the page's frame for each visitor."""

    def build() -> Component:
        return html.Div(
            id="app",
            children=[
                _header(parts, texts),
                html.Div(id="banner", role="alert", className="banner", hidden=True),
                html.Main(className="room", children=[_map_area(texts), _alarm_column(texts)]),
                dcc.Store(id=ids.SELECTION),
            ],
        )

    return build


def _header(parts: Parts, texts: Texts) -> Component:
    demo = [translated(texts, "demo_mark", className="demo-mark", **attributes(data_title="demo_explained"))]
    return html.Header(
        className="bar",
        children=[
            html.Div(
                className="brand",
                children=[
                    html.H1([html.Span("Pantau", className="brand-name"), html.Span(parts.city_name)]),
                    *(demo if parts.demo else []),
                ],
            ),
            html.Dl(
                className="figures",
                children=[
                    _figure(texts, "header_alarms", "count-alarms"),
                    _figure(texts, "header_unknown", "count-unknown"),
                    _figure(texts, "header_sites", "count-sites"),
                    _figure(texts, "header_data_age", "data-age"),
                ],
            ),
            html.Div(
                className="clock",
                children=[html.Span(id="clock-time"), html.Span(id="clock-zone"), html.Span(id="clock-date")],
            ),
            html.Button(id="language", className="quiet-button", **attributes(data_label="header_language")),
        ],
    )


def _figure(texts: Texts, key: str, element_id: str) -> Component:
    return html.Div(
        [translated(texts, key, html.Dt), html.Dd("–", id=element_id)], className=f"figure {element_id}"
    )


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
