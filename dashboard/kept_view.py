"""The view of the city from one second to the next: what nothing touched is taken over, not made again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from alerts.rules import Rule
from dashboard.snapshot import Snapshot
from dashboard.view import (
    AlarmStatus,
    CityView,
    SiteStatus,
    SiteValues,
    alarm_statuses,
    devices_by_site,
    newest_by_metric,
    site_status,
    standing_by_site,
    values_by_site,
    view_of,
)
from devices.kinds import Kind
from devices.registry import Device, Registry, Site
from storage.latest_table import LatestValue

_Latest = Mapping[tuple[str, str], LatestValue]


class KeptView:
    """Gives what `city_view` gives, for snapshots of which each grew out of the one before.

    A snapshot keeps the object of every value that did not change, so what is the same object says the same.
    A site is looked at anew when one of its values changed or became too old, and always while an alarm
    stands there. Used by one thread at a time.

    Args:
        kinds: Kinds of sensors by name.
        rules: Rules by id.
    """

    def __init__(self, *, kinds: Mapping[str, Kind], rules: Mapping[str, Rule]) -> None:
        self._kinds = kinds
        self._rules = rules
        self._now: datetime | None = None
        self._until: datetime | None = None
        self._registry: Registry | None = None
        self._latest: _Latest = {}
        self._devices: Mapping[str, list[Device]] = {}
        self._held: dict[str, dict[tuple[str, str], LatestValue]] = {}
        self._values: dict[str, SiteValues] = {}
        self._sites: dict[str, SiteStatus] = {}
        self._alarmed: set[str] = set()
        self._due: dict[str, datetime] = {}

    def at(self, snapshot: Snapshot, now: datetime) -> CityView:
        """Return what people are to see at `now`."""
        touched = None if self._is_over(snapshot.registry, now) else self._touched(snapshot.latest, now)
        if touched is None:
            self._begin(snapshot, now)
            touched = set(snapshot.registry.sites)
        self._now = now
        statuses = alarm_statuses(snapshot, self._values, kinds=self._kinds, rules=self._rules, now=now)
        standing = standing_by_site(statuses)
        touched |= self._alarmed | standing.keys()
        self._alarmed = set(standing)
        self._sites = dict(self._sites)  # the one before belongs to the view before
        for site_id in touched & snapshot.registry.sites.keys():
            self._look_at(snapshot.registry.sites[site_id], standing.get(site_id, ()), now)
        return view_of(snapshot, self._sites, statuses, now=now)

    def _look_at(self, site: Site, standing: Sequence[AlarmStatus], now: datetime) -> None:
        """Make the status of one site anew; where neither a device nor an alarm stands there is none."""
        devices, values = self._devices.get(site.id, ()), self._values.get(site.id, {})
        self._note_due(site.id, values.values(), now)
        if devices or standing:
            self._sites[site.id] = site_status(
                site, devices, standing, values=values, kinds=self._kinds, now=now
            )
        else:
            self._sites.pop(site.id, None)

    def _begin(self, snapshot: Snapshot, now: datetime) -> None:
        """Forget what was kept and take this snapshot as the first."""
        self._registry = snapshot.registry
        self._latest = snapshot.latest
        self._devices = devices_by_site(snapshot.registry, now)
        self._until = next_move(snapshot.registry, now)
        self._held = {
            site_id: {(value.device_id, value.metric): value for value in held}
            for site_id, held in values_by_site(snapshot.latest).items()
        }
        self._values = {site_id: newest_by_metric(held.values()) for site_id, held in self._held.items()}
        self._sites, self._alarmed, self._due = {}, set(), {}

    def _is_over(self, registry: Registry, now: datetime) -> bool:
        """Tell whether devices may stand elsewhere than they did, or the clock went back."""
        is_later = self._now is not None and self._now <= now
        return (
            not is_later or registry is not self._registry or (self._until is not None and self._until <= now)
        )

    def _touched(self, latest: _Latest, now: datetime) -> set[str] | None:
        """Take over the changed values; return the sites to look at, None when values are gone."""
        before, self._latest = self._latest, latest
        changed = [key for key, value in latest.items() if before.get(key) is not value]
        if len(latest) - sum(key not in before for key in changed) != len(before):
            return None
        touched: set[str] = set()
        for key in changed:
            if key in before:
                del self._held[before[key].site_id][key]
                touched.add(before[key].site_id)
            self._held.setdefault(latest[key].site_id, {})[key] = latest[key]
            touched.add(latest[key].site_id)
        for site_id in touched:
            self._values[site_id] = newest_by_metric(self._held[site_id].values())
        return touched | {site_id for site_id, due in self._due.items() if due < now}

    def _note_due(self, site_id: str, values: Iterable[LatestValue], now: datetime) -> None:
        """Remember when the next value of a site becomes too old to tell the present."""
        ends = (
            min(value.observed_at, value.received_at) + self._kinds[value.kind].overdue_after
            for value in values
            if value.kind in self._kinds
        )
        due = min((end for end in ends if end >= now), default=None)
        if due is None:
            self._due.pop(site_id, None)
        else:
            self._due[site_id] = due


def next_move(registry: Registry, now: datetime) -> datetime | None:
    """Return the first moment after `now` at which a device comes to a place or leaves it; None for never."""
    moments = (
        moment
        for device_id in registry.devices
        for assignment in registry.assignments_of(device_id)
        for moment in (assignment.since, assignment.until)
        if moment is not None and moment > now
    )
    return min(moments, default=None)
