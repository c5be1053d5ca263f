"""The frame of all pages. What lives in it is drawn by the scripts in assets/live and by the panel."""

from __future__ import annotations

from collections.abc import Callable

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.alarms_page import alarms_page
from dashboard.elements import attributes, translated
from dashboard.map_page import map_page
from dashboard.parts import Parts
from dashboard.shift_page import shift_page
from dashboard.system_page import system_page
from dashboard.texts import Texts
from dashboard.views import VIEWS
from dashboard.wall_page import wall_page

INDEX = """<!DOCTYPE html>
<html lang="id">
    <head>
        {%metas%}
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="dark light">
        <title>{%title%}</title>
        {%favicon%}
        {%css%}
        <link rel="stylesheet" href="/library/maplibre-gl.css">
        <link rel="stylesheet" href="/assets/tokens.css">
        <link rel="stylesheet" href="/assets/page.css">
        <link rel="stylesheet" href="/assets/account.css">
        <link rel="stylesheet" href="/assets/map.css">
        <link rel="stylesheet" href="/assets/alarms.css">
        <link rel="stylesheet" href="/assets/alarms_page.css">
        <link rel="stylesheet" href="/assets/panel.css">
        <link rel="stylesheet" href="/assets/shift.css">
        <link rel="stylesheet" href="/assets/system.css">
        <link rel="stylesheet" href="/assets/wall.css">
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


def layout(parts: Parts, texts: Texts) -> Callable[[], Component]:
    """Return the function that builds the page's frame for each visitor."""

    def build() -> Component:
        return html.Div(
            id="app",
            children=[
                _header(parts, texts),
                _strip(texts),
                html.Div(id="banner", className="banner", hidden=True),
                html.Div(id="banner-said", role="alert", className="visually-hidden"),
                html.Main(className="views", children=[_view(name, texts) for name in VIEWS]),
                dcc.Store(id=ids.SELECTION),
            ],
        )

    return build


_CONTENTS = {
    "map": map_page,
    "alarms": alarms_page,
    "shift": shift_page,
    "system": system_page,
    "wall": wall_page,
}


def _view(name: str, texts: Texts) -> Component:
    """Return one page's place; the script shows the one that the address names."""
    # Where nothing else takes the focus, the page itself does: else no key would scroll it.
    focus = {"tabIndex": 0, **attributes(data_label=f"view_{name}")} if name == "system" else {}
    contents = _CONTENTS[name](texts)
    return html.Section(id=f"view-{name}", className="view", hidden=True, children=contents, **focus)


def _navigation(texts: Texts) -> Component:
    return html.Nav(
        className="navigation",
        children=[
            translated(texts, f"view_{name}", html.A, href=path, **attributes(data_view=name))
            for name, path in VIEWS.items()
        ],
    )


def _strip(texts: Texts) -> Component:
    """Return the line under the header: the pages, and what a person sets for this screen."""
    return html.Div(
        className="strip",
        children=[
            _navigation(texts),
            html.Div(id="horn", className="horn"),
            # Seen on tablets and phones only: there it brings forth what follows it.
            html.Button("☰", id="menu", className="quiet-button", **attributes(data_label="header_menu")),
            html.Div(id="account", className="account"),
            html.Button(id="theme", className="quiet-button", **attributes(data_title="header_theme")),
            html.Button(id="language", className="quiet-button", **attributes(data_title="header_language")),
        ],
    )


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
                    html.A(
                        id="rules-refused",
                        className="rules-refused",
                        href="/system",
                        hidden=True,
                        **attributes(data_view="system"),
                    ),
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
        ],
    )


def _figure(texts: Texts, key: str, element_id: str) -> Component:
    return html.Div(
        [translated(texts, key, html.Dt), html.Dd("–", id=element_id)], className=f"figure {element_id}"
    )
