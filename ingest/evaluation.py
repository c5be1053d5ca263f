"""Readings become flagged and completed, in whatever order they come; there is no clock and no store in here.

Within a kind's horizon of lateness, any order, delay and repetition of the same readings ends in the same
flags and derived values. For that a reading may change others that were written before: the corrections. They
have their readings' identities, so writing them overwrites.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from devices.kinds import Kind
from devices.registry import Site
from ingest.device_window import DeviceWindow
from ingest.plan import plan_for
from storage.clock import to_us
from storage.readings import Reading

_EARTH_RADIUS_KM = 6371.0

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What a reading became, and what it changed.

    Attributes:
        reading: The reading with flags and derived values; what was sent is untouched.
        corrections: Other readings, of this device and of its neighbours, as they must be written again.
    """

    reading: Reading
    corrections: tuple[Reading, ...] = ()


class Evaluator:
    """Judges and completes readings from the last hours of each device.

    Used by one thread, which tells it of all sites before their readings. Memory is bounded by the kinds'
    horizons.

    Args:
        kinds: All kinds by name.
    """

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._sites: Mapping[str, Site] = {}
        self._windows: dict[_Key, DeviceWindow] = {}

    def update_sites(self, sites: Mapping[str, Site]) -> None:
        """Take up the sites as they are now; a changed site holds from its next reading on."""
        self._sites = sites

    def horizon(self, kind: str) -> timedelta:
        """Return how far back before the newest reading `restore` wants the readings of a kind."""
        return self._kinds[kind].lateness + self._kinds[kind].reach

    def restore(self, readings: Iterable[Reading]) -> None:
        """Take up the windows where the last process left them; nothing is judged and nothing comes out.

        Args:
            readings: What the store holds of the last `horizon` of each kind, in any order; those of a site
                or kind that is gone are passed over. To be called once, after `update_sites` and before the
                first `evaluate`.
        """
        grouped: dict[_Key, list[Reading]] = defaultdict(list)
        for reading in readings:
            if reading.site_id in self._sites and reading.kind in self._kinds:
                grouped[reading.kind, reading.site_id, reading.device_id].append(reading)
        for key, members in grouped.items():
            window = self._window(key)
            window.load(sorted(members, key=lambda reading: reading.observed_at))
        for key in grouped:
            self._windows[key].reconcile()

    def evaluate(self, reading: Reading) -> Evaluated:
        """Return the reading judged and completed, and what else it changes.

        Args:
            reading: As registered: kind and site are known. Flags that it brings stay or get worse.

        Returns:
            For a reading that is later than the kind's horizon only the checks of its own values; the checks
            that need others were not made.
        """
        key = (reading.kind, reading.site_id, reading.device_id)
        window, at_us = self._window(key), to_us(reading.observed_at)
        if window.is_too_late(at_us):
            return Evaluated(reading=self._alone(reading, window))
        corrections = [window.reading_at(other) for other in window.take(reading) if other != at_us]
        for neighbour, _ in window.neighbours:
            corrections += [neighbour.reading_at(other) for other in neighbour.refresh_near(at_us)]
        return Evaluated(reading=window.reading_at(at_us), corrections=tuple(corrections))

    def _alone(self, reading: Reading, window: DeviceWindow) -> Reading:
        alone = DeviceWindow(window.plan, window.site, reading.device_id)
        alone.take(reading)
        return alone.reading_at(to_us(reading.observed_at))

    def _window(self, key: _Key) -> DeviceWindow:
        window, site = self._windows.get(key), self._sites[key[1]]
        if window is None:
            window = DeviceWindow(plan_for(self._kinds[key[0]], site), site, key[2])
            self._windows[key] = window
            self._link(key, window)
        elif window.site is not site and window.site != site:
            window.move(site, plan_for(self._kinds[key[0]], site))
            self._link(key, window)
        return window

    def _link(self, key: _Key, window: DeviceWindow) -> None:
        """Make the window and all others of its kind that are near enough know each other."""
        reach_km = max(step.radius_km for step in window.plan.steps.values())
        window.neighbours.clear()
        if not reach_km:
            return
        for other_key, other in self._windows.items():
            if other_key[0] != key[0] or other is window:
                continue
            other.neighbours[:] = [link for link in other.neighbours if link[0] is not window]
            distance_km = _distance_km(window.site, other.site)
            if distance_km <= reach_km:
                window.neighbours.append((other, distance_km))
                other.neighbours.append((window, distance_km))


def _distance_km(one: Site, other: Site) -> float:
    """Return the distance over a round earth, good to half a percent."""
    lat_a, lat_b = math.radians(one.lat_deg), math.radians(other.lat_deg)
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(other.lon_deg - one.lon_deg) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(min(half, 1.0)))
