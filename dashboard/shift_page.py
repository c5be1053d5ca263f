"""The shift board: load, standing alarms, handover and situation reports."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attributes, translated
from dashboard.texts import Texts


def shift_page(texts: Texts) -> list[Component]:
    """Return what stands in this view; assets/live/shift.js and report.js fill it."""
    return [
        html.Div(
            className="sheet-page",
            children=[
                html.Div(
                    className="sheet-head",
                    children=[
                        translated(texts, "shift_title", html.H2),
                        html.P(id="shift-at", className="muted", role="status"),
                    ],
                ),
                html.Div(
                    className="shift-columns",
                    children=[part(texts) for part in (_load, _duty, _papers, _frequent, _lists)],
                ),
            ],
        ),
        # A dialog that Dash does not know is made by report.js.
        html.Div(id="document-place"),
    ]


def _load(texts: Texts) -> Component:
    return _column(
        "shift-figures",
        _card(texts, "shift_load", html.Div(id="shift-load")),
        _card(texts, "shift_kpis", html.Dl(id="shift-kpis", className="facts")),
    )


def _duty(texts: Texts) -> Component:
    return _column(
        "shift-people",
        _card(texts, "shift_duty", html.Div(id="shift-duty"), _duty_button()),
        _card(texts, "shift_notes", *_notes()),
    )


def _papers(texts: Texts) -> Component:
    return _column(
        "shift-papers",
        _card(texts, "shift_handover", *_handover(texts)),
        _card(texts, "shift_reports", html.Div(id="shift-reports")),
    )


def _frequent(texts: Texts) -> Component:
    return _column("shift-frequent", _card(texts, "shift_top", html.Div(id="shift-worst")))


def _lists(texts: Texts) -> Component:
    return _column(
        "shift-lists",
        _card(texts, "shift_standing", html.Div(id="shift-standing")),
        _card(texts, "shift_shelved", html.Div(id="shift-shelved")),
        _card(texts, "shift_dead", html.Div(id="shift-dead")),
    )


def _column(name: str, *cards: Component) -> Component:
    return html.Div(className=f"column {name}", children=list(cards))


def _card(texts: Texts, key: str, *children: Component) -> Component:
    return html.Section(className="card", children=[translated(texts, key, html.H3), *children])


def _duty_button() -> Component:
    return html.Button(id="duty-button", className="quiet-button", hidden=True)


def _notes() -> list[Component]:
    return [
        html.Div(
            id="note-form",
            className="note-form",
            hidden=True,
            children=[
                html.Label(id="note-label", htmlFor="note-text"),
                html.Div(id="note-field"),
                html.Button(id="note-button", className="quiet-button"),
            ],
        ),
        html.P(id="note-said", role="status", className="muted"),
        html.Ol(id="shift-notes", className="notes"),
    ]


def _handover(texts: Texts) -> list[Component]:
    return [
        translated(texts, "handover_explained", html.P, className="muted"),
        html.P(id="handover-demo", className="muted", hidden=True, **attributes(data_text="handover_demo")),
        html.Button(id="handover-button", className="quiet-button", hidden=True),
        html.P(id="handover-said", role="status", className="muted"),
        html.Div(id="handover-waiting"),
        html.Div(id="shift-sheets"),
    ]
