"""What `when:` of a rule can say: the conditions of the rule language, as they stand in YAML.

Each class is one word of the language; `alerts.judging.trees` says what it means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any

from alerts.rulebook.limits import Limit, Limits
from config.checks import check, require_sound


class Take(StrEnum):
    """What is taken of the values of a window.

    Attributes:
        MEAN: Mean of the means of the window's slots.
        MIN: The least value.
        MAX: The greatest value.
        SUM: The values added up: for increments and counts, like `rain_mm`.
        TOTAL: What a rate per hour adds up to, like mm from `rain_rate_mm_h`.
    """

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    TOTAL = "total"
    P5 = "p5"
    P15 = "p15"
    P50 = "p50"
    P85 = "p85"
    P95 = "p95"

    @property
    def percent(self) -> int | None:
        """The percentile it takes, None when it takes none."""
        return int(self.value[1:]) if self.value[1:].isdigit() else None

    @property
    def bound(self) -> int:
        """What a window with holes still says: 1 for at least so much, -1 for at most, 0 for nothing."""
        if self in (Take.MAX, Take.SUM, Take.TOTAL):
            return 1
        return -1 if self is Take.MIN else 0


class Grouping(StrEnum):
    """Which sites are counted together."""

    AREA = "area"
    WATERWAY = "waterway"
    CITY = "city"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whose values a condition looks at; by default those of the rule's kind and metric at the rule's site.

    Attributes:
        kind: Another kind than the rule's.
        metric: Another metric than the rule's; of another kind, its primary one by default.
        at: Id of another site, a neighbour. The rule must then say which sites it watches.
    """

    kind: str | None = None
    metric: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited(Limits):
    """Limits, and whose values are held against them; see `Source`.

    Attributes:
        kind: Another kind than the rule's.
        metric: Another metric than the rule's; of another kind, its primary one by default.
        at: Id of another site, a neighbour. The rule must then say which sites it watches.
    """

    kind: str | None = None
    metric: str | None = None
    at: str | None = None

    def __post_init__(self) -> None:
        require_sound(self)

    @check("above", "below", "outside", at="")
    def _one_limit(self) -> str | None:
        return "give exactly one of above, below and outside" if self.given != 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value(Limited):
    """The newest value is beyond a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope(Source):
    """The values rise or fall at least so fast, by the line of least squares through a window.

    Attributes:
        by_per_h: Change in the metric's unit per hour, > 0, or a level of that name of the site.
        over: Length of the window.
        deadband: The alarm clears when the change is so much less than the limit.
    """

    by_per_h: Limit
    over: timedelta
    deadband: float = 0.0

    def __post_init__(self) -> None:
        require_sound(self)

    @check("over")
    def _over_is_a_time(self) -> str | None:
        return _too_short(self.over)

    @check("deadband")
    def _deadband_is_a_distance(self) -> str | None:
        return "deadband is a distance and cannot be negative" if self.deadband < 0 else None

    @check("by_per_h", "deadband")
    def _limit_is_beyond_the_deadband(self) -> str | None:
        is_wrong = isinstance(self.by_per_h, float) and self.by_per_h <= max(self.deadband, 0)
        return "by_per_h must be greater than zero and than the deadband" if is_wrong else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Limited):
    """Something taken of the values of a window is beyond a limit.

    Attributes:
        take: What is taken.
        over: Length of the window, up to the newest value.
        completeness: Share of the window's slots, above 0 and up to 1, that must hold a value. A window with
            more holes says nothing, except what no missing value could undo: that a sum, a total or a
            maximum is above a limit already, or a minimum below it.
    """

    take: Take
    over: timedelta
    completeness: float = 0.75

    @check("over")
    def _over_is_a_time(self) -> str | None:
        return _too_short(self.over)

    @check("completeness")
    def _completeness_is_a_share(self) -> str | None:
        return None if 0 < self.completeness <= 1 else "completeness is a share above 0 and up to 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual(Limited):
    """The newest value differs from what is usual: the median of this hour's means in the past weeks.

    The limits hold against the difference, value minus usual: `below: -20` is 20 less than usual.

    Attributes:
        weeks: How many weeks back it looks, 2 to 8; with fewer than two of them it says nothing.
        percent: The limits are percent of what is usual, not the metric's unit.
    """

    weeks: int = 4
    percent: bool = False

    @check("weeks")
    def _weeks_are_few(self) -> str | None:
        return None if 2 <= self.weeks <= 8 else "weeks is a whole number from 2 to 8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat(Source):
    """The values have not moved: a stuck sensor.

    Attributes:
        over: For how long.
        within: Least and greatest value of that time are at most so far apart, in the metric's unit.
    """

    over: timedelta
    within: float = 0.0

    def __post_init__(self) -> None:
        require_sound(self)

    @check("over")
    def _over_is_a_time(self) -> str | None:
        return _too_short(self.over)

    @check("within")
    def _within_is_a_distance(self) -> str | None:
        return "within is a distance and cannot be negative" if self.within < 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent(Source):
    """No usable value has come for a time; known by the passing of time, from the first timely value on.

    Attributes:
        after: For how long.
    """

    after: timedelta

    def __post_init__(self) -> None:
        require_sound(self)

    @check("after")
    def _after_is_a_time(self) -> str | None:
        return _too_short(self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many sites that belong together meet a condition; one alarm for all of them.

    The alarm stands at the first of the sites: the one that is furthest upstream, else the first by id.

    Attributes:
        of: The condition that each site is held against.
        at_least: How many sites must meet it.
        by: Which sites belong together; those without an area or a waterway are left out.
    """

    of: When
    at_least: int
    by: Grouping = Grouping.AREA

    def __post_init__(self) -> None:
        if self.at_least < 1:
            raise ValueError("at_least is a number of sites, 1 or more")
        if self.of.count is not None or any(part.at for part in self.of.leaves()):
            raise ValueError("count holds a condition of one site: no count and no 'at' inside it")


