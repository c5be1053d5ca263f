"""Which routes take an alarm: a function of what it speaks of and when it is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.desk import outage_rows
from alerts.journal.alarms import Alarm, Severity
from alerts.judging.outages import CHANNEL, KIND, is_outage
from alerts.rulebook.rules import Rule
from alerts.telling.hours import parse_hours
from alerts.telling.routes import Route
from devices.registry import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an alarm speaks of, as routes look at it.

    Attributes:
        agency: Who answers for it, "" when that is not known.
        severity: How bad it is.
        kind: The kind of sensor, "" for none.
        area: The area of its site, "" for none.
        failed_channel: The channel whose failure it tells; "" for every other alarm.
        is_told: False when its rule says that it stands on the page only.
    """

    agency: str
    severity: Severity
    kind: str = ""
    area: str = ""
    failed_channel: str = ""
    is_told: bool = True


def subject_of(alarm: Alarm, rules: Mapping[str, Rule], sites: Mapping[str, Site]) -> Subject:
    """Return what an alarm speaks of; of a rule whose file is gone only severity and place are known."""
    rule, site = rules.get(alarm.rule_id), sites.get(alarm.site_id)
    agency = rule.agency if rule else (outage_rows.AGENCY if is_outage(alarm.rule_id) else "")
    kind = rule.kind if rule else ""
    if alarm.rule_id.startswith(KIND):
        kind = alarm.rule_id.removeprefix(KIND)
    failed = alarm.rule_id.removeprefix(CHANNEL) if alarm.rule_id.startswith(CHANNEL) else ""
    return Subject(
        agency=alarm.assigned_to or agency,
        severity=alarm.severity,
        kind=kind,
        area=site.area if site else "",
        failed_channel=failed,
        is_told=rule is None or rule.notify,
    )


def takes(route: Route, subject: Subject) -> bool:
    """Tell whether a route is for an alarm, at whatever hour."""
    return (
        subject.is_told
        and subject.severity >= route.severity
        and (route.agencies is None or subject.agency in route.agencies)
        and (route.kinds is None or subject.kind in route.kinds)
        and (route.areas is None or subject.area in route.areas)
    )


def is_open(route: Route, at: datetime, zone: ZoneInfo) -> bool:
    """Tell whether an instant lies in the hours of a route."""
    local = at.astimezone(zone)
    return route.hours is None or any(parse_hours(text).cover(local) for text in route.hours)


def reached(
    subject: Subject, routes: Iterable[Route], available: Collection[str], *, at: datetime, zone: ZoneInfo
) -> dict[str, tuple[str, ...]]:
    """Return the channels that hear of an alarm, by the name of the route that leads to them.

    A channel that several routes lead to hears of it by the first of them only, and one that has failed is
    not told that it has.

    Args:
        subject: What the alarm speaks of.
        routes: All routes, in the order of the file.
        available: Names of the channels that are set.
        at: When the alarm was told; aware.
        zone: The city's zone.
    """
    found: dict[str, tuple[str, ...]] = {}
    used = {subject.failed_channel}
    for route in routes:
        if takes(route, subject) and is_open(route, at, zone):
            new = tuple(dict.fromkeys(name for name in route.to if name in available and name not in used))
            used.update(new)
            if new:
                found[route.name] = new
    return found
