"""Means over slots of the clock, exact and the same in whatever order the values come and go."""

from __future__ import annotations

from dataclasses import dataclass

from storage.readings import Flag

_SCALE = 10**6  # sums are whole millionths: taking a value out again leaves no trace, as with floats it would
_ROUNDING = 1e-9  # of a share of a count, far below one slot


@dataclass(slots=True)
class _Slot:
    """Sums of the values of one slot: those that have not failed, and those that have."""

    good_sum: int = 0
    good_count: int = 0
    failed_sum: int = 0
    failed_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotMean:
    """Mean over a window of slots.

    Attributes:
        value: Mean of the slots' means.
        flag: `FAIL` when too few slots have a value that has not failed.
    """

    value: float
    flag: Flag


class Slots:
    """Sums of one metric by slot; values are added, and taken out again when they must be judged anew.

    Args:
        slot_us: Length of a slot in microseconds.
    """

    def __init__(self, slot_us: int) -> None:
        self.slot_us = slot_us
        self._slots: dict[int, _Slot] = {}

    def add(self, at_us: int, value: float, *, is_good: bool, sign: int = 1) -> None:
        """Count a value in; with a sign of -1 take it out as it was counted in."""
        number = at_us // self.slot_us
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

    def mean(self, at_us: int, count: int, completeness: float) -> SlotMean | None:
        """Return the mean of the `count` slots up to that of an instant, None when too few hold anything.

        A value that turns out to have failed cannot make the mean vanish again, which no store could follow:
        the mean then stays, with the flag `FAIL`.
        """
        last = at_us // self.slot_us
        good_means, failed_means = [], []
        for number in range(last - count + 1, last + 1):
            slot = self._slots.get(number)
            if slot is None:
                continue
            if slot.good_count:
                good_means.append(slot.good_sum / slot.good_count)
            elif slot.failed_count:
                failed_means.append(slot.failed_sum / slot.failed_count)
        needed = completeness * count - _ROUNDING
        if len(good_means) + len(failed_means) < max(needed, 1):
            return None
        is_enough = len(good_means) >= max(needed, 1)
        means = good_means or failed_means
        return SlotMean(value=sum(means) / len(means) / _SCALE, flag=Flag.GOOD if is_enough else Flag.FAIL)

    def forget_before(self, at_us: int) -> None:
        """Drop the slots that ended before an instant."""
        first = at_us // self.slot_us
        for number in [number for number in self._slots if number < first]:
            del self._slots[number]
