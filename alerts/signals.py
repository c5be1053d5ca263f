"""From values to the one number that a limit is held against, with a small memory that JSON can hold.

Every memory is a list whose first entry is the time of the newest value, in µs since the epoch. A memory of
a window holds one entry per slot of it and does not grow with the number of values.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from alerts.when import Take

Memory = list[Any]

_HOUR_US = 3_600_000_000
_HOURS_A_WEEK = 168
_MICROSECOND = timedelta(microseconds=1)
_MOST_SLOTS = 96
_LEAST_WEEKS = 2


class Measured(NamedTuple):
    """The number that a limit is held against.

    Attributes:
        value: The number.
        bound: 0 when it is exact; 1 or -1 when the true one is at least or at most that.
    """

    value: float
    bound: int = 0


class Signal(Protocol):
    """Turns values into a number. Stateless: its memory is handed in."""

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return the number as of a moment, None when the memory does not suffice."""


class Newest:
    """The newest value itself."""

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        return [at_us, value]

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""
        memory[:] = at_us, value

    def read(self, memory: Memory, _at_us: int) -> Measured:
        """Return the newest value."""
        return Measured(memory[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """A window cut into equal slots of the clock, the last of them up to the newest value.

    Memory: `[newest, [slot, values, sum, least, greatest, sum of µs since the slot's begin], ...]`.

    Attributes:
        length_us: Length of a slot.
        count: Slots in the window.
        completeness: Share of the slots that must hold a value.
    """

    length_us: int
    count: int
    completeness: float

    @classmethod
    def over(cls, window: timedelta, *, interval: timedelta, completeness: float) -> Slots:
        """Cut a window into slots of about the interval at which values come, at most 96 of them."""
        count = max(1, min(_MOST_SLOTS, window // interval))
        return cls(length_us=window // _MICROSECOND // count, count=count, completeness=completeness)

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        memory: Memory = [at_us]
        self.add(memory, at_us, value)
        return memory

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""
        slot, since_us = divmod(at_us, self.length_us)
        memory[0] = at_us
        if len(memory) > 1 and memory[-1][0] == slot:
            _, values, total, least, greatest, times = memory[-1]
            memory[-1] = [
                slot,
                values + 1,
                total + value,
                min(least, value),
                max(greatest, value),
                times + since_us,
            ]
            return
        memory[1:] = [*self.inside(memory, at_us), [slot, 1, value, value, value, since_us]]

    def inside(self, memory: Memory, at_us: int) -> list[Memory]:
        """Return the slots that lie in the window before a moment, oldest first."""
        first = at_us // self.length_us - self.count + 1
        return [slot for slot in memory[1:] if slot[0] >= first]

    def is_whole(self, slots: list[Memory]) -> bool:
        """Tell whether enough slots hold a value."""
        return len(slots) >= self.completeness * self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """Something taken of the values of a window.

    Attributes:
        take: What is taken.
        slots: The window.
    """

    take: Take
    slots: Slots

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        return self.slots.begin(at_us, value)

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""
        self.slots.add(memory, at_us, value)

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return what is taken, as a bound where the window has too many holes."""
        slots = self.slots.inside(memory, at_us)
        if not slots:
            return None
        if self.slots.is_whole(slots):
            return Measured(self._taken(slots))
        return Measured(self._taken(slots), self.take.bound) if self.take.bound else None

    def _taken(self, slots: list[Memory]) -> float:
        if self.take is Take.MIN:
            return float(min(slot[3] for slot in slots))
        if self.take is Take.MAX:
            return float(max(slot[4] for slot in slots))
        if self.take is Take.SUM:
            return math.fsum(slot[2] for slot in slots)
        means = [slot[2] / slot[1] for slot in slots]
        if self.take is Take.TOTAL:
            return math.fsum(means) * self.slots.length_us / _HOUR_US
        if self.take.percent is not None:
            return _percentile(means, self.take.percent)
        return math.fsum(means) / len(means)


def _percentile(values: list[float], percent: int) -> float:
    """Return a percentile, interpolated between the two values around it."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far the least and the greatest value of a window are apart.

    Attributes:
        slots: The window.
    """

    slots: Slots

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        return self.slots.begin(at_us, value)

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""
        self.slots.add(memory, at_us, value)

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return the distance; in a window with holes it is at least that."""
        slots = self.slots.inside(memory, at_us)
        if not slots:
            return None
        spread = max(slot[4] for slot in slots) - min(slot[3] for slot in slots)
        return Measured(spread, 0 if self.slots.is_whole(slots) else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Change per hour, by the line of least squares through the means of a window's slots.

    A line resists a single wrong value, which the difference of two values does not.

    Attributes:
        slots: The window.
        sign: 1 for rising, -1 for falling.
    """

    slots: Slots
    sign: int

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        return self.slots.begin(at_us, value)

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""
        self.slots.add(memory, at_us, value)

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return the change per hour; None until values span half of the window."""
        slots = self.slots.inside(memory, at_us)
        if len(slots) < 2 or not self.slots.is_whole(slots):
            return None
        origin = slots[0][0]
        times = [((slot[0] - origin) * self.slots.length_us + slot[5] / slot[1]) / _HOUR_US for slot in slots]
        if (times[-1] - times[0]) * _HOUR_US < self.slots.length_us * self.slots.count / 2:
            return None
        slope = statistics.linear_regression(times, [slot[2] / slot[1] for slot in slots]).slope
        return Measured(self.sign * slope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Newest value minus the median of the means of this hour in the past weeks.

    Hours are those of UTC: where clocks are never changed, as in Indonesia, an hour of the week is the same
    there. Memory: `[newest, value, hour, values, sum, {hour of the week: [[week, mean], ...]}]`.

    Attributes:
        weeks: How many weeks back it looks.
        percent: Whether the difference is told in percent of what is usual.
    """

    weeks: int
    percent: bool

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        return [at_us, value, at_us // _HOUR_US, 1, value, {}]

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""
        _, _, hour, values, total, past = memory
        if at_us // _HOUR_US == hour:
            memory[:] = at_us, value, hour, values + 1, total + value, past
            return
        week, hour_of_week = divmod(hour, _HOURS_A_WEEK)
        means = past.setdefault(str(hour_of_week), [])
        means.append([week, round(total / values, 3)])
        del means[: -self.weeks]
        memory[:] = at_us, value, at_us // _HOUR_US, 1, value, past

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return the difference; None with fewer than two weeks to compare with."""
        week, hour_of_week = divmod(at_us // _HOUR_US, _HOURS_A_WEEK)
        kept = memory[5].get(str(hour_of_week), [])
        means = [mean for of_week, mean in kept if week - self.weeks <= of_week < week]
        if len(means) < _LEAST_WEEKS:
            return None
        usual = statistics.median(means)
        if not self.percent:
            return Measured(memory[1] - usual)
        return Measured(100 * (memory[1] - usual) / usual) if usual > 0 else None
