"""HTML elements with the data attributes by which the page's scripts find them."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.texts import Texts


def attributes(**given: str) -> dict[str, Any]:
    """Return attributes with dashes in their names: `data_shape="low"` becomes `data-shape`."""
    return {name.replace("_", "-"): value for name, value in given.items()}


def translated(texts: Texts, key: str, tag: Any = html.Span, **more: Any) -> Component:  # noqa: ANN401 - any tag
    """Return an element whose text follows the language that a visitor chooses."""
    element: Component = tag(texts[key], **attributes(data_text=key), **more)
    return element


def shape(state: str) -> Component:
    """Return a place where the scripts draw a state's shape in its colour."""
    return html.Span(**attributes(data_shape=state))
