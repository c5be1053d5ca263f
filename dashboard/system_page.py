"""The system page: how Pantau itself is doing."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import translated
from dashboard.texts import Texts


def system_page(texts: Texts) -> list[Component]:
    """Return what stands in this view; assets/live/system.js fills it."""
    return [
        html.Div(
            className="sheet-page",
            children=[
                html.Div(
                    className="sheet-head",
                    children=[
                        translated(texts, "system_title", html.H2),
                        html.P(id="system-at", className="muted"),
                    ],
                ),
                html.Div(id="system-refused", role="status"),
                html.Div(id="system-body", className="system-columns"),
            ],
        )
    ]
