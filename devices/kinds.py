"""Kinds of sensor and their metrics, read from `config/kinds/*.yaml`: a city adds a kind by adding a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from config.loader import load_folder
from config.problems import ConfigError, Problem
from storage.line_protocol import is_reserved

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text that people see, in both languages."""

    id: str
    en: str

    def __post_init__(self) -> None:
        if not (self.id.strip() and self.en.strip()):
            raise ValueError("a label needs a text in both languages, id and en")

    def text(self, language: str) -> str:
        """Return the text in a language, `id` or `en`."""
        return self.en if language == "en" else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One quantity that a kind of sensor measures.

    Attributes:
        label: What people call it.
        unit: Its unit as printed, "" for a count or an index.
        plausible_min: Smallest value that the instrument and nature allow, in `unit`.
        plausible_max: Largest such value, in `unit`.
        precision: Decimals worth showing.
    """

    label: Label
    unit: str
    plausible_min: float
    plausible_max: float
    precision: int = 0

    def __post_init__(self) -> None:
        if self.plausible_min >= self.plausible_max:
            raise ValueError("plausible_min must be below plausible_max")
        if not 0 <= self.precision <= 6:
            raise ValueError("precision is a number of decimals from 0 to 6")

    def is_plausible(self, value: float) -> bool:
        """Tell whether the instrument and nature allow the value; the bounds are allowed."""
        return self.plausible_min <= value <= self.plausible_max


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A sort of sensor.

    Attributes:
        name: Its name in topics, tables and rules: lower case letters, digits and underscores.
        label: What people call it.
        primary: The metric that stands for the sensor on the map.
        expected_interval: How often a healthy sensor of this kind speaks.
        metrics: Metric name to metric; names carry their unit, like `water_level_cm`.
    """

    name: str
    label: Label
    primary: str
    expected_interval: timedelta
    metrics: Mapping[str, Metric]

    def __post_init__(self) -> None:
        for name in (self.name, *self.metrics):
            if not _NAME.fullmatch(name):
                raise ValueError(f"'{name}' is not a name: use lower case letters, digits and underscores")
        for name in filter(is_reserved, self.metrics):
            raise ValueError(
                f"a metric cannot be called '{name}': the store has a column of that name itself"
            )
        if self.primary not in self.metrics:
            raise ValueError(f"primary '{self.primary}' is not among the metrics: {', '.join(self.metrics)}")
        if self.expected_interval <= timedelta(0):
            raise ValueError("expected_interval must be longer than nothing")

    @property
    def overdue_after(self) -> timedelta:
        """Age at which a value no longer tells the present: three missed intervals."""
        return 3 * self.expected_interval


def load_kinds(folder: Path) -> dict[str, Kind]:
    """Return the kinds of a configuration folder by name.

    Args:
        folder: The `kinds` folder of a configuration.

    Raises:
        ConfigError: Any fault in any of its files, or a file that is not called after its kind.
    """
    kinds = load_folder(folder, Kind)
    problems = [
        Problem(
            path=str(path),
            line=0,
            column=0,
            message=f"holds the kind '{kind.name}'; call it {kind.name}.yaml",
        )
        for path, kind in kinds.items()
        if path.stem != kind.name
    ]
    if problems:
        raise ConfigError(problems)
    return {kind.name: kind for kind in kinds.values()}
