"""The situation report: what was known of the city at one moment, and what came since the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.desk.performance import aside_after, is_annunciated
from alerts.journal.alarms import Alarm, AlarmEvent, Severity
from dashboard.shift_view import Names
from dashboard.view import CityView, State
from dashboard.wire import Payload, milliseconds
from devices.registry import Site
from storage.latest_table import LatestValue

WATER, AIR, SPEED = "water_level_cm", "ispu", "speed_km_h"
_RANKED = frozenset({WATER, AIR, SPEED})
_SHOWN = 15
# Permen LHK P.14/2020: the upper ends of the classes.
_ISPU_CLASSES = (
    (50, "ispu_good"),
    (100, "ispu_moderate"),
    (200, "ispu_unhealthy"),
    (300, "ispu_very_unhealthy"),
)


def slots(at: datetime, hours: Sequence[int], zone: ZoneInfo, *, count: int) -> list[datetime]:
    """Return the newest moments at which a report is due, not after `at`, newest first; aware, UTC.

    Args:
        at: No moment after it.
        hours: Full hours of the day on the city's clock, 0 to 23; 24 is written 0.
        zone: The city's zone.
        count: How many, at least 1.
    """
    day = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    found: list[datetime] = []
    while len(found) < count:
        due = [day.replace(hour=hour).astimezone(at.tzinfo) for hour in sorted(set(hours), reverse=True)]
        found += [moment for moment in due if moment <= at]
        day -= timedelta(days=1)
    return found[:count]


def span_of(at: datetime, hours: Sequence[int], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return from when to when a report of a moment tells: since the last one that was due before it."""
    before = slots(at - timedelta(microseconds=1), hours, zone, count=1)[0]
    return before, at


@dataclass(frozen=True, slots=True, kw_only=True)
class SituationFacts:
    """What was read of one moment.

    Attributes:
        since: The report tells what happened from here on.
        at: The moment of which it tells; nothing that came later is in it.
        view: The city as it was known then.
        journal: The journal as it stood then, as far as it reaches into the span.
        alarms: The alarms that it adds up to, by id.
        values: (site id, kind, metric) to the newest value that passed its checks and tells the moment.
        silent: The same of the values that are too old to tell it, whatever their checks said.
        peaks: Site id to the highest water level within the span, when and how much.
    """

    since: datetime
    at: datetime
    view: CityView
    journal: Sequence[AlarmEvent]
    alarms: Mapping[str, Alarm]
    values: Mapping[tuple[str, str, str], LatestValue]
    silent: Mapping[tuple[str, str, str], LatestValue]
    peaks: Mapping[str, tuple[datetime, float]]


def situation_facts(found: SituationFacts, names: Names) -> Payload:
    """Return the report's facts as plain JSON values."""
    states = Counter(status.state for status in found.view.sites.values())
    return {
        "since": milliseconds(found.since),
        "at": milliseconds(found.at),
        "states": {state.value: states[state] for state in State},
        "sites": len(found.view.sites),
        "newest_at": milliseconds(found.view.newest_at),
        "raised": _raised(found, names),
        "doing": [_doing(alarm, names) for alarm in _active(found.alarms.values())],
        "water": _water(found, names.sites),
        "air": _air(found, names),
        "traffic": _traffic(found, names),
        "unknown": _unknown(found, names),
    }


def _unknown(found: SituationFacts, names: Names) -> list[Payload]:
    """Return the sensors of whose moment nothing is known: sites that tell nothing, and values too old."""
    rows: dict[tuple[str, str], datetime | None] = {
        (status.site.id, status.kind): status.latest.observed_at if status.latest else None
        for status in found.view.sites.values()
        if status.state is State.UNKNOWN or status.is_data_lost
    }
    for (site_id, kind, metric), value in found.silent.items():
        if metric in _RANKED:
            rows[site_id, kind] = rows.get((site_id, kind)) or value.observed_at
    return [
        {"site_name": names.site(site_id), "kind": kind, "last_at": milliseconds(last_at)}
        for (site_id, kind), last_at in sorted(rows.items())
    ]


