"""From values to the one number that a limit is held against, with a small memory that JSON can hold.

Every memory is a list whose first entry is the time of the newest value, in µs since the epoch; its other
entries are numbers, texts or lists of numbers, so that it is copied quickly. A memory of a window holds one
number per slot and column and does not grow with the number of values.
"""

from __future__ import annotations

import math
import statistics
from base64 import b64decode, b64encode
from bisect import bisect_left
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from alerts.rulebook.when import Take

Memory = list[Any]

_HOUR_US = 3_600_000_000
_HOURS_A_WEEK = 168
_MICROSECOND = timedelta(microseconds=1)
_MOST_SLOTS = 24
_LEAST_WEEKS = 2
_LETTERS = 6
_NO_MEAN = "-" * _LETTERS  # no letter of base 64
_MOST_THOUSANDTHS = 2**31 - 1


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


class Column(StrEnum):
    """What a slot keeps of its values."""

    COUNT = "count"
    SUM = "sum"
    LEAST = "least"
    GREATEST = "greatest"
    TIMES = "times"  # sum of the µs since the slot's begin

    def first(self, value: float, since_us: int) -> float:
        """Return what it is after a first value."""
        if self is Column.COUNT:
            return 1
        return since_us if self is Column.TIMES else value

    def next(self, kept: float, value: float, since_us: int) -> float:
        """Return what it is after one more value."""
        if self is Column.LEAST:
            return min(kept, value)
        if self is Column.GREATEST:
            return max(kept, value)
        return kept + self.first(value, since_us)


