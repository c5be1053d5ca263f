"""The shift board: load, standing alarms, handover and situation reports."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import translated
from dashboard.texts import Texts


def shift_page(texts: Texts) -> list[Component]:
    """Return what stands in this view."""
    return [translated(texts, "view_shift", html.H2), html.Div(id="shift-body")]
