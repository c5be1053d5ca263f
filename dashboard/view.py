"""The city as people are to see it now: what each site's state is, and which alarms stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from alerts.journal.alarms import Alarm, Severity
from alerts.rulebook.rules import Rule, SiteLimit
from dashboard.freshness import (
    SiteValues,
    fresh_since,
    is_overdue,
    newest_by_metric,
    newest_observation,
    values_by_site,
)
from dashboard.snapshot import Snapshot
from devices.kinds import Kind
from devices.registry import Device, Registry, Site
from storage.heartbeat_table import RULE_FILES
from storage.latest_table import LatestValue
from storage.readings import Flag

_USELESS = (Flag.FAIL, Flag.MISSING)


class State(StrEnum):
    """How a site is painted. `unknown` is a state of its own: silence is never health."""

    NORMAL = "normal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


_STATE_OF = {
    Severity.LOW: State.LOW,
    Severity.MEDIUM: State.MEDIUM,
    Severity.HIGH: State.HIGH,
    Severity.CRITICAL: State.CRITICAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What stands at one site, as long as no device is moved.

    Attributes:
        has_devices: Something stands there, were it of a kind that the configuration no longer knows.
        kinds: The kinds of its devices, in the order of the configuration.
        primaries: Each kind with the metric that stands for it.
        is_simulated: A simulator speaks for one of its devices.
    """

    site: Site
    has_devices: bool
    kinds: tuple[str, ...]
    primaries: tuple[tuple[str, str], ...]
    is_simulated: bool


class SiteStatus(NamedTuple):
    """One site now.

    A tuple for the same reason as `LatestValue`: as many are made.

    Attributes:
        kinds: The kinds of its devices, in the order of the configuration.
        is_simulated: A simulator speaks for one of its devices.
        state: The worst active alarm's severity; without one, whether its data tell the present.
        kind: The kind that speaks for it: the one its worst alarm watches, or its first.
        metric: The metric of `kind` that is shown.
        is_overdue: That metric's newest value no longer tells the present, or never came.
        is_data_lost: The data of an active alarm stopped coming.
        latest: That value; None when there never was one. It stands last, for it alone changes each second.
    """

    site: Site
    kinds: tuple[str, ...]
    is_simulated: bool
    state: State
    kind: str
    metric: str
    is_overdue: bool
    is_data_lost: bool
    latest: LatestValue | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmStatus:
    """One open alarm now.

    Attributes:
        rule: The rule that speaks; None when its file is gone, which ends no alarm.
        site: Where; None when the registry no longer knows the place.
        latest: The newest value of the metric that the rule watches there; None when there is none.
        is_data_lost: The journal or the age of that value says that its data stopped.
    """

    alarm: Alarm
    rule: Rule | None
    site: Site | None
    latest: LatestValue | None
    is_data_lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CityView:
    """The whole city now.

    Attributes:
        at: The moment of which all this is true.
        sites: Site id to status, for every site with a device or an active alarm.
        statuses: Alarm id to status, for every open alarm.
        alarms: Active alarms that speak of now, worst first, then newest first.
        retrospective: Active alarms that late data opened; they paint nothing.
        newest_at: When the newest value was observed; None when there is none.
        ingest_at: The receiving side's last sign of life; None when there never was one.
        ingest_trouble: What troubled it then, "" for nothing.
        refused_rules: Names of the rule files that it refuses, "" for none.
    """

    at: datetime
    sites: Mapping[str, SiteStatus]
    statuses: Mapping[str, AlarmStatus]
    alarms: tuple[AlarmStatus, ...]
    retrospective: tuple[AlarmStatus, ...]
    newest_at: datetime | None
    ingest_at: datetime | None
    ingest_trouble: str
    refused_rules: str


def city_view(
    snapshot: Snapshot, *, kinds: Mapping[str, Kind], rules: Mapping[str, Rule], now: datetime
) -> CityView:
    """Return what people are to see at `now`; pure, so that ageing needs no message to show."""
    values = {site_id: newest_by_metric(held) for site_id, held in values_by_site(snapshot.latest).items()}
    statuses = alarm_statuses(snapshot, values, kinds=kinds, rules=rules, now=now)
    standing = standing_by_site(statuses)
    fresh = fresh_since(kinds, now)
    sites = {
        site_id: site_status(station, standing.get(site_id, ()), values=values.get(site_id, {}), fresh=fresh)
        for site_id, station in stations(snapshot.registry, kinds, now).items()
        if station.has_devices or site_id in standing
    }
    return view_of(snapshot, sites, statuses, now=now)


def view_of(
    snapshot: Snapshot, sites: Mapping[str, SiteStatus], statuses: Sequence[AlarmStatus], *, now: datetime
) -> CityView:
    """Return the view that sites and alarms make up."""
    active = [status for status in statuses if status.alarm.is_active]
    ingest_at, trouble = snapshot.heartbeats.get("ingest", (None, ""))
    return CityView(
        at=now,
        sites=sites,
        statuses={status.alarm.id: status for status in statuses},
        alarms=tuple(status for status in active if not status.alarm.retrospective),
        retrospective=tuple(status for status in active if status.alarm.retrospective),
        newest_at=newest_observation(snapshot.latest.values(), now),
        ingest_at=ingest_at,
        ingest_trouble=trouble,
        refused_rules=snapshot.heartbeats.get(RULE_FILES, (None, ""))[1],
    )


