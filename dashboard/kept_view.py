"""The view of the city from one second to the next: what nothing touched is taken over, not made again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.rulebook.rules import Rule
from dashboard.freshness import SiteValues, fresh_since, is_overdue, newest_by_metric
from dashboard.snapshot import Snapshot
from dashboard.view import (
    AlarmStatus,
    CityView,
    SiteStatus,
    Station,
    alarm_statuses,
    site_status,
    standing_by_site,
    stations,
    view_of,
)
from devices.kinds import Kind
from devices.registry import Registry
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
        self._fresh: Mapping[str, int] = {}
        self._until: datetime | None = None
        self._registry: Registry | None = None
        self._latest: _Latest = {}
        self._stations: Mapping[str, Station] = {}
        self._held: defaultdict[str, dict[tuple[str, str], LatestValue]] = defaultdict(dict)
        self._values: dict[str, SiteValues] = {}
        self._sites: dict[str, SiteStatus] = {}
        self._alarmed: set[str] = set()

    def at(self, snapshot: Snapshot, now: datetime) -> CityView:
        """Return what people are to see at `now`."""
        fresh = fresh_since(self._kinds, now)
        self._sites = dict(self._sites)  # the one before belongs to the view before
        touched = None if self._is_over(snapshot.registry, now) else self._touched(snapshot.latest, fresh)
        if touched is None:
            self._begin(snapshot, now)
            touched = set(snapshot.registry.sites)
        self._now, self._fresh = now, fresh
        statuses = alarm_statuses(snapshot, self._values, kinds=self._kinds, rules=self._rules, now=now)
        standing = standing_by_site(statuses)
        touched |= self._alarmed | standing.keys()
        self._alarmed = set(standing)
        for site_id in touched & self._stations.keys():
            self._look_at(self._stations[site_id], standing.get(site_id, ()), fresh)
        return view_of(snapshot, self._sites, statuses, now=now)

    def _look_at(self, station: Station, standing: Sequence[AlarmStatus], fresh: Mapping[str, int]) -> None:
        """Make the status of one site anew; where neither a device nor an alarm stands there is none."""
        site_id = station.site.id
        if station.has_devices or standing:
            values = self._values.get(site_id, {})
            self._sites[site_id] = site_status(station, standing, values=values, fresh=fresh)
        else:
            self._sites.pop(site_id, None)

    def _begin(self, snapshot: Snapshot, now: datetime) -> None:
        """Forget what was kept and take this snapshot as the first."""
        self._registry = snapshot.registry
        self._latest = snapshot.latest
        self._stations = stations(snapshot.registry, self._kinds, now)
        self._until = next_move(snapshot.registry, now)
        self._held = defaultdict(dict)
        for key, value in snapshot.latest.items():
            self._held[value.site_id][key] = value
        self._values = {site_id: newest_by_metric(held.values()) for site_id, held in self._held.items()}
        self._sites, self._alarmed = {}, set()

    def _is_over(self, registry: Registry, now: datetime) -> bool:
        """Tell whether devices may stand elsewhere than they did, or the clock went back."""
        is_later = self._now is not None and self._now <= now
        return (
            not is_later or registry is not self._registry or (self._until is not None and self._until <= now)
        )

    def _touched(self, latest: _Latest, fresh: Mapping[str, int]) -> set[str] | None:
        """Take over the changed values; return the sites to look at, None when values are gone."""
        before, self._latest = self._latest, latest
        changed = [(before.get(key), value) for key, value in latest.items() if before.get(key) is not value]
        if len(latest) - sum(known is None for known, _ in changed) != len(before):
            return None
        touched: set[str] = set()
        for known, value in changed:
            if known is not None and self._is_only_renewed(known, value, fresh):
                self._renew(known, value)
            else:
                touched |= self._move(known, value)
        for site_id in touched:
            self._values[site_id] = newest_by_metric(self._held[site_id].values())
        return touched | self._aged(fresh)

    def _is_only_renewed(self, known: LatestValue, value: LatestValue, fresh: Mapping[str, int]) -> bool:
        """Tell whether of its site no more than this number is another, as with most messages."""
        place, what = known.site_id, (known.kind, known.metric)
        return (
            value.site_id == place
            and value.kind == known.kind
            and value.flag is known.flag
            and value.observed_us >= known.observed_us
            and self._values[place].get(what) is known
            and not is_overdue(known, self._fresh.get(known.kind))
            and not is_overdue(value, fresh.get(value.kind))
        )

    def _renew(self, known: LatestValue, value: LatestValue) -> None:
        """Put the newer number in the place of the one that is known."""
        site_id = value.site_id
        self._held[site_id][value.device_id, value.metric] = value
        self._values[site_id][value.kind, value.metric] = value
        status = self._sites.get(site_id)
        if status is not None and status.latest is known:
            self._sites[site_id] = SiteStatus(*status[:-1], value)

    def _move(self, known: LatestValue | None, value: LatestValue) -> set[str]:
        """Keep a value under the site where it was measured; return the sites that this concerns."""
        key = (value.device_id, value.metric)
        self._held[value.site_id][key] = value
        if known is None or known.site_id == value.site_id:
            return {value.site_id}
        del self._held[known.site_id][key]
        return {value.site_id, known.site_id}

    def _aged(self, fresh: Mapping[str, int]) -> set[str]:
        """Return the sites of which a value told the present at the view before and no longer does."""
        stale = [value for value in self._latest.values() if is_overdue(value, fresh.get(value.kind))]
        return {value.site_id for value in stale if not is_overdue(value, self._fresh.get(value.kind))}


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
