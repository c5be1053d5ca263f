"""What every sensor of the simulated city measures: pure functions of the seed and the time.

Nothing is remembered from one call to the next, so the same seed and time give the same city whatever the
order or interval of the questions. The parts hang together: the storm rains on the gauges, its water runs
down the river, rain and high water slow the roads, and rain washes the air.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.fleet import FLOOD, RAIN, TRAFFIC, Fault, Fleet, FleetSite
from simulators.noise import steady, wander
from simulators.storms import WIB, Scenario, Storm, storms_at

_SILENT_SINCE = timedelta(hours=3)
_ROAD_FLOODS_FROM = 0.55  # share of the way from the post's normal level to its highest alarm level
_ROAD_FLOODS_WITHIN = 0.1
_VEHICLE_AND_LOOP_KM = 0.0065  # a car of 4.5 m over a detector of 2 m
_MINUTE_S = 60.0
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A simulated city: everything that decides what its sensors read.

    Attributes:
        fleet: Its sensors.
        scenario: What it goes through.
        begun_at: When the scenario began, by the city's clock; aware.
        seed: Another seed is another day in the same city.
    """

    fleet: Fleet
    scenario: Scenario = Scenario.STORM
    begun_at: datetime
    seed: int = 0

    def values(self, site: FleetSite, at: datetime) -> dict[str, float]:
        """Return what a healthy sensor at a site reads.

        Args:
            site: A site of the fleet.
            at: The instant of the city's clock; aware.

        Returns:
            Metric name to value in the kind's unit, always within what nature allows.
        """
        storms = storms_at(at, scenario=self.scenario, begun_at=self.begun_at, seed=self.seed)
        rain = sum(storm.rain_mm_h(self.position(site), at) for storm in storms)
        if site.kind == RAIN:
            return _rain(site, rain, seed=self.seed, at=at)
        if site.kind == FLOOD:
            return _flood(site, self._river_share(site, storms, at), seed=self.seed, at=at)
        if site.kind == TRAFFIC:
            return _traffic(site, rain, self._water_on_road(site, storms, at), seed=self.seed, at=at)
        return _air(site, rain, seed=self.seed, at=at)

    def position(self, site: FleetSite) -> float:
        """Return a site's place along the river, 0 for the first post's latitude to 1 for the last post's."""
        posts = self.fleet.river_posts
        if len(posts) < 2:
            return 0.0
        south, north = posts[0].lat, posts[-1].lat
        return min(max((site.lat - south) / (north - south), 0.0), 1.0)

    def _river_share(self, site: FleetSite, storms: list[Storm], at: datetime) -> float:
        return sum(storm.river_share(self.position(site), at) for storm in storms)

    def _water_on_road(self, site: FleetSite, storms: list[Storm], at: datetime) -> float:
        """Return how deep a low road lies under water, 0 for dry to 1 for impassable."""
        for post in self.fleet.river_posts:
            if post.id == site.road.floods_with:
                share = self._river_share(post, storms, at)
                return min(max((share - _ROAD_FLOODS_FROM) / _ROAD_FLOODS_WITHIN, 0.0), 1.0)
        return 0.0


def rush(at: datetime) -> float:
    """Return how busy the roads are by the clock, 0 at dead of night to 1 in a working day's rush."""
    local = at.astimezone(WIB)
    hour = local.hour + local.minute / 60 + local.second / 3600
    day = _bump(hour, centre=13.0, width=5.5)
    if local.weekday() >= 5:
        return min(0.08 + 0.55 * day + 0.25 * _bump(hour, centre=19.0, width=2.5), 1.0)
    peaks = 0.5 * _bump(hour, centre=7.0, width=1.1) + 0.5 * _bump(hour, centre=16.6, width=1.6)
    return min(0.06 + 0.5 * day + peaks, 1.0)


def _traffic(site: FleetSite, rain: float, water: float, *, seed: int, at: datetime) -> dict[str, float]:
    """Return speed, flow and occupancy of one direction of a road.

    Speed falls with the square of the share of capacity in use; rain costs up to half of it, as drivers see
    and brake worse; water on the road leaves a walking pace.
    """
    road, seconds = site.road, at.timestamp()
    busy = rush(at) * (0.75 + 0.25 * steady(seed, f"{site.id} busy"))
    busy *= 1 + 0.10 * wander(seed, f"{site.id} flow", seconds, period_s=3 * _MINUTE_S)
    dry = road.free_flow_km_h * (1 - 0.38 * min(busy, 1.0) ** 2)
    wet = dry * (1 - 0.5 * rain / (rain + 25)) * (1 - water) + 6.0 * water
    speed = wet * (1 + 0.05 * wander(seed, f"{site.id} speed", seconds, period_s=20))
    flow = 0.85 * road.capacity_veh_h * busy * (1 - 0.75 * water)
    occupancy = 100 * flow / speed / road.lanes * _VEHICLE_AND_LOOP_KM + 35 * water
    return {
        "speed_km_h": round(max(speed, 2.0), 1),
        "flow_veh_h": float(round(max(flow, 0.0))),
        "occupancy_pct": round(min(max(occupancy, 0.0), 100.0), 1),
    }


def _flood(site: FleetSite, share: float, *, seed: int, at: datetime) -> dict[str, float]:
    seconds = at.timestamp()
    slow = 6 * wander(seed, f"{site.id} base", seconds, period_s=6 * _HOUR_S)
    ripple = 1.5 * wander(seed, f"{site.id} ripple", seconds, period_s=15)
    level = site.normal_level_cm + share * (site.full_level_cm - site.normal_level_cm)
    return {"water_level_cm": round(level + slow + ripple, 1)}


def _rain(site: FleetSite, rain: float, *, seed: int, at: datetime) -> dict[str, float]:
    gusts = 1 + 0.25 * wander(seed, f"{site.id} gusts", at.timestamp(), period_s=30)
    return {"rain_rate_mm_h": round(rain * gusts, 1)}


def _air(site: FleetSite, rain: float, *, seed: int, at: datetime) -> dict[str, float]:
    """Return particulate matter: most before dawn and in the evening, under the inversion; washed by rain."""
    local, seconds = at.astimezone(WIB), at.timestamp()
    hour = local.hour + local.minute / 60
    daily = _bump(hour, centre=6.0, width=2.2) + 0.8 * _bump(hour, centre=20.0, width=2.6)
    place = 0.8 + 0.4 * steady(seed, f"{site.id} place")
    slow = 1 + 0.15 * wander(seed, f"{site.id} haze", seconds, period_s=2 * _HOUR_S)
    washed = 1 - 0.45 * rain / (rain + 15)
    pm2_5 = (14 + 18 * daily) * place * slow * washed
    pm2_5 *= 1 + 0.06 * wander(seed, f"{site.id} pm2_5", seconds, period_s=_MINUTE_S)
    coarse = 1.45 + 0.12 * wander(seed, f"{site.id} pm10", seconds, period_s=2 * _MINUTE_S)
    return {"pm2_5_ug_m3": round(pm2_5, 1), "pm10_ug_m3": round(pm2_5 * coarse, 1)}


def _bump(hour: float, *, centre: float, width: float) -> float:
    """Return a bell of height 1 over the hours of a day; midnight is no edge."""
    away = abs(hour - centre)
    return math.exp(-0.5 * (min(away, 24 - away) / width) ** 2)


def is_speaking(site: FleetSite, at: datetime, begun_at: datetime) -> bool:
    """Tell whether a sensor sends at an instant; a silent one died three hours before the scenario began."""
    return site.fault is not Fault.SILENT or at < begun_at - _SILENT_SINCE
