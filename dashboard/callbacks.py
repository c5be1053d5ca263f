"""The page's Dash callbacks: a choice becomes a panel, news of the chosen site become a patch of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from dash import MATCH, Dash, Input, Output, Patch, no_update
from dash.development.base_component import Component

from dashboard import ids
from dashboard.figures import site_figure
from dashboard.panel import panel, sentence
from dashboard.panel_choice import Choice, PanelWords, parse_choice
from dashboard.panel_facts import site_alarms, values
from dashboard.parts import Parts
from dashboard.routes import Clock
from dashboard.site_view import SPANS, SiteView, Wanted, site_view
from dashboard.texts import Texts
from storage.ports import StorageMisconfigured, StorageUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What every callback needs: where to read, in which words to speak, what time it is."""

    parts: Parts
    texts: Mapping[str, Texts]
    clock: Clock

    async def read(self, choice: Choice) -> SiteView | None:
        """Read in a thread, so that nobody waits for another's chart."""
        wanted = Wanted(kind=choice.kind, metric=choice.metric, span=SPANS[choice.span])
        return await asyncio.to_thread(site_view, self.parts, choice.site, self.clock(), wanted=wanted)

    def words(self, choice: Choice) -> PanelWords:
        return PanelWords(
            texts=self.texts[choice.language],
            language=choice.language,
            zone=self.parts.time_zone,
            rules=self.parts.rules,
        )


def add_callbacks(app: Dash, parts: Parts, texts: Mapping[str, Texts], clock: Clock) -> None:
    """Give the page its callbacks."""
    desk = _Desk(parts=parts, texts=texts, clock=clock)
    _add_choice(app, desk)
    _add_refresh(app, desk)


def _add_choice(app: Dash, desk: _Desk) -> None:
    @app.callback(Output(ids.PANEL, "children"), Input(ids.SELECTION, "data"), prevent_initial_call=True)
    async def show_site(data: Mapping[str, object] | None) -> list[Component]:
        choice = parse_choice(data)
        if choice is None:
            return []
        words = desk.words(choice)
        try:
            view = await desk.read(choice)
        except (StorageUnavailable, StorageMisconfigured):
            return sentence(words.texts["panel_unavailable"], words)
        return panel(view, choice, words) if view else sentence(words.texts["panel_gone"], words)


def _add_refresh(app: Dash, desk: _Desk) -> None:
    @app.callback(
        Output(ids.part_id("chart", MATCH), "figure"),
        Output(ids.part_id("values", MATCH), "children"),
        Output(ids.part_id("alarms", MATCH), "children"),
        Input(ids.part_id("refresh", MATCH), "data"),
        prevent_initial_call=True,
    )
    async def refresh_site(data: Mapping[str, object] | None) -> tuple[Any, Any, Any]:
        choice = parse_choice(data)
        nothing = no_update, no_update, no_update
        if choice is None:
            return nothing
        try:
            view = await desk.read(choice)
        except (StorageUnavailable, StorageMisconfigured):
            return nothing  # what is shown stays; the banner says that the store is silent
        return _news(view, choice, desk.words(choice)) if view else nothing


# What a person may have changed of a figure, the zoom, lives in the axes' ranges: these are never exchanged.
_EXCHANGED = ("font", "annotations", "shapes", "hoverlabel")
_AXIS_COLOURS = ("gridcolor", "linecolor", "tickfont")


def _news(view: SiteView, choice: Choice, words: PanelWords) -> tuple[Any, Any, Any]:
    return _patch(site_figure(view, words.style(choice))), values(view, words), site_alarms(view, words)


def _patch(figure: go.Figure) -> Patch:
    """Return what brings a drawn figure to new data and a new theme, its zoom untouched."""
    new = figure.to_plotly_json()
    patch = Patch()
    patch["data"] = new["data"]
    for part in _EXCHANGED:
        if part in new["layout"]:
            patch["layout"][part] = new["layout"][part]
    for axis in ("xaxis", "yaxis", "yaxis2"):
        for part in _AXIS_COLOURS:
            if axis in new["layout"]:
                patch["layout"][axis][part] = new["layout"][axis][part]
    return patch