def siaga(site: Site, level_cm: float) -> str:
    """Return the name of the highest of a site's own levels that the water has reached, "" for none."""
    reached = [(value, label) for label, value in site.thresholds.get(WATER, {}).items() if value <= level_cm]
    return max(reached)[1] if reached else ""


def ispu_class(index: float) -> str:
    """Return the text key of the class that an ISPU belongs to.

    Source:
        Permen LHK P.14/MENLHK/SETJEN/KUM.1/7/2020: the class of 1 to 50 is good, and so on; decimals round.
    """
    return next((key for upper, key in _ISPU_CLASSES if round(index) <= upper), "ispu_hazardous")


def _raised(found: SituationFacts, names: Names) -> list[Payload]:
    """Count how often alarms asked for an operator within the span, by agency and severity."""
    counted: Counter[tuple[str, Severity]] = Counter()
    aside: frozenset[str] = frozenset()
    for event in found.journal:
        aside = aside_after(event, aside)
        if event.recorded_at >= found.since and is_annunciated(event, aside):
            alarm = found.alarms.get(event.alarm_id)
            counted[names.agency(alarm) if alarm else "", event.severity] += 1
    agencies = sorted({agency for agency, _ in counted})
    return [
        {"agency": agency, **{level.name.lower(): counted[agency, level] for level in Severity}}
        for agency in agencies
    ]


def _active(alarms: Iterable[Alarm]) -> list[Alarm]:
    active = (alarm for alarm in alarms if alarm.is_active and not alarm.retrospective)
    return sorted(active, key=lambda alarm: (-alarm.severity, alarm.raised_at, alarm.id))


def _doing(alarm: Alarm, names: Names) -> Payload:
    return names.row(alarm.rule_id, alarm.site_id) | {
        "severity": alarm.severity.name.lower(),
        "raised_at": milliseconds(alarm.raised_at),
        "agency": names.agency(alarm),
        "who": alarm.claimed_by or alarm.acknowledged_by,
        "instruction": names.instruction(alarm.rule_id),
    }


def _water(found: SituationFacts, sites: Mapping[str, Site]) -> list[Payload]:
    """Return the sites with the highest water of the span, measured by their own levels.

    Where the sensor fell silent the peak still happened; of the moment itself nothing is known there.
    """
    now = {site_id: value for (site_id, _, metric), value in found.values.items() if metric == WATER}
    rows: list[Payload] = []
    for site_id in {**now, **found.peaks}:
        site, value = sites.get(site_id), now.get(site_id)
        if site is None:
            continue
        known = (value.observed_at, value.value) if value else found.peaks[site_id]
        peak_at, peak = found.peaks.get(site_id, known)
        rows.append(
            {
                "site_name": site.name,
                "waterway": site.waterway,
                "value": value.value if value else None,
                "at": milliseconds(value.observed_at if value else None),
                "siaga": siaga(site, value.value) if value else "",
                "peak": peak,
                "peak_at": milliseconds(peak_at),
                "peak_siaga": siaga(site, peak),
                "share": _share(site, peak),
            }
        )
    return sorted(rows, key=lambda row: (-row["share"], -row["peak"], row["site_name"]))[:_SHOWN]


def _share(site: Site, level_cm: float) -> float:
    """Return how near the water is to the site's highest level; below all others where it has none."""
    highest = max(site.thresholds.get(WATER, {}).values(), default=0.0)
    return level_cm / highest if highest > 0 else -1.0


def _air(found: SituationFacts, names: Names) -> list[Payload]:
    rows: list[Payload] = [
        {
            "site_name": names.site(site_id),
            "value": value.value,
            "class": ispu_class(value.value),
            "at": milliseconds(value.observed_at),
        }
        for (site_id, _, metric), value in found.values.items()
        if metric == AIR
    ]
    return sorted(rows, key=lambda row: (-row["value"], row["site_name"]))[:_SHOWN]


def _traffic(found: SituationFacts, names: Names) -> list[Payload]:
    rows: list[Payload] = [
        {"site_name": names.site(site_id), "value": value.value, "at": milliseconds(value.observed_at)}
        for (site_id, _, metric), value in found.values.items()
        if metric == SPEED
    ]
    return sorted(rows, key=lambda row: (row["value"], row["site_name"]))[:_SHOWN]
