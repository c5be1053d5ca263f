"""Kinds of sensor and their metrics, read from `config/kinds/*.yaml`: a city adds a kind by adding a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from config.loader import load_folder
from config.problems import ConfigError, Problem
from devices.derivations import Derivation, Ispu, Mean
from devices.quality import Quality
from storage.line_protocol import is_reserved

# What Pantau says of itself: no sensor of the city's.
OWN_KIND = "pantau"
_LEAST_LATENESS = timedelta(hours=2)
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
class AlarmDefaults:
    """How alarms of a metric wait and end, where a rule does not say so itself.

    Attributes:
        deadband: How far a value must come back behind the limit, in the metric's unit; for rules that say
            neither `clear` nor `deadband`.
        pending: How long the limit must have been reached.
        off_delay: How long the values must have been clear.
    """

    deadband: float = 0.0
    pending: timedelta = timedelta(0)
    off_delay: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.deadband < 0:
            raise ValueError("deadband is a distance and cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One quantity that a kind of sensor measures.

    Attributes:
        label: What people call it.
        unit: Its unit as printed, "" for a count or an index.
        plausible_min: Smallest value that the instrument and nature allow, in `unit`.
        plausible_max: Largest such value, in `unit`.
        precision: Decimals worth showing.
        quality: Limits of its quality checks.
        alarms: How its alarms wait and end, where a rule does not say so itself.
    """

    label: Label
    unit: str
    plausible_min: float
    plausible_max: float
    precision: int = 0
    quality: Quality = field(default_factory=Quality)
    alarms: AlarmDefaults = field(default_factory=AlarmDefaults)

    def __post_init__(self) -> None:
        if self.plausible_min >= self.plausible_max:
            raise ValueError("plausible_min must be below plausible_max")
        if not 0 <= self.precision <= 6:
            raise ValueError("precision is a number of decimals from 0 to 6")
        for suspect in (self.quality.suspect_min, self.quality.suspect_max):
            if suspect is not None and not self.is_plausible(suspect):
                raise ValueError("suspect_min and suspect_max must lie inside the plausible range")

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
        derived: Metric name to how it is worked out where the sensor does not send it; one that is worked out
            from another derived one stands below it.
        reorder_horizon: How late a reading may come and still be judged as if it had come in time; by default
            the longest window of its derivations, two hours at least.
    """

    name: str
    label: Label
    primary: str
    expected_interval: timedelta
    metrics: Mapping[str, Metric]
    derived: Mapping[str, Derivation] = field(default_factory=dict)
    reorder_horizon: timedelta | None = None

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
        if self.reorder_horizon is not None and self.reorder_horizon < timedelta(0):
            raise ValueError("reorder_horizon cannot be negative")
        self._require_sound_derivations()

    def _require_sound_derivations(self) -> None:
        for position, (name, derivation) in enumerate(self.derived.items()):
            later = list(self.derived)[position:]
            for metric in (name, *derivation.rule.inputs):
                if metric not in self.metrics:
                    raise ValueError(f"derived {name}: '{metric}' is not among the metrics")
            for metric in set(later).intersection(derivation.rule.inputs):
                raise ValueError(f"derived {name}: write it below {metric}, which it is worked out from")
        for name in self.derived_from_history:
            if self.metrics[name].quality.looks_around:
                raise ValueError(
                    f"{name} is worked out from earlier readings: only suspect_min and suspect_max fit"
                )

    @property
    def derived_from_history(self) -> tuple[str, ...]:
        """The derived metrics for which a reading alone does not suffice, in working order."""
        names: list[str] = []
        for name, derivation in self.derived.items():
            if derivation.needs_history or set(names).intersection(derivation.rule.inputs):
                names.append(name)
        return tuple(names)

    @property
    def reach(self) -> timedelta:
        """How far back anything looks that is worked out for one reading, chains of derivations included."""
        reaches: dict[str, timedelta] = {}
        for name, derivation in self.derived.items():
            before = max(
                (reaches.get(metric, timedelta(0)) for metric in derivation.rule.inputs), default=timedelta(0)
            )
            reaches[name] = before + derivation.reach
        flat = max((metric.quality.flat_reach for metric in self.metrics.values()), default=timedelta(0))
        return max(reaches.values(), default=timedelta(0)) + max(flat, self.overdue_after)

    @property
    def lateness(self) -> timedelta:
        """How late a reading may come and still be judged as if it had come in time."""
        if self.reorder_horizon is not None:
            return self.reorder_horizon
        windows = [
            derivation.reach
            for derivation in self.derived.values()
            if isinstance(derivation.rule, Mean | Ispu)
        ]
        return max(_LEAST_LATENESS, *windows, timedelta(0))

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
