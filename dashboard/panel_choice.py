"""What a person chose to see in the panel, and how the panel speaks to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.rulebook.rules import Rule
from dashboard.figures import Style
from dashboard.site_view import SPANS
from dashboard.texts import Texts

_LARGEST_NUMBER = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person chose to see, as the browser tells it.

    Attributes:
        site: Site id.
        kind: Kind of the metric to chart, "" for the site's first.
        metric: Metric to chart, "" for the kind's primary one.
        span: A name of `site_view.SPANS`.
        language: `id` or `en`.
        theme: `dark` or `light`; not in `key`, since a change of it keeps the zoom.
        font_px: Size of the page's text.
    """

    site: str
    kind: str = ""
    metric: str = ""
    span: str = "24h"
    language: str = "id"
    theme: str = "dark"
    font_px: float = 16.0

    @property
    def key(self) -> str:
        """One text for the choice, for component ids."""
        return f"{self.site}/{self.kind}/{self.metric}/{self.span}/{self.language}"


def parse_choice(data: object) -> Choice | None:
    """Return what the browser's store holds as a choice; None for none or for something else."""
    if not isinstance(data, Mapping) or not (site := _plain(data.get("site"))):
        return None
    return Choice(
        site=site,
        kind=_plain(data.get("kind")),
        metric=_plain(data.get("metric")),
        span=span if isinstance(span := data.get("span"), str) and span in SPANS else "24h",
        language="en" if data.get("language") == "en" else "id",
        theme="light" if data.get("theme") == "light" else "dark",
        font_px=_readable(data.get("font_px")),
    )


def _plain(value: object) -> str:
    """Return a text that can be written anywhere; "" for anything else."""
    return value if isinstance(value, str) and value.isprintable() else ""


def _readable(size: object) -> float:
    if not isinstance(size, int | float) or not abs(size) < _LARGEST_NUMBER:  # NaN is less than nothing
        return 16.0
    return min(max(float(size), 8.0), 80.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelWords:
    """In which language and zone the panel speaks, and what the rules are called."""

    texts: Texts
    language: str
    zone: ZoneInfo
    rules: Mapping[str, Rule]

    def style(self, choice: Choice) -> Style:
        """Return how the figure of a choice looks and speaks."""
        return Style(
            texts=self.texts,
            zone=self.zone,
            language=self.language,
            theme=choice.theme,
            font_px=choice.font_px,
        )
