"""The only place that prints: answers to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

_PROGRESS_EVERY = 200


class Refusal(Exception):  # noqa: N818 - named by what the caller does next
    """The command could not run. Print the sentence, which says what to do, and exit 2."""


def say(text: str) -> None:
    """Print an answer."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print what went wrong."""
    print(text, file=sys.stderr, flush=True)


def counted(count: int, thing: str) -> str:
    """Return a number with what is counted, in the plural but for one."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def say_json(value: object) -> None:
    """Print an answer for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str), flush=True)


def say_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows of the same keys as aligned columns; nothing at all for no rows."""
    if not rows:
        return
    heads = list(rows[0])
    cells = [heads, *([("" if row[h] is None else str(row[h])) for h in heads] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(heads))]
    for line in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


class Progress:
    """A line on a terminal that says how far a long command is; silent elsewhere.

    Args:
        what: What is being done.
        every: How many steps from one telling to the next.
    """

    def __init__(self, what: str, *, every: int = _PROGRESS_EVERY) -> None:
        self._what = what
        self._every = every
        self._shown = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Show `done` of `total`; cheap enough to be called for every row."""
        if self._shown and (done % self._every == 0 or done == total):
            filled = 30 * done // max(total, 1)
            bar = "█" * filled + "·" * (30 - filled)
            print(f"\r{self._what} {bar} {done:,} / {total:,} ", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            print(file=sys.stderr, flush=True)
