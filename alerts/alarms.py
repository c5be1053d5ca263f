"""The words of an alarm: its severity, its events, and the alarm that the events add up to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad it is, ordinal: a greater number is worse. A siaga label is text beside it, never instead."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class EventType(StrEnum):
    """What can happen to an alarm.

    Attributes:
        RAISED: A value reached the limit and had stayed there for the pending time.
        CLEARED: A value came back to the clear level.
        DATA_LOST: No usable value came for as long as its kind allows. The alarm stays active.
        DATA_BACK: Values come again, or one that came late ends the alarm.
        BECAME_LIVE: A timely value confirmed an alarm that late data had raised.
        WITHDRAWN: The rule no longer watches the site: rule, site or threshold is gone. The alarm ends, and
            nothing says that the danger has passed.
    """

    RAISED = "raised"
    CLEARED = "cleared"
    DATA_LOST = "data_lost"
    DATA_BACK = "data_back"
    BECAME_LIVE = "became_live"
    WITHDRAWN = "withdrawn"

    @property
    def is_end(self) -> bool:
        """True when the alarm is no longer active after it."""
        return self in (EventType.CLEARED, EventType.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """One line of the journal; lines are only ever added.

    Attributes:
        alarm_id: `<rule_id>/<site_id>/<raised observed_at in µs>`: the same readings give the same id.
        rule_id: The rule that speaks.
        site_id: The place it speaks of.
        type: What happened.
        observed_at: The moment at which it became true, in the sensor's time; aware. `DATA_LOST` becomes true
            when the last value is overdue, `WITHDRAWN` when Pantau notices.
        recorded_at: When Pantau said so; aware.
        severity: The severity with which the alarm was raised.
        value: The value that decided, in the metric's unit; None when no value did.
        limit: The limit it was held against; None when none was.
        retrospective: True when the data came too late to be an alarm of now: it wakes nobody.
    """

    alarm_id: str
    rule_id: str
    site_id: str
    type: EventType
    observed_at: datetime
    recorded_at: datetime
    severity: Severity
    value: float | None = None
    limit: float | None = None
    retrospective: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm as its events leave it.

    Attributes:
        id: The events' `alarm_id`.
        raised_at: When it began, in the sensor's time.
        cleared_at: When it ended, cleared or withdrawn, in the sensor's time; None while it is active.
        data_lost_at: When its data stopped; None while they come. Silence never clears an alarm.
        last_value: The value of the newest event that had one.
        limit: The limit that was crossed.
        retrospective: True while no timely reading has confirmed it.
        change: Number of its newest event; grows with the journal.
    """

    id: str
    rule_id: str
    site_id: str
    severity: Severity
    raised_at: datetime
    cleared_at: datetime | None
    data_lost_at: datetime | None
    last_value: float | None
    limit: float | None
    retrospective: bool
    change: int

    @property
    def is_active(self) -> bool:
        """True until it is cleared."""
        return self.cleared_at is None


def applied(alarm: Alarm | None, event: AlarmEvent, *, change: int) -> Alarm | None:
    """Return the alarm as it is after one more event of it.

    Args:
        alarm: As the events before left it; None before the first.
        event: The next event of that alarm.
        change: The event's number in the journal.

    Returns:
        None when the journal does not hold the beginning of this alarm, so that nothing is known of it.
    """
    if event.type is EventType.RAISED:
        return _begun(event, change)
    if alarm is None:
        return None
    value = alarm.last_value if event.value is None else event.value
    alarm = replace(alarm, last_value=value, change=change)
    if event.type.is_end:
        return replace(alarm, cleared_at=event.observed_at, data_lost_at=None)
    if event.type is EventType.DATA_LOST:
        return replace(alarm, data_lost_at=event.observed_at)
    if event.type is EventType.DATA_BACK:
        return replace(alarm, data_lost_at=None)
    return replace(alarm, retrospective=False)


def _begun(event: AlarmEvent, change: int) -> Alarm:
    return Alarm(
        id=event.alarm_id,
        rule_id=event.rule_id,
        site_id=event.site_id,
        severity=event.severity,
        raised_at=event.observed_at,
        cleared_at=None,
        data_lost_at=None,
        last_value=event.value,
        limit=event.limit,
        retrospective=event.retrospective,
        change=change,
    )
