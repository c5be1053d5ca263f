"""Which CAP messages the life of an alarm gives: what others must hear, nothing of the operators' work."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.journal.alarms import Alarm, AlarmEvent, EventType, Severity, applied
from storage.clock import to_us


class MessageType(StrEnum):
    """What a message does to those before it.

    Source:
        OASIS Common Alerting Protocol 1.2, `msgType`.
    """

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class Cause(StrEnum):
    """Why a message is sent."""

    RAISED = "raised"
    DATA_LOST = "data_lost"
    DATA_BACK = "data_back"
    GOES_ON = "goes_on"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    PUT_ASIDE = "put_aside"

    @property
    def type(self) -> MessageType:
        """What such a message does to those before it."""
        if self is Cause.RAISED:
            return MessageType.ALERT
        is_end = self in (Cause.CLEARED, Cause.WITHDRAWN, Cause.PUT_ASIDE)
        return MessageType.CANCEL if is_end else MessageType.UPDATE


@dataclass(frozen=True, slots=True, kw_only=True)
class CapMessage:
    """One message of the feed.

    Attributes:
        identifier: Its name, the same whenever it is worked out; no space, comma, < or &.
        sent: From when on it is told; aware.
        cause: Why.
        alarm: The alarm as it was then.
        measured_at: When the alarm's last value was measured, in the sensor's time.
        references: Identifier and time of the earlier messages that it takes the place of, oldest first.
    """

    identifier: str
    sent: datetime
    cause: Cause
    alarm: Alarm
    measured_at: datetime
    references: tuple[tuple[str, datetime], ...] = ()


def cap_messages(
    events: Iterable[AlarmEvent],
    *,
    severity_from: Severity,
    expires: timedelta,
    until: datetime,
    begins_aside: Collection[str] = (),
) -> list[CapMessage]:
    """Return the messages that a journal gives, oldest first.

    An alert is one that wakes operators, too: neither of the past nor put aside. It is updated when its data
    stop or come back and, so that it does not run out while it lasts, at every half of `expires`; it is
    cancelled when it clears, when its rule or site is gone, and when people put it aside. What people do
    about it besides is nobody else's business.

    Args:
        events: The journal of every row that matters, each from before its first alert, in its order.
        severity_from: The least severity that is told.
        expires: For how long a message holds.
        until: Up to when it is known that what is active still is.
        begins_aside: Keys of the rows that were put aside when `events` begin.
    """
    rows: dict[str, _Row] = {}
    for event in events:
        key = f"{event.rule_id}/{event.site_id}"
        row = rows.get(key)
        if row is None:
            row = rows[key] = _Row(is_aside=key in begins_aside, severity_from=severity_from, expires=expires)
        row.take(event)
    for row in rows.values():
        row.renew(until)
    found = (message for row in rows.values() for message in row.messages)
    return sorted(found, key=lambda message: (message.sent, message.alarm.id))


_CAUSES = {
    EventType.DATA_LOST: Cause.DATA_LOST,
    EventType.DATA_BACK: Cause.DATA_BACK,
    EventType.CLEARED: Cause.CLEARED,
    EventType.WITHDRAWN: Cause.WITHDRAWN,
}


@dataclass(slots=True, kw_only=True)
class _Row:
    """One rule at one site while its journal is read.

    Attributes:
        messages: What it gives so far.
        told: Of each alarm that others know as active, the messages since its alert.
        alarms: Its alarms, with when their last value was measured.
    """

    is_aside: bool
    severity_from: Severity
    expires: timedelta
    messages: list[CapMessage] = field(default_factory=list)
    told: dict[str, list[CapMessage]] = field(default_factory=dict)
    alarms: dict[str, tuple[Alarm, datetime]] = field(default_factory=dict)

    def take(self, event: AlarmEvent) -> None:
        self.renew(event.recorded_at)
        if event.type.is_of_shelf:
            self._take_shelf(event)
            return
        known, measured_at = self.alarms.get(event.alarm_id, (None, event.observed_at))
        alarm = applied(known, event, change=0)
        if alarm is None or alarm.severity < self.severity_from:
            return
        self.alarms[alarm.id] = alarm, event.observed_at if event.value is not None else measured_at
        self._tell(event, alarm)

    def renew(self, until: datetime) -> None:
        """Tell anew what goes on, as often as it would else have run out before `until`."""
        for alarm_id, told in self.told.items():
            while (at := told[-1].sent + self.expires / 2) < until:
                self._add(self.alarms[alarm_id][0], Cause.GOES_ON, at, "goes_on")

    def _take_shelf(self, event: AlarmEvent) -> None:
        self.is_aside = event.type in (EventType.SHELVED, EventType.OUT_OF_SERVICE)
        if self.is_aside:
            for alarm_id in list(self.told):
                self._add(self.alarms[alarm_id][0], Cause.PUT_ASIDE, event.recorded_at, event.type.value)

    def _tell(self, event: AlarmEvent, alarm: Alarm) -> None:
        if alarm.id in self.told:
            if event.type in _CAUSES:
                self._add(alarm, _CAUSES[event.type], event.recorded_at, event.type.value)
        elif event.type in _BEGINS and alarm.is_active and not alarm.retrospective and not self.is_aside:
            self._add(alarm, Cause.RAISED, event.recorded_at, event.type.value)

    def _add(self, alarm: Alarm, cause: Cause, sent: datetime, what: str) -> None:
        told = self.told.setdefault(alarm.id, [])
        message = CapMessage(
            identifier=f"{alarm.id.replace('/', '.')}.{what}.{to_us(sent)}",
            sent=sent,
            cause=cause,
            alarm=alarm,
            measured_at=self.alarms[alarm.id][1],
            references=tuple(
                (m.identifier, m.sent) for m in told if m.sent + self.expires > sent or m is told[-1]
            ),
        )
        self.messages.append(message)
        told.append(message)
        if cause.type is MessageType.CANCEL:
            del self.told[alarm.id]


_BEGINS = (EventType.RAISED, EventType.BECAME_LIVE, EventType.RETURNED)
