"""Sites, devices and assignments: what stands where, and since when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from devices.topics import ID_RULE, is_device_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place where something is measured. Thresholds and history belong to it.

    Attributes:
        id: Its name in topics, tables and links; same form as a device id.
        name: What people call it.
        lat_deg: Latitude, WGS 84, -90 to 90.
        lon_deg: Longitude, WGS 84, -180 to 180.
        area: Kelurahan or kecamatan, "" when not told.
        waterway: River, reach or road that it belongs to, "" for none.
        tags: Words by which rules choose sites, like `school` or `underpass`; any a city likes.
        order: Its place along that river or road, growing downstream; None when it has none.
        datum: What a level is measured from, "" when not told.
        thresholds: Metric name to level label to value in the metric's unit, like
            `{"water_level_cm": {"siaga3": 750.0}}`.
        parameters: Numbers of this place that values are worked out or judged with, like
            `{"reference_height_cm": 420.0, "water_level_cm.max_rise_per_h": 150.0}`.
    """

    id: str
    name: str
    lat_deg: float
    lon_deg: float
    area: str = ""
    waterway: str = ""
    tags: tuple[str, ...] = ()
    order: int | None = None
    datum: str = ""
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_id(self.id, "site")
        if not self.name.strip():
            raise ValueError(f"site {self.id} needs a name")
        if not (-90 <= self.lat_deg <= 90 and -180 <= self.lon_deg <= 180):
            raise ValueError(
                f"site {self.id} at latitude {self.lat_deg}, longitude {self.lon_deg} is not on the earth:"
                " latitude is -90 to 90, longitude -180 to 180"
            )
        if self.lat_deg == 0 and self.lon_deg == 0:
            raise ValueError(
                f"site {self.id} has the coordinates 0, 0, which means that nobody measured them"
            )
        for name, value in self.parameters.items():
            if not math.isfinite(value):
                raise ValueError(f"site {self.id}: the parameter {name} is not a finite number")

    def threshold(self, metric: str, label: str) -> float | None:
        """Return the site's own limit of that name for a metric, None when it has none."""
        return self.thresholds.get(metric, {}).get(label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Hardware with an identity. Keys and calibration belong to it.

    Attributes:
        id: Its name in the MQTT topic; 1 to 64 letters, digits and `_ . -`.
        kind: Name of its kind.
        simulated: True when a simulator speaks for it; always told to people.
    """

    id: str
    kind: str
    simulated: bool = False

    def __post_init__(self) -> None:
        _require_id(self.id, "device")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """This device stood at this site from `since` (inclusive) to `until` (exclusive; None for still)."""

    device_id: str
    site_id: str
    since: datetime
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Tell whether the assignment held at an instant."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A site with one device that stands there now, as an installer adds it in one step."""

    site: Site
    device: Device
    since: datetime


class Registry:
    """All sites, devices and assignments at one moment; immutable, answers from memory.

    Args:
        sites: Every site.
        devices: Every device.
        assignments: Every assignment, past and present.
    """

    def __init__(
        self, sites: Iterable[Site], devices: Iterable[Device], assignments: Iterable[Assignment]
    ) -> None:
        self.sites: Mapping[str, Site] = {site.id: site for site in sites}
        self.devices: Mapping[str, Device] = {device.id: device for device in devices}
        self._assignments: dict[str, list[Assignment]] = {}
        for assignment in assignments:
            self._assignments.setdefault(assignment.device_id, []).append(assignment)

    def site_of(self, device_id: str, at: datetime) -> Site | None:
        """Return where a device stood at an instant, None when it stood nowhere then."""
        for assignment in self._assignments.get(device_id, ()):
            if assignment.covers(at):
                return self.sites[assignment.site_id]
        return None

    def assignments_of(self, device_id: str) -> list[Assignment]:
        """Return a device's assignments, oldest first."""
        return sorted(self._assignments.get(device_id, ()), key=lambda a: a.since)

    def devices_at(self, site_id: str, at: datetime) -> list[Device]:
        """Return the devices that stood at a site at an instant, by id."""
        held = [
            self.devices[a.device_id]
            for assignments in self._assignments.values()
            for a in assignments
            if a.site_id == site_id and a.covers(at)
        ]
        return sorted(held, key=lambda device: device.id)


def _require_id(text: str, what: str) -> None:
    if not is_device_id(text):
        raise ValueError(f"'{text}' is not a {what} id: {ID_RULE}")
