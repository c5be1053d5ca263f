"""People, rows and wishes for tests of the life of an alarm."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from alerts.desk.operations import Operation, Verb
from alerts.journal.alarms import Alarm, AlarmEvent, folded
from alerts.journal.rows import AlarmRow
from alerts.journal.shelving import Shelf

PLACE = ("high_water", "gate")
HOUR = timedelta(hours=1)


def wish(verb: Verb, by: str = "operator-1", **more: object) -> Operation:
    return Operation(verb=verb, by=by, **more)  # type: ignore[arg-type]


def newest_first(events: Iterable[AlarmEvent]) -> tuple[Alarm, ...]:
    return tuple(sorted(folded(events).values(), key=lambda alarm: alarm.raised_at, reverse=True))


def row(events: Iterable[AlarmEvent], shelf: Shelf | None = None) -> AlarmRow:
    """The row of rule `high_water` at site `gate` as these events leave it."""
    return AlarmRow(rule_id=PLACE[0], site_id=PLACE[1], alarms=newest_first(events), shelf=shelf)
