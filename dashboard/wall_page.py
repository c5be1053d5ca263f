"""The wall: read-only, large, right for weeks."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import translated
from dashboard.texts import Texts


def wall_page(texts: Texts) -> list[Component]:
    """Return what stands in this view; assets/live/wall.js fills it and turns from one part to the next."""
    return [
        html.Div(
            className="wall",
            children=[
                html.Div(
                    className="wall-top",
                    children=[
                        html.Span(id="wall-city", className="wall-city"),
                        translated(texts, "demo_mark", id="wall-demo", className="demo-mark", hidden=True),
                        html.Dl(
                            className="wall-figures",
                            children=[
                                _figure(texts, "header_alarms", "wall-alarm-count"),
                                _figure(texts, "header_unknown", "wall-unknown-count"),
                                _figure(texts, "header_data_age", "wall-data-age"),
                            ],
                        ),
                        html.Div(
                            className="wall-clock",
                            children=[html.Span(id="wall-time"), html.Span(id="wall-date")],
                        ),
                    ],
                ),
                html.Div(
                    className="wall-parts",
                    children=[
                        html.Div(id="wall-map", className="wall-part", hidden=True),
                        html.Ol(id="wall-alarms", className="wall-part", hidden=True),
                        html.Div(id="wall-shift", className="wall-part", hidden=True),
                    ],
                ),
            ],
        )
    ]


def _figure(texts: Texts, key: str, element_id: str) -> Component:
    return html.Div([translated(texts, key, html.Dt), html.Dd("–", id=element_id)])