Columns = list[list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """A window cut into equal slots of the clock, the last of them up to the newest value.

    Memory: `[newest, [slot, ...], [column, ...], ...]`, one list per column and in it one number per slot.

    Attributes:
        length_us: Length of a slot.
        count: Slots in the window.
        completeness: Share of the slots that must hold a value.
        columns: What each slot keeps; few, since states are saved with every reading.
    """

    length_us: int
    count: int
    completeness: float
    columns: tuple[Column, ...]

    @classmethod
    def over(
        cls,
        window: timedelta,
        *,
        interval: timedelta,
        completeness: float,
        columns: tuple[Column, ...],
        least: int = 1,
    ) -> Slots:
        """Cut a window into slots of about the interval at which values come, `least` to 24 of them."""
        count = max(least, min(_MOST_SLOTS, window // interval))
        length_us = window // _MICROSECOND // count
        return cls(length_us=length_us, count=count, completeness=completeness, columns=columns)

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        memory: Memory = [at_us, [], *([] for _ in self.columns)]
        self.add(memory, at_us, value)
        return memory

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""
        slot, since_us = divmod(at_us, self.length_us)
        memory[0] = at_us
        _, numbers, *kept = memory
        if numbers and numbers[-1] == slot:
            for column, held in zip(self.columns, kept, strict=True):
                held[-1] = column.next(held[-1], value, since_us)
            return
        memory[1:] = self.inside(memory, at_us)
        memory[1].append(slot)
        for column, held in zip(self.columns, memory[2:], strict=True):
            held.append(column.first(value, since_us))

    def inside(self, memory: Memory, at_us: int) -> Columns:
        """Return the slots that lie in the window before a moment, oldest first, and their columns."""
        numbers = memory[1]
        first = at_us // self.length_us - self.count + 1
        if not numbers or numbers[0] >= first:
            return memory[1:]
        begin = bisect_left(numbers, first)
        return [column[begin:] for column in memory[1:]]

    def column(self, slots: Columns, column: Column) -> list[float]:
        """Return one column of some slots."""
        return slots[self.columns.index(column) + 1]

    def means(self, slots: Columns) -> list[float]:
        """Return the mean of each slot."""
        kept = zip(self.column(slots, Column.SUM), self.column(slots, Column.COUNT), strict=True)
        return [total / count for total, count in kept]

    def is_whole(self, slots: Columns) -> bool:
        """Tell whether enough slots hold a value."""
        return len(slots[0]) >= self.completeness * self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Windowed:
    """What is common to the numbers that a window gives.

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


def columns_for(take: Take) -> tuple[Column, ...]:
    """Return what slots must keep for something to be taken of them."""
    alone = {
        Take.MIN: Column.LEAST,
        Take.MAX: Column.GREATEST,
        Take.SUM: Column.SUM,
        Take.TOTAL: Column.SUM,
    }
    return (alone[take],) if take in alone else (Column.COUNT, Column.SUM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate(Windowed):
    """Something taken of the values of a window.

    Attributes:
        take: What is taken.
        longest_gap_us: A rate is not taken to have held for longer than this before it was measured.
    """

    take: Take
    longest_gap_us: int

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        return self.slots.begin(at_us, 0.0 if self.take is Take.TOTAL else value)

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it; of a rate, what it adds up to since the one before."""
        if self.take is Take.TOTAL:
            value *= min(at_us - memory[0], self.longest_gap_us) / _HOUR_US
        self.slots.add(memory, at_us, value)

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return what is taken, as a bound where the window has too many holes."""
        slots = self.slots.inside(memory, at_us)
        if not slots[0]:
            return None
        if self.slots.is_whole(slots):
            return Measured(self._taken(slots))
        return Measured(self._taken(slots), self.take.bound) if self.take.bound else None

    def _taken(self, slots: Columns) -> float:
        if self.take is Take.MIN:
            return min(self.slots.column(slots, Column.LEAST))
        if self.take is Take.MAX:
            return max(self.slots.column(slots, Column.GREATEST))
        if self.take in (Take.SUM, Take.TOTAL):
            return math.fsum(self.slots.column(slots, Column.SUM))
        means = self.slots.means(slots)
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
class Spread(Windowed):
    """How far the least and the greatest value of a window are apart."""

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return the distance; in a window with holes it is at least that."""
        slots = self.slots.inside(memory, at_us)
        if not slots[0]:
            return None
        greatest = max(self.slots.column(slots, Column.GREATEST))
        spread = greatest - min(self.slots.column(slots, Column.LEAST))
        return Measured(spread, 0 if self.slots.is_whole(slots) else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend(Windowed):
    """Change per hour, by the line of least squares through the means of a window's slots.

    A line resists a single wrong value, which the difference of two values does not.

    Attributes:
        sign: 1 for rising, -1 for falling.
        least_span_us: How far the first and the newest value must be apart.
    """

    sign: int
    least_span_us: float

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return the change per hour; None until values span enough of the window."""
        slots = self.slots.inside(memory, at_us)
        numbers = slots[0]
        if len(numbers) < 2 or not self.slots.is_whole(slots):
            return None
        counts, offsets = (self.slots.column(slots, each) for each in (Column.COUNT, Column.TIMES))
        begins = [(number - numbers[0]) * self.slots.length_us for number in numbers]
        times = [begin + offset / count for begin, offset, count in zip(begins, offsets, counts, strict=True)]
        newest = memory[0] - numbers[0] * self.slots.length_us
        if newest - self._first(times[0], counts[0]) < self.least_span_us:
            return None
        slope = statistics.linear_regression(times, self.slots.means(slots)).slope
        return Measured(self.sign * slope * _HOUR_US)

    def _first(self, mean_us: float, count: float) -> float:
        """Return when a slot's first value came, from the mean of its times; of several, if they came evenly.

        The middle of a slot will not do: of many values in a slot it is half a slot later than the first.
        """
        return mean_us if count == 1 else max(0.0, 2 * mean_us - self.slots.length_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """Newest value minus the median of the means of this hour in the past weeks.

    Hours are those of UTC: where clocks are never changed, as in Indonesia, an hour of the week is the same
    there. Memory: `[newest, value, hour, values, sum, past]`; `past` holds the means of the hours of the last
    weeks, each in six letters at its own place, the newest in place of the oldest; "" before there is any.

    Attributes:
        weeks: How many weeks back it looks.
        percent: Whether the difference is told in percent of what is usual.
    """

    weeks: int
    percent: bool

    def begin(self, at_us: int, value: float) -> Memory:
        """Return the memory after a first value."""
        return [at_us, value, at_us // _HOUR_US, 1, value, ""]

    def add(self, memory: Memory, at_us: int, value: float) -> None:
        """Take in a value newer than all before it."""
        _, _, hour, values, total, past = memory
        this_hour = at_us // _HOUR_US
        if this_hour == hour:
            memory[:] = at_us, value, hour, values + 1, total + value, past
            return
        past = self._with(past or _NO_MEAN * self._hours, hour, packed_mean(total / values))
        for missed in range(max(hour + 1, this_hour - self._hours), this_hour):
            past = self._with(past, missed, _NO_MEAN)
        memory[:] = at_us, value, this_hour, 1, value, past

    def read(self, memory: Memory, at_us: int) -> Measured | None:
        """Return the difference; None with fewer than two weeks to compare with."""
        hours = (at_us // _HOUR_US - week * _HOURS_A_WEEK for week in range(1, self.weeks + 1))
        found = (self._mean(memory, hour) for hour in hours)
        means = [mean for mean in found if mean is not None]
        if len(means) < _LEAST_WEEKS:
            return None
        usual = statistics.median(means)
        if not self.percent:
            return Measured(memory[1] - usual)
        return Measured(100 * (memory[1] - usual) / usual) if usual > 0 else None

    @property
    def _hours(self) -> int:
        return self.weeks * _HOURS_A_WEEK

    def _with(self, past: str, hour: int, mean: str) -> str:
        place = hour % self._hours * _LETTERS
        return past[:place] + mean + past[place + _LETTERS :]

    def _mean(self, memory: Memory, hour: int) -> float | None:
        past = memory[5]
        if not past or not memory[2] - self._hours <= hour < memory[2]:
            return None
        place = hour % self._hours * _LETTERS
        return unpacked_mean(past[place : place + _LETTERS])


def packed_mean(mean: float) -> str:
    """Return a mean, to three decimals, in six letters; one beyond two million is not kept."""
    thousandths = round(round(mean, 3) * 1000)
    if not -_MOST_THOUSANDTHS <= thousandths <= _MOST_THOUSANDTHS:
        return _NO_MEAN
    return b64encode(thousandths.to_bytes(4, signed=True))[:_LETTERS].decode()


def unpacked_mean(letters: str) -> float | None:
    """Return the mean that six letters hold, None when there is none."""
    if letters == _NO_MEAN:
        return None
    return int.from_bytes(b64decode(letters + "=="), signed=True) / 1000
