"""The words of an alarm: its severity, its events, and the alarm that the events add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How bad it is, ordinal: a greater number is worse. A siaga label is text beside it, never instead."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class EventType(StrEnum):
    """What can happen to an alarm."""

    RAISED = "raised"
    CLEARED = "cleared"
    DATA_LOST = "data_lost"
    DATA_BACK = "data_back"
    BECAME_LIVE = "became_live"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """One line of the journal; lines are only ever added.

    Attributes:
        alarm_id: `<rule_id>/<site_id>/<raised observed_at in µs>`: the same readings give the same id.
        rule_id: The rule that speaks.
        site_id: The place it speaks of.
        type: What happened.
        observed_at: The moment in the sensor's time at which it became true; aware.
        recorded_at: When Pantau said so; aware.
        severity: The rule's severity at that time.
        value: The value that decided, in the metric's unit; None when no value did.
        limit: The limit it was held against; None when none was.
        retrospective: True when the data came too late to be an alarm of now.
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
        cleared_at: When it ended, in the sensor's time; None while it is active.
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
