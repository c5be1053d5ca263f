"""The words of an alarm: its severity, its events, and the alarm that the events add up to."""

from __future__ import annotations

from collections.abc import Iterable
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
        ACKNOWLEDGED: A person has seen it.
        CLAIMED: A person says "I am on it".
        RELEASED: Nobody is on it any more.
        COMMENTED: A person has written something to it.
        ASSIGNED: Another agency answers for it now.
        SHELVED: A person has put rule and site aside, with a reason and until a time.
        UNSHELVED: A person has taken them back before that time.
        SHELF_EXPIRED: The time is over.
        OUT_OF_SERVICE: A person has taken rule and site out of service, for maintenance.
        BACK_IN_SERVICE: They are in service again.
        RETURNED: The alarm is active and back from the shelf or from maintenance: nobody has seen it yet.
    """

    RAISED = "raised"
    CLEARED = "cleared"
    DATA_LOST = "data_lost"
    DATA_BACK = "data_back"
    BECAME_LIVE = "became_live"
    WITHDRAWN = "withdrawn"
    ACKNOWLEDGED = "acknowledged"
    CLAIMED = "claimed"
    RELEASED = "released"
    COMMENTED = "commented"
    ASSIGNED = "assigned"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SHELF_EXPIRED = "shelf_expired"
    OUT_OF_SERVICE = "out_of_service"
    BACK_IN_SERVICE = "back_in_service"
    RETURNED = "returned"

    @property
    def is_end(self) -> bool:
        """True when the alarm is no longer active after it."""
        return self in (EventType.CLEARED, EventType.WITHDRAWN)

    @property
    def is_of_shelf(self) -> bool:
        """True when it speaks of rule and site, not of one alarm: its `alarm_id` is `<rule_id>/<site_id>`."""
        return self in _OF_SHELF


_OF_SHELF = frozenset(
    {
        EventType.SHELVED,
        EventType.UNSHELVED,
        EventType.SHELF_EXPIRED,
        EventType.OUT_OF_SERVICE,
        EventType.BACK_IN_SERVICE,
    }
)


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
        by: Who did it, as told; "" for Pantau itself.
        text: The reason of a shelf, the words of a comment, the agency of an assignment; else "".
        until: When a shelf ends; None for everything else.
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
    by: str = ""
    text: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm as its events leave it.

    Attributes:
        id: The events' `alarm_id`.
        raised_at: When it began, in the sensor's time.
        cleared_at: When it ended, cleared or withdrawn, in the sensor's time; None while it is active.
        data_lost_at: When its data stopped; None while they come. Silence never clears an alarm.
        last_value: The value of the newest event that had one.
        limit: The limit that `last_value` was held against.
        retrospective: True while no timely reading has confirmed it.
        change: Number of its newest event; grows with the journal.
        acknowledged_at: When a person saw it; None while nobody has, or when it came back from a shelf since.
        acknowledged_by: Who that was, "" for nobody.
        claimed_by: Who is on it, "" for nobody.
        assigned_to: The agency that answers for it now, "" for the rule's own.
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
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    claimed_by: str = ""
    assigned_to: str = ""

    @property
    def is_active(self) -> bool:
        """True until it is cleared."""
        return self.cleared_at is None

    @property
    def needs_acknowledgement(self) -> bool:
        """True until a person has seen it; one of the past that is over asks for nobody."""
        return self.acknowledged_at is None and (self.is_active or not self.retrospective)

    @property
    def is_open(self) -> bool:
        """True while it is active or wants to be acknowledged."""
        return self.is_active or self.needs_acknowledgement


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
    limit = alarm.limit if event.value is None else event.limit
    return _changed(replace(alarm, last_value=value, limit=limit, change=change), event)


def folded(events: Iterable[AlarmEvent]) -> dict[str, Alarm]:
    """Return the alarms that events add up to, by id.

    Args:
        events: The journal from its beginning; its first line has the number 1.
    """
    alarms: dict[str, Alarm] = {}
    for number, event in enumerate(events, start=1):
        alarm = applied(alarms.get(event.alarm_id), event, change=number)
        if alarm is not None:
            alarms[alarm.id] = alarm
    return alarms


def _changed(alarm: Alarm, event: AlarmEvent) -> Alarm:
    match event.type:
        case EventType.CLEARED | EventType.WITHDRAWN:
            return replace(alarm, cleared_at=event.observed_at, data_lost_at=None)
        case EventType.DATA_LOST:
            return replace(alarm, data_lost_at=event.observed_at)
        case EventType.DATA_BACK:
            return replace(alarm, data_lost_at=None)
        case EventType.BECAME_LIVE:
            # Who acknowledged it had seen something of the past; nobody has seen that it is true now.
            return replace(alarm, retrospective=False, acknowledged_at=None, acknowledged_by="")
        case EventType.ACKNOWLEDGED:
            return replace(alarm, acknowledged_at=event.recorded_at, acknowledged_by=event.by)
        case EventType.RETURNED:
            return replace(alarm, acknowledged_at=None, acknowledged_by="")
        case EventType.CLAIMED:
            return replace(alarm, claimed_by=event.by)
        case EventType.RELEASED:
            return replace(alarm, claimed_by="")
        case EventType.ASSIGNED:
            return replace(alarm, assigned_to=event.text)
    return alarm


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