Leaf = Value | Slope | Window | Unusual | Flat | Silent


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A condition: exactly one of these.

    Attributes:
        value: The newest value is beyond a limit.
        rise: The values rise fast.
        fall: The values fall fast.
        window: Mean, least, greatest, sum, total or percentile of a window is beyond a limit.
        unusual: The newest value differs from the same hour of past weeks.
        flat: The values do not move.
        silent: No value comes.
        count: So many sites meet a condition.
        all: Each of these conditions holds.
        any: One of these conditions holds.
    """

    value: Value | None = None
    rise: Slope | None = None
    fall: Slope | None = None
    window: Window | None = None
    unusual: Unusual | None = None
    flat: Flat | None = None
    silent: Silent | None = None
    count: Count | None = None
    all: tuple[When, ...] | None = None
    any: tuple[When, ...] | None = None

    def __post_init__(self) -> None:
        given = [field.name for field in fields(self) if getattr(self, field.name) is not None]
        if len(given) != 1:
            names = ", ".join(field.name for field in fields(self))
            raise ValueError(f"name exactly one condition: {names}")
        if given[0] in ("all", "any") and len(self.parts) < 2:
            raise ValueError(f"{given[0]} joins two conditions or more")
        if [part for part in self.parts if part.count is not None]:
            raise ValueError("count stands alone: it speaks for many sites, the others for one")

    @property
    def word(self) -> str:
        """The condition's name in YAML."""
        return next(field.name for field in fields(self) if getattr(self, field.name) is not None)

    @property
    def parts(self) -> tuple[When, ...]:
        """The conditions that it joins; none for one that joins nothing."""
        return self.all or self.any or ()

    @property
    def leaf(self) -> Leaf | None:
        """The condition itself when it looks at values, None when it joins or counts others."""
        leaf: Any = getattr(self, self.word)
        return None if self.parts or isinstance(leaf, Count) else leaf

    def leaves(self) -> Iterator[Leaf]:
        """Yield every condition in it that looks at values, from left to right."""
        for _, leaf in self.places():
            yield leaf

    def places(self) -> Iterator[tuple[tuple[str | int, ...], Leaf]]:
        """Yield every condition in it that looks at values, with the keys that lead to it in YAML."""
        if self.leaf is not None:
            yield (self.word,), self.leaf
        elif self.count is not None:
            for keys, leaf in self.count.of.places():
                yield ("count", "of", *keys), leaf
        for number, part in enumerate(self.parts):
            for keys, leaf in part.places():
                yield (self.word, number, *keys), leaf


def _too_short(length: timedelta) -> str | None:
    return "this time must be longer than nothing" if length <= timedelta(0) else None
