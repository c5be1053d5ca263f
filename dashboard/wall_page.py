"""The wall: read-only, large, right for weeks."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import translated
from dashboard.texts import Texts


def wall_page(texts: Texts) -> list[Component]:
    """Return what stands in this view."""
    return [translated(texts, "view_wall", html.H2), html.Div(id="wall-body")]
