"""Faults in what people wrote, told all at once and each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One fault in one file.

    Attributes:
        path: The file, as the caller named it.
        line: First line of the fault, counted from 1; 0 when the whole file is meant.
        column: First column of the fault, counted from 1; 0 when the whole file is meant.
        message: What is wrong and what to write instead.
    """

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.path}{place}: {self.message}"


class ConfigError(Exception):
    """The configuration cannot be used; nothing was started. Print every problem and exit 2.

    Attributes:
        problems: Every fault found, sorted by file and place; never empty.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))
