"""What people do to alarms, and whether it may be done: pure decisions whose answers are events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.journal.alarms import Alarm, AlarmEvent, EventType
from alerts.journal.rows import AlarmRow
from alerts.journal.shelving import MAX_SHELF, ended, event_of
from storage.plain_text import shows_something

# Characters of a comment or a reason.
LONGEST_TEXT = 2000


class Verb(StrEnum):
    """What a person can do to one row of the alarm list."""

    ACKNOWLEDGE = "acknowledge"
    CLAIM = "claim"
    RELEASE = "release"
    COMMENT = "comment"
    ASSIGN = "assign"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    TAKE_OUT_OF_SERVICE = "take_out_of_service"
    PUT_IN_SERVICE = "put_in_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One person's wish.

    Attributes:
        verb: What.
        by: Who, as told.
        text: The reason, the comment or the agency, where the verb needs one.
        lasting: How long to shelve.
        seen: The row's `change` that the person was looking at; what was done or raised after it makes the
            wish come too late. None when it is not known: then only what the row is now decides.
    """

    verb: Verb
    by: str
    text: str = ""
    lasting: timedelta | None = None
    seen: int | None = None


class Reason(StrEnum):
    """Why a wish is refused; the sentence for people belongs to whoever shows it."""

    NEEDS_NAME = "needs_name"
    NEEDS_TEXT = "needs_text"
    NEEDS_TIME = "needs_time"
    TOO_LONG = "too_long"
    NOTHING_OPEN = "nothing_open"
    ACKNOWLEDGED = "acknowledged"
    CLAIMED = "claimed"
    NOT_CLAIMED = "not_claimed"
    SHELVED = "shelved"
    NOT_SHELVED = "not_shelved"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Nothing was changed.

    Attributes:
        reason: Why.
        by: Who was there before, "" when that is nobody or Pantau.
        at: When; None when nobody was.
        after: What came in between, for `OVERTAKEN`.
    """

    reason: Reason
    by: str = ""
    at: datetime | None = None
    after: EventType | None = None


Decision = list[AlarmEvent] | Refused


def decided(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    """Return the events that carry out an operation, or why it cannot be.

    Args:
        row: The row as it is now, with all its open alarms.
        operation: What is wanted.
        now: The present; aware.
    """
    if not shows_something(operation.by):
        return Refused(reason=Reason.NEEDS_NAME)
    if operation.verb in _NEED_TEXT and not shows_something(operation.text):
        return Refused(reason=Reason.NEEDS_TEXT)
    return _DECISIONS[operation.verb](row, operation, now)


def overtaken(operation: Operation, newer: Iterable[AlarmEvent]) -> Refused | None:
    """Tell who or what came between a person's look and their wish; None when nothing did.

    What the sensor did in between (cleared, data lost) does not stand in the way: the person means the alarm
    they saw. A new alarm does, since nobody may acknowledge what they have not seen. Comments overtake
    nothing and are never overtaken.

    Args:
        operation: The wish.
        newer: The row's events after the change that the person saw, in the journal's order.
    """
    if operation.verb is Verb.COMMENT:
        return None
    for event in newer:
        if event.type in _IN_THE_WAY:
            return Refused(reason=Reason.OVERTAKEN, by=event.by, at=event.recorded_at, after=event.type)
    return None


def is_repeated(operation: Operation, newer: Iterable[AlarmEvent]) -> bool:
    """Tell whether a comment was written already by the same person since they looked.

    A request whose answer was lost comes again. Every other act is then refused and its sentence names the
    person themselves; a comment alone would stand there twice.

    Args:
        operation: The wish.
        newer: The row's events after the change that the person saw.
    """
    wanted = (EventType.COMMENTED, operation.by, operation.text)
    return operation.verb is Verb.COMMENT and any((e.type, e.by, e.text) == wanted for e in newer)


_NEED_TEXT = (Verb.COMMENT, Verb.ASSIGN, Verb.SHELVE, Verb.TAKE_OUT_OF_SERVICE)
_IN_THE_WAY = frozenset(EventType) - {
    EventType.CLEARED,
    EventType.WITHDRAWN,
    EventType.DATA_LOST,
    EventType.DATA_BACK,
    EventType.COMMENTED,
}


def _acknowledge(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    if row.shelf is not None:
        return _is_aside(row)
    if row.unseen:
        return [_said(alarm, EventType.ACKNOWLEDGED, operation, now) for alarm in reversed(row.unseen)]
    if row.newest is None or row.newest.acknowledged_at is None:
        return Refused(reason=Reason.NOTHING_OPEN)
    return Refused(reason=Reason.ACKNOWLEDGED, by=row.newest.acknowledged_by, at=row.newest.acknowledged_at)


def _claim(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    if row.claimed_by:
        return Refused(reason=Reason.CLAIMED, by=row.claimed_by)
    return _of_newest(row, EventType.CLAIMED, operation, now)


def _release(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    claimed = [alarm for alarm in row.alarms if alarm.is_open and alarm.claimed_by]
    if not claimed:
        return Refused(reason=Reason.NOT_CLAIMED)
    return [_said(alarm, EventType.RELEASED, operation, now) for alarm in claimed]


def _comment(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    if row.newest is None:
        return Refused(reason=Reason.NOTHING_OPEN)
    return [_said(row.newest, EventType.COMMENTED, operation, now)]


def _assign(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    return _of_newest(row, EventType.ASSIGNED, operation, now)


def _shelve(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    if row.shelf is not None:
        return _is_aside(row)
    if operation.lasting is None or operation.lasting <= timedelta(0):
        return Refused(reason=Reason.NEEDS_TIME)
    if operation.lasting > MAX_SHELF:
        return Refused(reason=Reason.TOO_LONG)
    return [_put_aside(row, EventType.SHELVED, operation, now, until=now + operation.lasting)]


def _take_out(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    if row.shelf is not None:
        return _is_aside(row)
    return [_put_aside(row, EventType.OUT_OF_SERVICE, operation, now)]


def _unshelve(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    if row.shelf is None:
        return Refused(reason=Reason.NOT_SHELVED)
    if row.shelf.is_maintenance:
        return _is_aside(row)
    return ended(row.shelf, EventType.UNSHELVED, row.active, now=now, by=operation.by)


def _put_in(row: AlarmRow, operation: Operation, now: datetime) -> Decision:
    if row.shelf is None:
        return Refused(reason=Reason.IN_SERVICE)
    if not row.shelf.is_maintenance:
        return _is_aside(row)
    return ended(row.shelf, EventType.BACK_IN_SERVICE, row.active, now=now, by=operation.by)


_DECISIONS: Mapping[Verb, Callable[[AlarmRow, Operation, datetime], Decision]] = {
    Verb.ACKNOWLEDGE: _acknowledge,
    Verb.CLAIM: _claim,
    Verb.RELEASE: _release,
    Verb.COMMENT: _comment,
    Verb.ASSIGN: _assign,
    Verb.SHELVE: _shelve,
    Verb.UNSHELVE: _unshelve,
    Verb.TAKE_OUT_OF_SERVICE: _take_out,
    Verb.PUT_IN_SERVICE: _put_in,
}


def _of_newest(row: AlarmRow, type_: EventType, operation: Operation, now: datetime) -> Decision:
    alarm = next((alarm for alarm in row.alarms if alarm.is_open), None)
    if alarm is None:
        return Refused(reason=Reason.NOTHING_OPEN)
    return [_said(alarm, type_, operation, now)]


def _said(alarm: Alarm, type_: EventType, operation: Operation, now: datetime) -> AlarmEvent:
    return event_of(alarm, type_, now=now, by=operation.by, text=operation.text)


def _is_aside(row: AlarmRow) -> Refused:
    assert row.shelf is not None
    reason = Reason.OUT_OF_SERVICE if row.shelf.is_maintenance else Reason.SHELVED
    return Refused(reason=reason, by=row.shelf.by, at=row.shelf.since)


def _put_aside(
    row: AlarmRow, type_: EventType, operation: Operation, now: datetime, *, until: datetime | None = None
) -> AlarmEvent:
    return AlarmEvent(
        alarm_id=row.key,
        rule_id=row.rule_id,
        site_id=row.site_id,
        type=type_,
        observed_at=now,
        recorded_at=now,
        severity=row.severity,
        by=operation.by,
        text=operation.text,
        until=until,
    )
