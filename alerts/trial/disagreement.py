"""Why a rule and the agency differ on one row of past data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.journal.alarms import Severity
from alerts.judging.conditions import Band, condition_at, is_evidence
from alerts.rulebook.rules import Rule
from devices.registry import Site
from storage.readings import Flag

NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRow:
    """A row of past data with the agency's own word for it.

    Attributes:
        site_id: Where.
        observed_at: When; aware.
        value: In the metric's unit.
        label: `normal`, or the name of a site threshold such as `jakarta_siaga2`.
        flag: What Pantau's quality checks said of the value.
    """

    site_id: str
    observed_at: datetime
    value: float
    label: str
    flag: Flag = Flag.GOOD


class Cause(StrEnum):
    """Why rules and agency differ on a row; where several apply, the first of this order."""

    NO_RULE = "no rule for this label"
    FLAGGED = "reading flagged"
    NO_THRESHOLD = "no threshold known for this level"
    BANDS_OVERLAP = "bands of this gate overlap"
    OTHER_LIMIT = "the agency's limit lies elsewhere"
    SAME_TIME = "another row of the same time came first"
    LATE = "row older than an earlier one"
    DEADBAND = "state held by deadband"
    PENDING = "pending time not over"
    UNEXPLAINED = "not explained"


class Earlier:
    """The rows of one site that came before the one that is judged."""

    def __init__(self) -> None:
        self._first_value: dict[datetime, float] = {}
        self._newest: datetime | None = None

    def add(self, row: LabelledRow) -> None:
        """Remember a row; only usable ones decide anything."""
        if is_evidence(row.flag):
            self._first_value.setdefault(row.observed_at, row.value)
            self._newest = row.observed_at if self._newest is None else max(self._newest, row.observed_at)

    def decided_otherwise(self, row: LabelledRow) -> bool:
        """Tell whether an earlier row of the same time had another value."""
        return self._first_value.get(row.observed_at, row.value) != row.value

    def passed(self, row: LabelledRow) -> bool:
        """Tell whether an earlier row was observed later."""
        return self._newest is not None and row.observed_at < self._newest


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a site: its rule, and the rule's condition there; None where the site has no threshold."""

    rule: Rule
    condition: Band | None


@dataclass(frozen=True, slots=True)
class Gate:
    """What is known of a site when its rows are judged.

    Attributes:
        levels: Label to level.
        bands: Label to the smallest and greatest value that the agency ever called so.
    """

    levels: Mapping[str, Level]
    bands: Mapping[str, tuple[float, float]]

    @classmethod
    def known_from(cls, site: Site, by_label: Mapping[str, Rule], rows: Iterable[LabelledRow]) -> Gate:
        """Return what a site's thresholds and all of its rows tell."""
        bands: dict[str, tuple[float, float]] = {}
        for row in rows:
            if is_evidence(row.flag):
                low, high = bands.get(row.label, (row.value, row.value))
                bands[row.label] = (min(low, row.value), max(high, row.value))
        return cls({label: Level(rule, condition_at(rule, site)) for label, rule in by_label.items()}, bands)

    @property
    def is_watched(self) -> bool:
        """True when the site has a threshold for at least one level."""
        return any(level.condition for level in self.levels.values())

    def cause(self, row: LabelledRow, said: Severity | None, earlier: Earlier) -> Cause | None:
        """Return why a row disagrees with what was active at its time, None when it agrees."""
        level = self.levels.get(row.label)
        if row.label != NORMAL and level is None:
            return Cause.NO_RULE
        meant = level.rule.severity if level is not None else None
        if said == meant:
            return None
        if not is_evidence(row.flag):
            return Cause.FLAGGED
        if level is not None and level.condition is None:
            return Cause.NO_THRESHOLD
        if self._severity_of(row.value) != meant:
            return Cause.BANDS_OVERLAP if self._is_shared(row.value) else Cause.OTHER_LIMIT
        if earlier.decided_otherwise(row):
            return Cause.SAME_TIME
        return Cause.LATE if earlier.passed(row) else self._wait(row, said, meant)

    def _severity_of(self, value: float) -> Severity | None:
        """Judge a value by the limits alone: no past, no deadband, no pending time."""
        levels = self.levels.values()
        held = (level.rule.severity for level in levels if level.condition and level.condition.holds(value))
        return max(held, default=None)

    def _is_shared(self, value: float) -> bool:
        """Tell whether the agency has more than one label for such values."""
        return sum(low <= value <= high for low, high in self.bands.values()) > 1

    def _wait(self, row: LabelledRow, said: Severity | None, meant: Severity | None) -> Cause:
        """Return which of the rules' own waits explains a state that is not the value's."""
        for level in self.levels.values():
            held_back = level.rule.severity == meant and level.rule.pending > timedelta(0)
            if held_back and (said or 0) < (meant or 0):
                return Cause.PENDING
            if level.rule.severity == said and level.condition and not level.condition.clears(row.value):
                return Cause.DEADBAND
        return Cause.UNEXPLAINED
