"""Hours of the week as people write them, like `mon-fri 07:00-15:30`, on the city's wall clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(?:(?P<days>[a-z,-]+)\s*)?(?:(?P<start>\d\d:\d\d)-(?P<end>\d\d:\d\d))?")
_MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A span of the clock on some days of the week.

    Attributes:
        days: The days on which it begins, Monday is 0.
        start: Its first minute of the day, 0 to 1439.
        end: The first minute after it, 1 to 1440; not after `start` when it ends on the next day.
    """

    days: frozenset[int]
    start: int
    end: int

    def cover(self, local: datetime) -> bool:
        """Tell whether a moment, on the wall clock they are meant for, lies in them."""
        minute, day = 60 * local.hour + local.minute, local.weekday()
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        return (day in self.days and minute >= self.start) or (
            (day - 1) % 7 in self.days and minute < self.end
        )


def parse_hours(text: str) -> Hours:
    """Return hours written as `mon-fri 07:00-15:30`, `22:00-06:00` or `sat,sun`.

    Without days they hold on every day, without a span all day. A span that ends before it begins ends on
    the next day.

    Raises:
        ValueError: It is written otherwise.
    """
    found = _FORM.fullmatch(text.strip().lower())
    if found is None or not text.strip():
        raise ValueError(f"'{text}' are no hours; write for example mon-fri 07:00-15:30, or sat,sun")
    start, end = _minute(found["start"] or "00:00"), _minute(found["end"] or "24:00") or _MIDNIGHT
    if start in (end, _MIDNIGHT):
        raise ValueError(f"'{text}' begins and ends at the same time; leave the span out for all day")
    return Hours(days=_days(found["days"]), start=start, end=end)


def _minute(text: str) -> int:
    hour, minute = int(text[:2]), int(text[3:])
    if minute > 59 or 60 * hour + minute > _MIDNIGHT:
        raise ValueError(f"'{text}' is no time of day; write 00:00 to 24:00")
    return 60 * hour + minute


def _days(text: str | None) -> frozenset[int]:
    if text is None:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, end = _day(first), _day(last or first)
        found |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return frozenset(found)


def _day(text: str) -> int:
    if text not in _DAYS:
        raise ValueError(f"'{text}' is no day of the week; write one of {', '.join(_DAYS)}")
    return _DAYS.index(text)
