"""One row per rule and site: what people see and act on, in the states of ISA-18.2."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.journal.alarms import Alarm, Severity
from alerts.journal.shelving import Shelf


class AlarmState(StrEnum):
    """Where a rule stands at a site in people's hands.

    Source:
        ANSI/ISA-18.2, the alarm state transition diagram.
    """

    NORMAL = "normal"
    ACTIVE_UNACKNOWLEDGED = "active_unacknowledged"
    ACTIVE_ACKNOWLEDGED = "active_acknowledged"
    CLEARED_UNACKNOWLEDGED = "cleared_unacknowledged"
    SHELVED = "shelved"
    OUT_OF_SERVICE = "out_of_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """All that is known of one rule at one site.

    Attributes:
        rule_id: The rule.
        site_id: The site.
        alarms: Its alarms, newest first: all open ones at least, or the newest; empty when it never spoke.
        shelf: How it is put aside; None when it is not.
    """

    rule_id: str
    site_id: str
    alarms: tuple[Alarm, ...]
    shelf: Shelf | None

    @property
    def key(self) -> str:
        """`<rule_id>/<site_id>`: the name of the row."""
        return f"{self.rule_id}/{self.site_id}"

    @property
    def state(self) -> AlarmState:
        """The state, whose words say it all: shelved and out of service hide what lies beneath."""
        if self.shelf is not None:
            return AlarmState.OUT_OF_SERVICE if self.shelf.is_maintenance else AlarmState.SHELVED
        is_unseen = any(alarm.needs_acknowledgement for alarm in self.alarms)
        if self.active:
            return AlarmState.ACTIVE_UNACKNOWLEDGED if is_unseen else AlarmState.ACTIVE_ACKNOWLEDGED
        return AlarmState.CLEARED_UNACKNOWLEDGED if is_unseen else AlarmState.NORMAL

    @property
    def newest(self) -> Alarm | None:
        """Its newest alarm; None when it never spoke."""
        return self.alarms[0] if self.alarms else None

    @property
    def active(self) -> tuple[Alarm, ...]:
        """Its active alarms: one at most, as the engine raises them."""
        return tuple(alarm for alarm in self.alarms if alarm.is_active)

    @property
    def unseen(self) -> tuple[Alarm, ...]:
        """Its alarms that nobody has acknowledged."""
        return tuple(alarm for alarm in self.alarms if alarm.needs_acknowledgement)

    @property
    def severity(self) -> Severity:
        """The severity of its newest alarm; that of its shelf, else the lowest, when it never spoke."""
        if self.newest is not None:
            return self.newest.severity
        return self.shelf.severity if self.shelf else Severity.LOW

    @property
    def claimed_by(self) -> str:
        """Who is on it, "" for nobody."""
        return next((alarm.claimed_by for alarm in self.alarms if alarm.is_open and alarm.claimed_by), "")

    @property
    def change(self) -> int:
        """Number of the newest event of all of it, 0 when there is none."""
        return max([*(alarm.change for alarm in self.alarms), self.shelf.change if self.shelf else 0])


def rows(alarms: Iterable[Alarm], shelves: Iterable[Shelf]) -> list[AlarmRow]:
    """Return one row per rule and site: those for people to see first, then worst first, then newest first.

    Args:
        alarms: Newest first within each rule and site.
        shelves: At most one per rule and site.
    """
    members: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in alarms:
        members.setdefault((alarm.rule_id, alarm.site_id), []).append(alarm)
    aside = {(shelf.rule_id, shelf.site_id): shelf for shelf in shelves}
    found = [
        AlarmRow(rule_id=key[0], site_id=key[1], alarms=tuple(members.get(key, ())), shelf=aside.get(key))
        for key in members.keys() | aside.keys()
    ]
    return sorted(found, key=_urgency)


_ORDER = (
    AlarmState.ACTIVE_UNACKNOWLEDGED,
    AlarmState.ACTIVE_ACKNOWLEDGED,
    AlarmState.CLEARED_UNACKNOWLEDGED,
    AlarmState.SHELVED,
    AlarmState.OUT_OF_SERVICE,
    AlarmState.NORMAL,
)


def _urgency(row: AlarmRow) -> tuple[int, int, float, str]:
    return _ORDER.index(row.state), -row.severity, -_begun(row).timestamp(), row.key


def _begun(row: AlarmRow) -> datetime:
    if row.newest is not None:
        return row.newest.raised_at
    assert row.shelf is not None  # a row has alarms or a shelf
    return row.shelf.since
