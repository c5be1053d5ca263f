from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboard.surroundings import Neighbours, hardware, neighbours, rain_gauge
from devices.registry import Assignment, Device, Registry, Site

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AGO = NOW - timedelta(days=100)


def post(
    site_id: str, order: int | None, *, waterway: str = "Bengawan Madiun", km_north: float = 0.0
) -> Site:
    lat = -7.63 + km_north / 111.32
    return Site(id=site_id, name=site_id, lat_deg=lat, lon_deg=111.5, waterway=waterway, order=order)


def city(*standing: tuple[Site, str], moved: tuple[Assignment, ...] = ()) -> Registry:
    devices = [Device(id=f"{site.id}-1", kind=kind) for site, kind in standing]
    held = [Assignment(device_id=f"{site.id}-1", site_id=site.id, since=AGO) for site, _ in standing]
    return Registry([site for site, _ in standing], devices, [*held, *moved])


def test_neighbours_are_the_next_posts_of_the_same_kind_by_order_and_not_by_distance() -> None:
    upper, middle, lower = post("a", 1, km_north=9), post("b", 5), post("c", 9, km_north=-9)
    gauge, other = post("rain", 6), post("far", 4, waterway="Bengawan Solo")
    registry = city((lower, "flood"), (upper, "flood"), (middle, "flood"), (gauge, "rain"), (other, "flood"))
    assert neighbours(registry, middle, "flood", NOW) == Neighbours(upstream=upper, downstream=lower)
    assert neighbours(registry, upper, "flood", NOW) == Neighbours(downstream=middle)


def test_a_post_without_an_order_or_a_waterway_has_no_neighbours() -> None:
    registry = city((post("a", 1), "flood"), (post("b", None), "flood"), (post("c", 2, waterway=""), "flood"))
    assert neighbours(registry, registry.sites["b"], "flood", NOW) == Neighbours()
    assert neighbours(registry, registry.sites["c"], "flood", NOW) == Neighbours()


def test_a_post_whose_device_was_taken_away_is_no_neighbour() -> None:
    gone = post("gone", 2)
    moved = Assignment(device_id="m", site_id="gone", since=AGO, until=NOW - timedelta(days=1))
    registry = Registry([gone, post("a", 1)], [Device(id="m", kind="flood")], [moved])
    assert neighbours(registry, registry.sites["a"], "flood", NOW) == Neighbours()


def test_the_gauge_on_the_same_waterway_is_preferred_to_a_nearer_one_elsewhere() -> None:
    river, near = post("river", 3, km_north=4), post("near", None, waterway="", km_north=1)
    level = post("gate", 1)
    registry = city((level, "flood"), (near, "rain"), (river, "rain"))
    found = rain_gauge(registry, level, NOW)
    assert found is not None
    assert (found[0], round(found[1], 1)) == (river, 4.0)


def test_rain_of_another_valley_is_not_shown() -> None:
    level, far = post("gate", 1), post("far", 1, km_north=40)
    assert rain_gauge(city((level, "flood"), (far, "rain")), level, NOW) is None


def test_hardware_that_left_stays_told_with_its_dates_after_what_stands() -> None:
    site = post("gate", 1)
    swap = NOW - timedelta(days=3)
    registry = Registry(
        [site],
        [Device(id="old", kind="flood"), Device(id="new", kind="flood", simulated=True)],
        [
            Assignment(device_id="old", site_id="gate", since=AGO, until=swap),
            Assignment(device_id="new", site_id="gate", since=swap),
        ],
    )
    found = hardware(registry, "gate", {"new": NOW})
    assert [(held.device.id, held.until, held.heard_at) for held in found] == [
        ("new", None, NOW),
        ("old", swap, None),
    ]
