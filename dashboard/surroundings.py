"""What stands around a site: neighbours along the waterway, the rain gauge beside it, its hardware."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from devices.registry import Device, Registry, Site

LEVEL_KIND, RAIN_KIND = "flood", "rain"
_FARTHEST_RAIN_KM = 15.0
_KM_PER_DEG = 111.32


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The next sites of the same kind along the same waterway; None where there is none."""

    upstream: Site | None = None
    downstream: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """A device that stands or stood at the site.

    Attributes:
        since: When it came to this site.
        until: When it left; None when it still stands here.
        heard_at: When its last message was received; None when it never spoke from here.
    """

    device: Device
    since: datetime
    until: datetime | None
    heard_at: datetime | None


def neighbours(registry: Registry, site: Site, kind: str, now: datetime) -> Neighbours:
    """Return the next sites up and down the waterway that have a device of the same kind.

    `order` grows downstream; a site without waterway or order has no neighbours.
    """
    if not site.waterway or site.order is None:
        return Neighbours()
    reach = {
        other.order: other
        for other in sites_of_kind(registry, kind, now).values()
        if other.waterway == site.waterway and other.order is not None and other.id != site.id
    }
    above = [order for order in reach if order < site.order]
    below = [order for order in reach if order > site.order]
    return Neighbours(
        upstream=reach[max(above)] if above else None,
        downstream=reach[min(below)] if below else None,
    )


def rain_gauge(registry: Registry, site: Site, now: datetime) -> tuple[Site, float] | None:
    """Return the rain gauge that tells most of a river post, with its distance in kilometres.

    The nearest on the same waterway, without one the nearest of all; none beyond 15 km. Gauges and posts
    count their orders apart, so that distance decides.
    """
    gauges = [(distance_km(site, gauge), gauge) for gauge in sites_of_kind(registry, RAIN_KIND, now).values()]
    near = sorted(
        ((km, gauge) for km, gauge in gauges if km <= _FARTHEST_RAIN_KM),
        key=lambda found: (found[1].waterway != site.waterway, found[0], found[1].id),
    )
    return (near[0][1], near[0][0]) if near else None


def hardware(registry: Registry, site_id: str, heard: Mapping[str, datetime]) -> tuple[Hardware, ...]:
    """Return the devices that stand or stood at a site: those that still stand first, then the last to leave.

    Args:
        registry: Every device and assignment.
        site_id: Which site.
        heard: Device id to when its last message from this site was received.
    """
    found = [
        Hardware(device=device, since=held.since, until=held.until, heard_at=heard.get(device.id))
        for device in registry.devices.values()
        for held in registry.assignments_of(device.id)
        if held.site_id == site_id
    ]
    return tuple(sorted(found, key=_still_standing_then_last))


def sites_of_kind(registry: Registry, kind: str, now: datetime) -> dict[str, Site]:
    """Return site id to site for those where a device of the kind stands."""
    return {site.id: site for site in _sites_of(registry, _devices(registry, kind), now)}


def distance_km(one: Site, other: Site) -> float:
    """Return the distance between two sites of one city in kilometres, on a flat earth."""
    middle = math.radians((one.lat_deg + other.lat_deg) / 2)
    east = (one.lon_deg - other.lon_deg) * math.cos(middle)
    return _KM_PER_DEG * math.hypot(east, one.lat_deg - other.lat_deg)


def _devices(registry: Registry, kind: str) -> Iterable[Device]:
    return (device for device in registry.devices.values() if device.kind == kind)


def _sites_of(registry: Registry, devices: Iterable[Device], now: datetime) -> Iterable[Site]:
    found = (registry.site_of(device.id, now) for device in devices)
    return (site for site in found if site is not None)


def _still_standing_then_last(held: Hardware) -> tuple[bool, float, str]:
    left_at = held.until.timestamp() if held.until else held.since.timestamp()
    return held.until is not None, -left_at, held.device.id