def rule_limit(rule: Rule, site: Site) -> float | None:
    """Return the rule's limit at a site in the metric's unit; None when it does not watch that site."""
    if not rule.watches(site):
        return None
    if isinstance(rule.limit, SiteLimit):
        return site.threshold(rule.metric, rule.limit.site)
    return rule.limit


def _worst_then_newest(status: AlarmStatus) -> tuple[int, float, str]:
    alarm = status.alarm
    return (-alarm.severity, -alarm.raised_at.timestamp(), alarm.id)


def stations(registry: Registry, kinds: Mapping[str, Kind], now: datetime) -> dict[str, Station]:
    """Return site id to what stands there at `now`, for every site."""
    standing: dict[str, list[Device]] = {site_id: [] for site_id in registry.sites}
    for device in registry.devices.values():
        site = registry.site_of(device.id, now)
        if site is not None:
            standing[site.id].append(device)
    return {site_id: _station(registry.sites[site_id], held, kinds) for site_id, held in standing.items()}


def _station(site: Site, devices: Sequence[Device], kinds: Mapping[str, Kind]) -> Station:
    present = {device.kind for device in devices}
    names = tuple(name for name in kinds if name in present)
    return Station(
        site=site,
        has_devices=bool(devices),
        kinds=names,
        primaries=tuple((name, kinds[name].primary) for name in names),
        is_simulated=any(device.simulated for device in devices),
    )


def alarm_statuses(
    snapshot: Snapshot,
    values: Mapping[str, SiteValues],
    *,
    kinds: Mapping[str, Kind],
    rules: Mapping[str, Rule],
    now: datetime,
) -> list[AlarmStatus]:
    """Return every open alarm as it is at `now`, worst first, then newest first."""
    fresh = fresh_since(kinds, now)
    found = (
        _alarm_status(alarm, snapshot, values, rules=rules, fresh=fresh) for alarm in snapshot.alarms.values()
    )
    return sorted(found, key=_worst_then_newest)


def standing_by_site(statuses: Iterable[AlarmStatus]) -> dict[str, list[AlarmStatus]]:
    """Return site id to its active alarms that speak of now, in the order given."""
    found: dict[str, list[AlarmStatus]] = defaultdict(list)
    for status in statuses:
        if status.alarm.is_active and not status.alarm.retrospective:
            found[status.alarm.site_id].append(status)
    return found


def _alarm_status(
    alarm: Alarm,
    snapshot: Snapshot,
    values: Mapping[str, SiteValues],
    *,
    rules: Mapping[str, Rule],
    fresh: Mapping[str, int],
) -> AlarmStatus:
    rule = rules.get(alarm.rule_id)
    latest = values.get(alarm.site_id, {}).get((rule.kind, rule.metric)) if rule else None
    is_silent = rule is not None and is_overdue(latest, fresh.get(rule.kind))
    return AlarmStatus(
        alarm=alarm,
        rule=rule,
        site=snapshot.registry.sites.get(alarm.site_id),
        latest=latest,
        is_data_lost=alarm.is_active and (alarm.data_lost_at is not None or is_silent),
    )


def site_status(
    station: Station,
    standing: Sequence[AlarmStatus],
    *,
    values: SiteValues,
    fresh: Mapping[str, int],
) -> SiteStatus:
    """Return one site now, from what stands there and what was last measured there.

    Args:
        station: What stands there.
        standing: Its active alarms that speak of now, the worst first.
        values: What was last measured there.
        fresh: What `fresh_since` says of now.
    """
    kind, metric = _speaking(station, standing)
    latest = values.get((kind, metric))
    return SiteStatus(
        site=station.site,
        kinds=station.kinds,
        is_simulated=station.is_simulated,
        state=_state(station, standing, values=values, fresh=fresh),
        kind=kind,
        metric=metric,
        is_overdue=is_overdue(latest, fresh.get(kind)),
        is_data_lost=bool(standing) and any(status.is_data_lost for status in standing),
        latest=latest,
    )


def _speaking(station: Station, standing: Sequence[AlarmStatus]) -> tuple[str, str]:
    """Return the kind and metric that speak for a site; empty texts when nothing known stands there."""
    for status in standing:
        if status.rule is not None:
            return status.rule.kind, status.rule.metric
    return station.primaries[0] if station.primaries else ("", "")


def _state(
    station: Station,
    standing: Sequence[AlarmStatus],
    *,
    values: SiteValues,
    fresh: Mapping[str, int],
) -> State:
    if standing:
        return _STATE_OF[max(status.alarm.severity for status in standing)]
    for primary in station.primaries:
        value = values.get(primary)
        if value is None or is_overdue(value, fresh.get(primary[0])) or value.flag in _USELESS:
            return State.UNKNOWN
    return State.NORMAL if station.primaries else State.UNKNOWN
