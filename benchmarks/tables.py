"""Figures as people read them: tables in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pantau.console import say


def say_markdown(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows of the same keys as a table in Markdown; nothing for no rows."""
    if not rows:
        return
    heads = list(rows[0])
    for line in (heads, ["---"] * len(heads), *([str(row[head]) for head in heads] for row in rows)):
        say(f"| {' | '.join(line)} |")
    say("")
