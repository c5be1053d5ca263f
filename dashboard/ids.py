"""The ids of the page's components: one place, so that layout, callbacks and scripts agree."""

from __future__ import annotations

from typing import Any

SELECTION = "selection"
PANEL = "panel-body"


def part_id(part: str, of: Any) -> dict[str, Any]:  # noqa: ANN401 - also Dash's MATCH
    """Return the id of a part of the panel that belongs to one choice of site and metric.

    A late answer for an earlier choice finds no component of its id and is dropped.

    Args:
        part: `refresh`, `chart`, `values` or `alarms`.
        of: The choice as `site/kind/metric/language`, or Dash's MATCH.
    """
    return {"part": part, "of": of}
