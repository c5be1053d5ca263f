"""Metrics that are worked out from others: what a kind's file may declare under `derived`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta

from devices.ispu import Pollutant

_POLLUTANTS = tuple(pollutant.value for pollutant in Pollutant)


@dataclass(frozen=True, slots=True, kw_only=True)
class DewPoint:
    """Dew point in °C, from the metrics of temperature in °C and relative humidity in %."""

    temperature: str
    humidity: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """The metrics that it is worked out from."""
        return self.temperature, self.humidity


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFromDistance:
    """Level of water below a sensor that looks down on it; a growing distance is falling water.

    Attributes:
        distance: The metric of the distance from the sensor to the water.
        reference: The site's parameter that holds the sensor's height above the gauge's datum, same unit.
    """

    distance: str
    reference: str = "reference_height_cm"

    @property
    def inputs(self) -> tuple[str, ...]:
        """The metrics that it is worked out from."""
        return (self.distance,)


@dataclass(frozen=True, slots=True, kw_only=True)
class LowCostPm:
    """PM2.5 of a Plantower sensor, corrected for its bias: for means of an hour or more.

    Attributes:
        raw: The metric of the sensor's own PM2.5 (cf_1) in µg/m³.
        humidity: The metric of relative humidity in %.
    """

    raw: str
    humidity: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """The metrics that it is worked out from."""
        return self.raw, self.humidity


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterIncrement:
    """What a counter grew by since the reading before; a counter that fell began again at zero.

    Attributes:
        counter: The metric that counts up.
        max_gap: A reading further back is no predecessor.
    """

    counter: str
    max_gap: timedelta = timedelta(hours=24)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The metrics that it is worked out from."""
        return (self.counter,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRate(CounterIncrement):
    """What a counter grew by since the reading before, per hour; its settings are those of the increment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time up to a reading over which means are taken.

    A mean is the mean of the means of equal slots of the clock, the last of them up to the reading, so that
    an hour with many readings weighs no more than one with few.

    Attributes:
        length: All of it, a whole number of slots.
        slot: One slot; slots begin at multiples of it since 1970 in UTC.
        completeness: Share of the slots, 0 to 1, that must hold a value.
    """

    length: timedelta
    slot: timedelta
    completeness: float

    def __post_init__(self) -> None:
        if self.slot <= timedelta(0) or self.length < self.slot or self.length % self.slot:
            raise ValueError("window must be a whole number of slots, at least one")
        if not 0 < self.completeness <= 1:
            raise ValueError("completeness is a share above 0 and up to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """Mean of a metric over the time before a reading; see `Window` for its settings.

    Attributes:
        of: The metric.
        window: Length of the window.
        slot: Length of a slot.
        completeness: Share of the slots that must hold a value.
    """

    of: str
    window: timedelta
    slot: timedelta = timedelta(hours=1)
    completeness: float = 0.75

    def __post_init__(self) -> None:
        self.span  # noqa: B018 - refuses settings that contradict each other

    @property
    def span(self) -> Window:
        """The window."""
        return Window(length=self.window, slot=self.slot, completeness=self.completeness)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The metrics that it is worked out from."""
        return (self.of,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ispu:
    """ISPU from 24-hour means of hours, with 18 of the 24 hours present.

    The regulation does not say how complete the 24 hours must be; 75 % is the US EPA's rule for a day.

    Attributes:
        of: Pollutant (pm10, pm2_5, so2, co, o3, no2, hc) to its metric in µg/m³.
        completeness: Share of the hours that must hold a value.
    """

    of: Mapping[str, str]
    completeness: float = 0.75

    def __post_init__(self) -> None:
        unknown = sorted(set(self.of) - set(_POLLUTANTS))
        if unknown or not self.of:
            raise ValueError(
                f"ISPU knows the pollutants {', '.join(_POLLUTANTS)}; found {', '.join(unknown)}"
            )
        self.span  # noqa: B018 - refuses settings that contradict each other

    @property
    def span(self) -> Window:
        """The window."""
        return Window(length=timedelta(hours=24), slot=timedelta(hours=1), completeness=self.completeness)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The metrics that it is worked out from."""
        return tuple(self.of.values())


Rule = DewPoint | LevelFromDistance | LowCostPm | CounterIncrement | CounterRate | Mean | Ispu


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """How one metric is worked out: exactly one of these rules.

    Attributes:
        dew_point: From temperature and humidity.
        level_from_distance: From a distance and the site's reference height.
        low_cost_pm: From a Plantower sensor's PM2.5 and humidity.
        counter_increment: From a counter.
        counter_rate: From a counter, per hour.
        mean: Of another metric.
        ispu: From concentrations.
    """

    dew_point: DewPoint | None = None
    level_from_distance: LevelFromDistance | None = None
    low_cost_pm: LowCostPm | None = None
    counter_increment: CounterIncrement | None = None
    counter_rate: CounterRate | None = None
    mean: Mean | None = None
    ispu: Ispu | None = None

    def __post_init__(self) -> None:
        if sum(getattr(self, field.name) is not None for field in fields(self)) != 1:
            raise ValueError(f"name one way: {', '.join(field.name for field in fields(self))}")

    @property
    def rule(self) -> Rule:
        """The one that is set."""
        rules: list[Rule | None] = [getattr(self, field.name) for field in fields(self)]
        return next(rule for rule in rules if rule is not None)

    @property
    def needs_history(self) -> bool:
        """Whether the reading itself does not suffice."""
        return not isinstance(self.rule, DewPoint | LevelFromDistance | LowCostPm)

    @property
    def reach(self) -> timedelta:
        """How far back it looks."""
        if isinstance(self.rule, Mean | Ispu):
            return self.rule.span.length
        if isinstance(self.rule, CounterIncrement | CounterRate):
            return self.rule.max_gap
        return timedelta(0)
