"""Shifts: who is on duty, what they write down, and how one shift hands over to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from alerts.desk.performance import FLOOD_ABOVE

# Nobody is on duty for longer: whoever forgets to sign off must not halve the others' load on paper.
LONGEST_DUTY = timedelta(hours=12)
_ACCEPTABLE, _MANAGEABLE = 1, 2
_LONGEST_SHIFT = timedelta(hours=24)
_SHORTEST_SHIFT = timedelta(seconds=1)
_FIRST_SHIFT = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One time that somebody was on duty.

    Attributes:
        name: Who.
        since: When they signed on.
        until: When they signed off; None when they have not.
    """

    name: str
    since: datetime
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Tell whether they were on duty at an instant; one that nobody ends is over after twelve hours."""
        end = self.since + LONGEST_DUTY
        return self.since <= at < (end if self.until is None else min(self.until, end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that a person wrote down during a shift; it is never changed.

    Attributes:
        at: When.
        by: Who.
        text: What, not empty.
    """

    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A handover sheet: the facts as they were when the outgoing person signed.

    Attributes:
        id: Its number.
        start: Where its shift begins.
        outgoing: Who hands over.
        outgoing_at: When they signed; the facts are of this moment and its shift ends here.
        incoming: Who took over, "" while nobody has.
        incoming_at: When; None while nobody has.
        facts: What was true, as plain JSON.
    """

    id: int
    start: datetime
    outgoing: str
    outgoing_at: datetime
    incoming: str
    incoming_at: datetime | None
    facts: Mapping[str, Any]

    @property
    def is_signed(self) -> bool:
        """True when both have signed: nothing of it changes any more."""
        return self.incoming_at is not None


class Band(StrEnum):
    """How heavy a load of alarms per operator and ten minutes is.

    Source:
        ANSI/ISA-18.2-2016, table 7: about 1 is acceptable, about 2 the most that is manageable; more than 10
        is a flood.
    """

    ACCEPTABLE = "acceptable"
    MANAGEABLE = "manageable"
    OVERLOAD = "overload"
    FLOOD = "flood"


def band(per_operator: float) -> Band:
    """Return how heavy so many alarms per operator and ten minutes are."""
    if per_operator <= _ACCEPTABLE:
        return Band.ACCEPTABLE
    if per_operator <= _MANAGEABLE:
        return Band.MANAGEABLE
    return Band.FLOOD if per_operator > FLOOD_ABOVE else Band.OVERLOAD


class Refusal(StrEnum):
    """Why a sheet is not signed.

    Attributes:
        UNKNOWN: There is no such sheet.
        SIGNED: Somebody has taken over already.
        REPLACED: A newer sheet has been made: sign that one.
        SAME_PERSON: Nobody hands over to themselves.
    """

    UNKNOWN = "unknown"
    SIGNED = "signed"
    REPLACED = "replaced"
    SAME_PERSON = "same_person"


def on_duty(duties: Iterable[Duty], at: datetime) -> list[Duty]:
    """Return who was on duty at an instant, by name, each once and since when."""
    found: dict[str, Duty] = {}
    for duty in sorted(duties, key=lambda duty: duty.since):
        if duty.covers(at):
            found.setdefault(duty.name, duty)
    return [found[name] for name in sorted(found)]


def operators(duties: Iterable[Duty], at: datetime) -> int:
    """Return how many share the alarms at an instant: those on duty, and one when nobody says so."""
    return max(len(on_duty(duties, at)), 1)


def shift_start(last: Handover | None, now: datetime) -> datetime:
    """Return where the present shift begins: at the last handover, a day ago at most.

    Args:
        last: The newest sheet that both have signed; None when there is none: then eight hours are a shift.
        now: The present; aware.
    """
    if last is None:
        return now - _FIRST_SHIFT
    # A clock that was set back must not put the beginning after the present.
    return min(max(last.outgoing_at, now - _LONGEST_SHIFT), now - _SHORTEST_SHIFT)


def refusal(sheet: Handover | None, *, newest_id: int, by: str, may_be_same: bool) -> Refusal | None:
    """Return why somebody may not take over with a sheet, None when they may.

    Args:
        sheet: The sheet; None when there is no such.
        newest_id: Number of the newest sheet.
        by: Who wants to sign as the incoming person.
        may_be_same: True in the demo, where everybody is one person.
    """
    if sheet is None:
        return Refusal.UNKNOWN
    if sheet.is_signed:
        return Refusal.SIGNED
    if sheet.id != newest_id:
        return Refusal.REPLACED
    return Refusal.SAME_PERSON if sheet.outgoing == by and not may_be_same else None
