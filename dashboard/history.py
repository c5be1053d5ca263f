"""Long histories made short enough to draw, so that neither a spike nor a gap vanishes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from storage.readings import Flag

MOST_POINTS = 1200
Point = tuple[datetime, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one device measured of one metric, oldest first; the three sequences have one length."""

    device_id: str
    times: tuple[datetime, ...]
    values: tuple[float, ...]
    flags: tuple[Flag, ...]


def with_gaps(line: Line, longest: timedelta) -> Iterator[Point]:
    """Yield the points with a hole wherever data were overdue, or where a value failed its checks."""
    before: datetime | None = None
    for at, value, flag in zip(line.times, line.values, line.flags, strict=True):
        if before is not None and at - before > longest:
            yield before + (at - before) / 2, None
        yield at, None if flag in (Flag.FAIL, Flag.MISSING) else value
        before = at


def thinned(points: Sequence[Point], *, at_most: int = MOST_POINTS) -> list[Point]:
    """Return at most about `at_most` points: of each stretch its lowest, highest and first hole.

    Args:
        points: Oldest first; None means a hole.
        at_most: How many a chart can show, at least 3.
    """
    if len(points) <= at_most:
        return list(points)
    stretch = (points[-1][0] - points[0][0]) / (at_most // 3)
    return [
        point
        for _, members in _stretches(points, stretch)
        for point in sorted(_telling(list(members)), key=_at)
    ]


def lone(points: Sequence[Point]) -> list[bool]:
    """Tell of each point whether it stands between holes: a line has no way to show it."""
    known = [False, *(value is not None for _, value in points), False]
    return [
        here and not (before or after)
        for before, here, after in zip(known, known[1:], known[2:], strict=False)
    ]


def thinned_marks(
    marks: Sequence[tuple[datetime, float, Flag]], *, at_most: int = MOST_POINTS // 4
) -> list[tuple[datetime, float, Flag]]:
    """Return the flagged points, or of too many the first of each flag in each stretch of time."""
    if len(marks) <= at_most:
        return list(marks)
    stretch = (marks[-1][0] - marks[0][0]) / (at_most // 3)
    kept: dict[tuple[int, Flag], tuple[datetime, float, Flag]] = {}
    for mark in marks:
        kept.setdefault((_number(mark[0], marks[0][0], stretch), mark[2]), mark)
    return list(kept.values())


def _stretches(points: Sequence[Point], stretch: timedelta) -> Iterator[tuple[int, Iterable[Point]]]:
    return groupby(points, key=lambda point: _number(point[0], points[0][0], stretch))


def _number(at: datetime, start: datetime, stretch: timedelta) -> int:
    return (at - start) // stretch if stretch else 0


def _telling(members: Sequence[Point]) -> list[Point]:
    known = [point for point in members if point[1] is not None]
    told = [next((point for point in members if point[1] is None), None)]
    if known:
        told += [min(known, key=_value), max(known, key=_value)]
    return list(dict.fromkeys(point for point in told if point is not None))


def _at(point: Point) -> datetime:
    return point[0]


def _value(point: Point) -> float:
    return point[1] if point[1] is not None else 0.0
