from __future__ import annotations

import dataclasses

import pytest
from support.stores import T0, at

from devices.registry import Assignment, Device, Registration, Site
from devices.registry_table import ASSIGNMENTS, AlreadyRegistered, read_registry, register, registry_revision

BRIDGE = Site(
    id="bridge",
    name="Jembatan é",
    lat_deg=-7.63,
    lon_deg=111.52,
    area="Kartoharjo",
    waterway="Bengawan Madiun",
    order=3,
    datum="m dpl",
    thresholds={"water_level_cm": {"siaga3": 750.0, "siaga2": 850.0}},
    parameters={"reference_height_cm": 420.0, "water_level_cm.max_rise_per_h": 150.0},
)
GAUGE = Registration(site=BRIDGE, device=Device(id="gauge", kind="flood", simulated=True), since=T0)
RAIN = Registration(site=BRIDGE, device=Device(id="rain", kind="rain"), since=at(60))


def added(database, *registrations) -> int:
    with database.transaction() as connection:
        return register(connection, registrations)


def revision(database) -> int:
    with database.reading() as connection:
        return registry_revision(connection)


def current(database):
    with database.reading() as connection:
        return read_registry(connection)


def test_an_empty_registry_has_revision_zero(database):
    assert revision(database) == 0
    assert current(database).sites == {}


def test_what_was_registered_is_read_back_whole(database):
    assert added(database, GAUGE, RAIN) == 2
    registry = current(database)
    assert registry.sites == {"bridge": BRIDGE}
    assert registry.devices == {"gauge": GAUGE.device, "rain": RAIN.device}
    assert registry.assignments_of("rain") == [Assignment(device_id="rain", site_id="bridge", since=at(60))]


def test_registering_the_same_again_changes_nothing(database):
    added(database, GAUGE)
    before = revision(database)
    assert added(database, GAUGE) == 0
    assert added(database, dataclasses.replace(GAUGE, since=at(999))) == 0
    assert revision(database) == before
    assert current(database).assignments_of("gauge")[0].since == T0


def test_the_same_line_twice_in_one_call_is_one_device(database):
    assert added(database, GAUGE, GAUGE) == 1


def test_each_call_that_adds_raises_the_revision(database):
    added(database, GAUGE)
    first = revision(database)
    added(database, RAIN)
    assert revision(database) > first > 0


ELSEWHERE = dataclasses.replace(BRIDGE, id="weir")


@pytest.mark.parametrize(
    "other",
    [
        dataclasses.replace(GAUGE, site=dataclasses.replace(BRIDGE, lat_deg=-7.64)),
        dataclasses.replace(GAUGE, device=Device(id="gauge", kind="rain", simulated=True)),
        dataclasses.replace(GAUGE, device=Device(id="gauge", kind="flood")),
        dataclasses.replace(GAUGE, site=ELSEWHERE),
    ],
    ids=["site with other facts", "other kind", "no longer simulated", "other site"],
)
@pytest.mark.parametrize("in_one_call", [True, False])
def test_a_contradiction_is_refused_and_nothing_of_the_call_is_kept(database, other, in_one_call):
    if not in_one_call:
        added(database, GAUGE)
    before = (current(database).sites, revision(database))
    with pytest.raises(AlreadyRegistered, match="exists already"):
        added(database, *([GAUGE] if in_one_call else []), RAIN, other)
    assert (current(database).sites, revision(database)) == before


def test_a_retired_device_is_not_silently_put_back(database):
    added(database, GAUGE)
    with database.transaction() as connection:
        connection.execute(ASSIGNMENTS.update().values(until=at(100)))
    with pytest.raises(AlreadyRegistered):
        added(database, GAUGE)


def test_a_device_that_moved_is_known_at_its_new_site(database):
    added(database, GAUGE, Registration(site=ELSEWHERE, device=Device(id="other", kind="flood"), since=T0))
    with database.transaction() as connection:
        connection.execute(
            ASSIGNMENTS.update().where(ASSIGNMENTS.c.device_id == "gauge").values(until=at(100))
        )
        connection.execute(ASSIGNMENTS.insert(), {"device_id": "gauge", "site_id": "weir", "since": at(100)})
    assert added(database, dataclasses.replace(GAUGE, site=ELSEWHERE)) == 0
    with pytest.raises(AlreadyRegistered):
        added(database, GAUGE)
