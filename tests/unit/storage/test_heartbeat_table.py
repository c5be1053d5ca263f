from __future__ import annotations

from support.stores import T0, at

from storage.heartbeat_table import beat, heartbeats


def test_a_component_that_never_lived_has_no_heartbeat(database):
    with database.reading() as connection:
        assert heartbeats(connection) == {}


def test_the_last_sign_of_life_and_its_trouble_are_kept(database):
    with database.transaction() as connection:
        beat(connection, "ingest", T0, trouble="InfluxDB does not answer")
        beat(connection, "ingest", at(5))
        beat(connection, "broker", T0, trouble="restarted")
    with database.reading() as connection:
        assert heartbeats(connection) == {"ingest": (at(5), ""), "broker": (T0, "restarted")}
