"""Incidents: alarms that belong together by place and time, told as one thing with its beginning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.journal.alarms import Alarm, Severity
from devices.registry import Site

# A flood wave takes an hour or two from one post of a city's river to the next.
TOGETHER_WITHIN = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Active alarms of one river, road or area that came one after another.

    Attributes:
        place: The waterway, else the area, else the site that they share.
        alarms: All of them, upstream first, then oldest first.
        first_out: The one that came first: where it began.
        severity: The worst of them.
    """

    place: str
    alarms: tuple[Alarm, ...]
    first_out: Alarm
    severity: Severity

    @property
    def since(self) -> datetime:
        """When it began, in the sensor's time."""
        return self.first_out.raised_at

    @property
    def site_ids(self) -> tuple[str, ...]:
        """Its sites, upstream first, each once."""
        return tuple(dict.fromkeys(alarm.site_id for alarm in self.alarms))


def incidents(
    alarms: Iterable[Alarm], sites: Mapping[str, Site], *, within: timedelta = TOGETHER_WITHIN
) -> list[Incident]:
    """Return the incidents that active alarms make up, worst first, then newest first.

    Each active alarm is in exactly one. Alarms belong together when they stand on the same river or road, or,
    off any, in the same area, and each was raised within `within` of the one before it.

    Args:
        alarms: Any alarms in any order; those that are no longer active are left out.
        sites: Sites by id; an alarm at a site that is not among them stands alone.
        within: How far apart two alarms of one incident may be raised when none lies between.
    """
    by_place: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in sorted(alarms, key=lambda alarm: (alarm.raised_at, alarm.id)):
        if alarm.is_active:
            by_place.setdefault(place_of(alarm.site_id, sites), []).append(alarm)
    found = [
        _incident(place[1], run, sites)
        for place, members in by_place.items()
        for run in _runs(members, within)
    ]
    return sorted(
        found, key=lambda incident: (-incident.severity, -incident.since.timestamp(), incident.place)
    )


def place_of(site_id: str, sites: Mapping[str, Site]) -> tuple[str, str]:
    """Return the sort of place and its name: a river and an area of one name are two places."""
    site = sites.get(site_id)
    if site is not None and site.waterway:
        return "waterway", site.waterway
    return ("area", site.area) if site is not None and site.area else ("site", site_id)


def _runs(alarms: Iterable[Alarm], within: timedelta) -> list[list[Alarm]]:
    """Part alarms, oldest first, wherever the next one came too late to belong to those before."""
    runs: list[list[Alarm]] = []
    for alarm in alarms:
        if runs and alarm.raised_at - runs[-1][-1].raised_at <= within:
            runs[-1].append(alarm)
        else:
            runs.append([alarm])
    return runs


def _incident(place: str, alarms: list[Alarm], sites: Mapping[str, Site]) -> Incident:
    def downstream(alarm: Alarm) -> tuple[bool, int, datetime]:
        site = sites.get(alarm.site_id)
        order = site.order if site is not None else None
        return order is None, order or 0, alarm.raised_at

    return Incident(
        place=place,
        alarms=tuple(sorted(alarms, key=downstream)),
        first_out=min(alarms, key=lambda alarm: (alarm.raised_at, downstream(alarm))),
        severity=max(alarm.severity for alarm in alarms),
    )
