"""The fleet file of a simulated city: which sensors it has, where they stand and how they behave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from config.loader import load_file
from devices.registry import Device, Registration, Site

FLOOD = "flood"
RAIN = "rain"
TRAFFIC = "traffic"
AIR = "air"
LEVEL_METRIC = "water_level_cm"


class Fault(Enum):
    """What is wrong with a simulated sensor, on purpose."""

    NONE = "none"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadTraits:
    """How a road behaves where its detector stands.

    Attributes:
        free_flow_km_h: Mean speed on the empty road.
        capacity_veh_h: Flow at which it stands still.
        lanes: Lanes that the detector covers.
        floods_with: Id of the river post whose high water stands on this road too; "" for a dry road.
    """

    free_flow_km_h: float = 42.0
    capacity_veh_h: float = 2400.0
    lanes: int = 2
    floods_with: str = ""

    def __post_init__(self) -> None:
        if not (10 <= self.free_flow_km_h <= 120 and self.capacity_veh_h > 0 and 1 <= self.lanes <= 8):
            raise ValueError("a road needs free_flow_km_h 10 to 120, capacity_veh_h above 0 and 1 to 8 lanes")


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSite:
    """One simulated sensor with the place where it stands; site and device share the id.

    Attributes:
        id: Id of the site and of its one device.
        kind: Name of its kind: traffic, flood, rain or air.
        name: What people call it; it must say that it is simulated.
        lat: Latitude in degrees, WGS 84.
        lon: Longitude in degrees, WGS 84.
        area: Kelurahan that it stands in, "" for outside the city.
        tags: Words by which rules choose sites.
        waterway: River or road that it belongs to.
        order: Place along the river, growing downstream.
        datum: What a level is measured from.
        thresholds: Level label to value for each metric, as `Site.thresholds`.
        parameters: Numbers that its values are judged with, as `Site.parameters`.
        normal_level_cm: Level of a river post on a dry day.
        road: Traits of a road; only traffic sites use them.
        fault: What is wrong with it on purpose.
    """

    id: str
    kind: str
    name: str
    lat: float
    lon: float
    area: str = ""
    tags: tuple[str, ...] = ()
    waterway: str = ""
    order: int | None = None
    datum: str = ""
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    normal_level_cm: float = 0.0
    road: RoadTraits = field(default_factory=RoadTraits)
    fault: Fault = Fault.NONE

    def __post_init__(self) -> None:
        if self.kind not in (TRAFFIC, FLOOD, RAIN, AIR):
            raise ValueError(f"{self.id}: nobody simulates the kind '{self.kind}'")
        if "(simulasi)" not in self.name:
            raise ValueError(f"{self.id}: the name must say (simulasi), so that nobody takes it for real")
        if self.kind == FLOOD and not (
            self.order and self.levels and self.full_level_cm > self.normal_level_cm
        ):
            raise ValueError(f"{self.id}: a river post needs an order and thresholds above its normal level")
        self.as_site()

    @property
    def levels(self) -> Mapping[str, float]:
        """The river post's alarm levels by label, empty for other kinds."""
        return self.thresholds.get(LEVEL_METRIC, {})

    @property
    def full_level_cm(self) -> float:
        """The highest of a river post's alarm levels."""
        return max(self.levels.values())

    def as_site(self) -> Site:
        """Return the site as the registry knows it."""
        return Site(
            id=self.id,
            name=self.name,
            lat_deg=self.lat,
            lon_deg=self.lon,
            area=self.area,
            tags=self.tags,
            waterway=self.waterway,
            order=self.order,
            datum=self.datum,
            thresholds=self.thresholds,
            parameters=self.parameters,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All sensors of a simulated city.

    Attributes:
        city: Name of the city's folder under `config/city`.
        sites: Its sensors; ids differ, and every `floods_with` names one of its river posts.
    """

    city: str
    sites: tuple[FleetSite, ...]

    def __post_init__(self) -> None:
        ids = [site.id for site in self.sites]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"these ids stand here twice: {', '.join(twice)}")
        posts = {post.id for post in self.river_posts} | {""}
        for site in self.sites:
            if site.road.floods_with not in posts:
                raise ValueError(f"{site.id}: floods_with '{site.road.floods_with}' is not a river post here")

    @property
    def river_posts(self) -> list[FleetSite]:
        """The river posts in downstream order."""
        posts = [site for site in self.sites if site.kind == FLOOD]
        return sorted(posts, key=lambda site: site.order or 0)


def load_fleet(path: Path) -> Fleet:
    """Return the fleet of a file.

    Raises:
        ConfigError: Any fault in the file.
    """
    return load_file(path, Fleet)


def registrations(fleet: Fleet, since: datetime) -> list[Registration]:
    """Return every sensor of the fleet as an installer would add it, marked as simulated.

    Args:
        fleet: The fleet.
        since: From when on the devices stand there; before the oldest reading that will be sent.
    """
    return [
        Registration(
            site=site.as_site(), device=Device(id=site.id, kind=site.kind, simulated=True), since=since
        )
        for site in fleet.sites
    ]
