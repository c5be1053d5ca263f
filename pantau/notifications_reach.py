"""Which alarm reaches whom: every rule, and every outage that there may be, held against the routes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from alerts.desk.outage_rows import AGENCY, titles
from alerts.journal.alarms import Severity
from alerts.judging.outages import CHANNEL, KIND
from alerts.telling.routes import Route
from alerts.telling.routing import Subject, takes
from pantau.notify_service import Outward
from pantau.parts import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Who hears of one rule's alarms.

    Attributes:
        rule: The rule's id, or an outage's.
        severity: How bad its alarms are.
        agency: Who answers for them.
        channels: Names of the channels that hear, set or not; in some areas or at some hours only, perhaps.
        hours: When, for each route that takes them, and where it is for some areas only.
        then: Names of the channels that hear when nobody acknowledges.
        is_silent: True when it is bad so little that it need reach nobody, or when its rule says so.
    """

    rule: str
    severity: str
    agency: str
    channels: tuple[str, ...]
    hours: tuple[str, ...]
    then: tuple[str, ...]
    is_silent: bool

    def is_missed(self, available: Collection[str]) -> bool:
        """Tell whether it reaches nobody and should.

        Args:
            available: Names of the channels that are set.
        """
        return not self.is_silent and not any(name in available for name in self.channels)


def reach(configuration: Configuration, outward: Outward) -> Iterator[Reach]:
    """Yield who hears of each rule, and of each outage that there may be."""
    for rule_id, subject in _subjects(configuration, outward):
        taking = [route for route in outward.notifications.routes if _may_take(route, subject)]
        names = [name for route in taking for name in route.to if name != subject.failed_channel]
        asked = [name for route in taking for step in route.escalate for name in step.to]
        yield Reach(
            rule=rule_id,
            severity=subject.severity.name.lower(),
            agency=subject.agency,
            channels=tuple(dict.fromkeys(names)),
            hours=tuple(dict.fromkeys(_when(route) for route in taking)),
            then=tuple(dict.fromkeys(asked)),
            is_silent=subject.severity < outward.notifications.silent_below or not subject.is_told,
        )


def _subjects(configuration: Configuration, outward: Outward) -> Iterator[tuple[str, Subject]]:
    for rule in configuration.rules.values():
        yield (
            rule.id,
            Subject(agency=rule.agency, severity=rule.severity, kind=rule.kind, is_told=rule.notify),
        )
    for rule_id in titles(configuration.kinds, outward.notifications.channels):
        kind = rule_id.removeprefix(KIND) if rule_id.startswith(KIND) else ""
        failed = rule_id.removeprefix(CHANNEL) if rule_id.startswith(CHANNEL) else ""
        yield rule_id, Subject(agency=AGENCY, severity=Severity.HIGH, kind=kind, failed_channel=failed)


def _may_take(route: Route, subject: Subject) -> bool:
    """Tell whether a route takes an alarm at some place: which places a rule watches depends on the sites."""
    return takes(route, replace(subject, area=route.areas[0]) if route.areas else subject)


def _when(route: Route) -> str:
    hours = ", ".join(route.hours) if route.hours else "always"
    return f"{hours} in {', '.join(route.areas)}" if route.areas else hours
