"""The panel of the chosen site: its frame and its chart, from a view; no store, no clock."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.elements import attributes
from dashboard.figures import site_figure, span_words
from dashboard.panel_choice import Choice, PanelWords
from dashboard.panel_facts import facts_column
from dashboard.site_view import SPANS, SiteView
from dashboard.wording import zone_name

_SPAN_TEXTS = {
    "6h": "panel_button_6h",
    "24h": "panel_button_24h",
    "7d": "panel_button_7d",
    "30d": "panel_button_30d",
}


_GRAPH_CONFIG: Any = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "displaylogo": False}


def panel(view: SiteView, choice: Choice, words: PanelWords) -> list[Component]:
    """Return the panel's content for a site."""
    return [
        _head(view, words),
        html.Div(
            className="panel-columns",
            children=[_chart_column(view, choice, words), facts_column(view, choice, words)],
        ),
        dcc.Store(id=ids.part_id("refresh", choice.key)),
    ]


def sentence(text: str, words: PanelWords) -> list[Component]:
    """Return a panel that can only say one thing, and can be closed."""
    return [html.Div([html.P(text), _close(words)], className="panel-head")]


def _head(view: SiteView, words: PanelWords) -> Component:
    site = view.site
    told = (site.area, site.waterway, words.texts["simulated"] if view.is_simulated else "")
    return html.Div(
        className="panel-head",
        children=[
            html.Span(**attributes(data_state_of=site.id)),
            html.Div(
                [
                    html.H2(site.name),
                    html.P(" · ".join(part for part in told if part), className="muted"),
                ],
                className="panel-name",
            ),
            html.Button(
                words.texts["panel_show"], className="quiet-button", **attributes(data_action="show-site")
            ),
            _close(words),
        ],
    )


def _close(words: PanelWords) -> Component:
    label = words.texts["panel_close"]
    return html.Button(
        "×", className="quiet-button close", title=label, **attributes(data_action="close", aria_label=label)
    )


def _chart_column(view: SiteView, choice: Choice, words: PanelWords) -> Component:
    label = f"{view.chosen.metric.label.text(words.language)} · " if view.chosen is not None else ""
    last = words.texts["panel_last"].format(span=span_words(view, words.texts))
    # The pressed button says the same to the eye, where there is little room.
    title: list[str | Component] = [
        label,
        html.Span(f"{last} · ", className="chart-last"),
        zone_name(view.at, words.zone),
    ]
    return html.Div(
        className="panel-chart",
        children=[
            html.Div([html.H3(title), _span_buttons(choice, words)], className="panel-title"),
            dcc.Graph(
                id=ids.part_id("chart", choice.key),
                figure=site_figure(view, words.style(choice)),
                config=_GRAPH_CONFIG,
                className="chart",
            ),
        ],
    )


def _span_buttons(choice: Choice, words: PanelWords) -> Component:
    return html.Div(
        className="spans",
        role="group",
        children=[
            html.Button(
                words.texts[_SPAN_TEXTS[span]],
                className="quiet-button",
                **attributes(data_span=span, aria_pressed="true" if span == choice.span else "false"),
            )
            for span in SPANS
        ],
        **attributes(aria_label=words.texts["panel_span"]),
    )
