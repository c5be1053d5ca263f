"""Shelves: rules at sites that people put aside for a while, and how they come back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.journal.alarms import Alarm, AlarmEvent, EventType, Severity

# A day: a longer one is maintenance, which is out of service and somebody's task.
MAX_SHELF = timedelta(hours=24)
# A flood of alarms is more than ten in ten minutes (ISA-18.2); one a minute can never be one by itself.
RETURN_APART = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One rule at one site, put aside: its alarms are kept and judged, and wake nobody.

    Attributes:
        rule_id: The rule.
        site_id: The site.
        is_maintenance: True when it is out of service; that has no time limit.
        since: When it was put aside.
        until: When it comes back; None when it is out of service.
        by: Who put it aside, as told.
        reason: Why.
        severity: That of its newest alarm when it was put aside.
        change: Number of the journal's event that did it.
    """

    rule_id: str
    site_id: str
    is_maintenance: bool
    since: datetime
    until: datetime | None
    by: str
    reason: str
    severity: Severity
    change: int

    @property
    def key(self) -> str:
        """`<rule_id>/<site_id>`."""
        return f"{self.rule_id}/{self.site_id}"


def expired(
    shelves: Iterable[Shelf],
    now: datetime,
    *,
    active: Collection[str] = (),
    last_return: datetime | None = None,
) -> list[Shelf]:
    """Return the shelves that end now, worst first.

    One whose alarm is active makes itself heard when it comes back. Such shelves end one at a time,
    `RETURN_APART` from each other, so that several whose time is over together are no flood of alarms.

    Args:
        shelves: All that there are.
        now: The present; aware.
        active: Keys of rule and site that have an active alarm.
        last_return: When a shelf with an active alarm last ended; None when none ever did.
    """
    due = [shelf for shelf in shelves if shelf.until is not None and shelf.until <= now]
    silent = [shelf for shelf in due if shelf.key not in active]
    heard = sorted(
        (shelf for shelf in due if shelf.key in active), key=lambda shelf: (-shelf.severity, shelf.change)
    )
    may_be_heard = last_return is None or now - last_return >= RETURN_APART
    return [*heard[:1], *silent] if may_be_heard else silent


def ended(
    shelf: Shelf, type_: EventType, active: Iterable[Alarm], *, now: datetime, by: str = ""
) -> list[AlarmEvent]:
    """Return what ends a shelf: the event itself, and the return of each alarm that is active.

    Args:
        shelf: What ends.
        type_: `UNSHELVED`, `SHELF_EXPIRED` or `BACK_IN_SERVICE`.
        active: The active alarms of its rule and site; they come back unacknowledged.
        now: The present; aware.
        by: Who ended it; "" for Pantau.
    """
    end = AlarmEvent(
        alarm_id=shelf.key,
        rule_id=shelf.rule_id,
        site_id=shelf.site_id,
        type=type_,
        observed_at=now,
        recorded_at=now,
        severity=shelf.severity,
        by=by,
    )
    return [end, *(event_of(alarm, EventType.RETURNED, now=now, by=by) for alarm in active)]


def event_of(alarm: Alarm, type_: EventType, *, now: datetime, by: str = "", text: str = "") -> AlarmEvent:
    """Return an event of an alarm that does not come from a reading."""
    return AlarmEvent(
        alarm_id=alarm.id,
        rule_id=alarm.rule_id,
        site_id=alarm.site_id,
        type=type_,
        observed_at=now,
        recorded_at=now,
        severity=alarm.severity,
        retrospective=alarm.retrospective,
        by=by,
        text=text,
    )
