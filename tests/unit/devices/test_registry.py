from __future__ import annotations

import pytest
from support.stores import T0, at

from devices.registry import Assignment, Device, Registry, Site


def site(id: str = "bridge", **changes) -> Site:  # noqa: A002 - the field's name
    return Site(**{"id": id, "name": "Bridge", "lat_deg": -7.63, "lon_deg": 111.52, **changes})


def registry(*assignments: Assignment) -> Registry:
    return Registry(
        [site("bridge"), site("weir")],
        [Device(id="d1", kind="flood"), Device(id="d2", kind="rain")],
        assignments,
    )


def placed(device_id: str, site_id: str, since: float, until: float | None = None) -> Assignment:
    return Assignment(
        device_id=device_id, site_id=site_id, since=at(since), until=None if until is None else at(until)
    )


MOVED = registry(placed("d1", "weir", 100), placed("d1", "bridge", 0, 100))


@pytest.mark.parametrize(
    ("after_s", "where"), [(-1, None), (0, "bridge"), (99.999999, "bridge"), (100, "weir"), (1e9, "weir")]
)
def test_a_moved_device_belongs_to_the_site_of_the_moment(after_s, where):
    found = MOVED.site_of("d1", at(after_s))
    assert (found.id if found else None) == where


def test_an_unknown_device_stands_nowhere():
    assert MOVED.site_of("nobody", T0) is None
    assert MOVED.assignments_of("nobody") == []


def test_a_device_between_two_sites_stands_nowhere():
    gap = registry(placed("d1", "bridge", 0, 10), placed("d1", "weir", 20))
    assert gap.site_of("d1", at(15)) is None


def test_assignments_come_oldest_first():
    assert [a.site_id for a in MOVED.assignments_of("d1")] == ["bridge", "weir"]


def test_the_devices_of_a_site_at_a_moment_come_by_id():
    held = registry(placed("d2", "bridge", 0), placed("d1", "bridge", 0, 50))
    assert [d.id for d in held.devices_at("bridge", at(10))] == ["d1", "d2"]
    assert [d.id for d in held.devices_at("bridge", at(50))] == ["d2"]


@pytest.mark.parametrize(
    ("lat", "lon"), [(91, 0), (-90.1, 10), (0, 181), (0, 0), (float("nan"), 111.5), (-7.6, float("nan"))]
)
def test_a_site_off_the_earth_or_never_measured_is_refused(lat, lon):
    with pytest.raises(ValueError, match="site bridge"):
        site(lat_deg=lat, lon_deg=lon)


@pytest.mark.parametrize(("lat", "lon"), [(0, 111.5), (-90, -180), (90, 180)])
def test_a_site_on_the_equator_or_at_an_edge_of_the_earth_is_a_site(lat, lon):
    assert site(lat_deg=lat, lon_deg=lon).lat_deg == lat


def test_a_site_without_a_name_or_with_a_bad_id_is_refused():
    with pytest.raises(ValueError, match="needs a name"):
        site(name=" ")
    with pytest.raises(ValueError, match="is not a site id"):
        site("a/b")
    with pytest.raises(ValueError, match="is not a device id"):
        Device(id="+", kind="flood")


def test_a_site_answers_for_its_own_limits_only():
    post = site(thresholds={"water_level_cm": {"siaga3": 750.0}})
    assert post.threshold("water_level_cm", "siaga3") == 750.0
    assert post.threshold("water_level_cm", "siaga1") is None
    assert post.threshold("speed_km_h", "siaga3") is None
