"""The alarm page: every row with what people do to it, and incidents by place."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import translated
from dashboard.texts import Texts


def alarms_page(texts: Texts) -> list[Component]:
    """Return what stands in this view."""
    return [translated(texts, "view_alarms", html.H2), html.Div(id="alarms-body")]
