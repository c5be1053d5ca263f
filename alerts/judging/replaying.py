"""The live engine on past readings: the same code, with the time at which things happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from alerts.journal.alarms import AlarmEvent
from alerts.judging.engine import AlarmEngine
from storage.readings import Reading

_TICK_EVERY = timedelta(minutes=1)


def replayed(
    engine: AlarmEngine, readings: Iterable[Reading], *, start: datetime, end: datetime
) -> Iterator[AlarmEvent]:
    """Yield what the engine says when every reading comes the moment it was measured.

    The clock is looked at every minute and just before each reading, so that every span without data is
    seen that a clock looked at all the time would see.

    Args:
        engine: Fresh, or restored to where it was at `start`.
        readings: In the order of their observed times, none before `start`.
        start: When the replayed time begins; aware.
        end: Up to when it goes on after the last reading; aware.
    """
    now = start
    for reading in readings:
        yield from _passed(engine, now, reading.observed_at)
        now = max(now, reading.observed_at)
        yield from engine.observe(reading, now)
    yield from _passed(engine, now, end)


def _passed(engine: AlarmEngine, now: datetime, until: datetime) -> Iterator[AlarmEvent]:
    while now < until:
        now = min(now + _TICK_EVERY, until)
        yield from engine.tick(now)
