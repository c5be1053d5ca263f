"""Means over slots of the clock, exact and the same in whatever order the values come and go."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from storage.readings import Flag

_SCALE = 10**6  # sums are whole millionths: taking a value out again leaves no trace, as with floats it would
_ROUNDING = 1e-9  # of a share of a count, far below one slot


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotWindow:
    """A window over the last slots.

    Attributes:
        slot_us: Length of a slot in microseconds.
        count: How many slots, the last of them up to the present point.
        completeness: Share of them that must hold a value.
    """

    slot_us: int
    count: int
    completeness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotMean:
    """Mean over a window of slots.

    Attributes:
        value: Mean of the slots' means.
        flag: `FAIL` when too few slots have a value that has not failed.
    """

    value: float
    flag: Flag


@dataclass(slots=True)
class _Slot:
    """Sums of the values of one slot: those that have not failed, and those that have."""

    good_sum: int = 0
    good_count: int = 0
    failed_sum: int = 0
    failed_count: int = 0


@dataclass(slots=True)
class _Total:
    """Slot means added up in the order of the slots; a slot counts as failed when all its values have."""

    good_sum: float = 0.0
    good_count: int = 0
    failed_sum: float = 0.0
    failed_count: int = 0

    def add(self, slot: _Slot | None) -> None:
        if slot is not None and slot.good_count:
            self.good_sum += slot.good_sum / slot.good_count
            self.good_count += 1
        elif slot is not None and slot.failed_count:
            self.failed_sum += slot.failed_sum / slot.failed_count
            self.failed_count += 1


class Slots:
    """Sums of one metric by slot; values are added, and taken out again when they must be judged anew.

    Args:
        slot_us: Length of a slot in microseconds.
    """

    def __init__(self, slot_us: int) -> None:
        self._slot_us = slot_us
        self._slots: dict[int, _Slot] = {}
        self._past: dict[int, _Total] = {}  # by number of slots, all before the slot `_past_of`
        self._past_of: int | None = None

    def add(self, at_us: int, value: float, *, is_good: bool, sign: int = 1) -> None:
        """Count a value in; with a sign of -1 take it out as it was counted in."""
        number = at_us // self._slot_us
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = _Slot()
        scaled = sign * round(value * _SCALE)
        if is_good:
            slot.good_sum += scaled
            slot.good_count += sign
        else:
            slot.failed_sum += scaled
            slot.failed_count += sign
        if number != self._past_of:
            self._past_of = None

    def mean(self, at_us: int, window: SlotWindow) -> SlotMean | None:
        """Return the mean of the slots up to that of an instant, None when too few hold anything.

        A value that turns out to have failed cannot make the mean vanish again, which no store could follow:
        the mean then stays, with the flag `FAIL`.
        """
        if not self._slots:
            return None
        last = at_us // self._slot_us
        total = dataclasses.replace(self._total_before(last, window.count - 1))
        total.add(self._slots.get(last))
        needed = max(window.completeness * window.count - _ROUNDING, 1)
        if total.good_count + total.failed_count < needed:
            return None
        flag = Flag.GOOD if total.good_count >= needed else Flag.FAIL
        if total.good_count:
            return SlotMean(value=total.good_sum / total.good_count / _SCALE, flag=flag)
        return SlotMean(value=total.failed_sum / total.failed_count / _SCALE, flag=flag)

    def _total_before(self, last: int, count: int) -> _Total:
        """Return the total of the slots before one, which rarely changes from one reading to the next."""
        if self._past_of != last:
            self._past_of, self._past = last, {}
        total = self._past.get(count)
        if total is None:
            total = self._past[count] = _Total()
            for number in range(last - count, last):
                total.add(self._slots.get(number))
        return total

    def forget_before(self, at_us: int) -> None:
        """Drop the slots that ended before an instant."""
        first = at_us // self._slot_us
        for number in [number for number in self._slots if number < first]:
            del self._slots[number]
