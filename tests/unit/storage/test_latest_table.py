from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.stores import at, reading

from storage.database import Database
from storage.latest_table import LATEST, last_change, latest_values, record_latest
from storage.readings import Flag


def record(database, *readings):
    with database.transaction() as connection:
        return record_latest(connection, readings)


def latest(database, **limits):
    with database.reading() as connection:
        return latest_values(connection, **limits)


def test_nothing_was_ever_recorded_is_change_zero(database):
    with database.reading() as connection:
        assert last_change(connection) == 0


def test_a_value_is_kept_with_its_place_and_times(database):
    record(database, reading(182.0, flags={"water_level_cm": Flag.SUSPECT}))
    (held,) = latest(database)
    assert (held.device_id, held.site_id, held.metric, held.value) == (
        "gauge-1",
        "post-1",
        "water_level_cm",
        182.0,
    )
    assert (held.observed_at, held.received_at, held.flag) == (at(0), at(2), Flag.SUSPECT)


def test_an_older_value_that_comes_later_changes_nothing(database):
    record(database, reading(200.0, observed_at=at(60)))
    before = latest(database)
    record(database, reading(100.0, observed_at=at(0), received_at=at(120)))
    assert latest(database) == before


def test_the_newest_of_a_batch_in_disorder_is_kept(database):
    record(database, *(reading(float(s), observed_at=at(s)) for s in (3, 9, 1)))
    assert latest(database)[0].value == 9.0


def test_the_same_value_sent_again_is_no_sign_of_life(database):
    record(database, reading(100.0, received_at=at(2)))
    before = latest(database)
    record(database, reading(100.0, received_at=at(600)))
    assert latest(database) == before


def test_a_correction_of_the_same_moment_counts(database):
    change = record(database, reading(100.0))
    record(database, reading(101.0))
    (held,) = latest(database, after_change=change)
    assert held.value == 101.0


def test_a_changed_flag_of_the_same_moment_counts(database):
    record(database, reading(100.0))
    record(database, reading(100.0, flags={"water_level_cm": Flag.FAIL}))
    assert latest(database)[0].flag == Flag.FAIL


def test_the_later_of_two_for_one_moment_in_a_batch_is_kept(database):
    record(database, reading(1.0), reading(2.0))
    assert latest(database)[0].value == 2.0


def test_metrics_grow_old_each_by_itself(database):
    record(database, reading(values={"a": 1.0, "b": 2.0}))
    record(database, reading(values={"a": 3.0}, observed_at=at(60)))
    assert {v.metric: v.observed_at for v in latest(database)} == {"a": at(60), "b": at(0)}


def test_only_what_changed_after_a_number_comes(database):
    seen = record(database, reading(), reading(device_id="gauge-2"))
    record(database, reading(5.0, device_id="gauge-2", observed_at=at(60)))
    assert [v.device_id for v in latest(database, after_change=seen)] == ["gauge-2"]


def test_a_change_that_nothing_took_part_in_is_not_seen_and_hides_nothing(database):
    first = record(database, reading(observed_at=at(60)))
    record(database, reading(observed_at=at(0)))
    third = record(database, reading(2.0, observed_at=at(120)))
    assert third > first
    assert [v.value for v in latest(database, after_change=first)] == [2.0]


def test_a_moved_device_speaks_for_its_new_site(database):
    record(database, reading(site_id="bridge"))
    record(database, reading(site_id="weir", observed_at=at(60)))
    assert latest(database, site_id="bridge") == []
    assert len(latest(database, site_id="weir")) == 1


def test_an_empty_batch_changes_nothing(database):
    before = record(database, reading())
    record(database)
    assert latest(database, after_change=before) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_and_batching_of_arrival_do_not_matter(database: Database, data):
    with database.transaction() as connection:
        connection.execute(LATEST.delete())
    distinct = [reading(float(n), observed_at=at(n), device_id=f"g{n % 2}") for n in range(8)]
    sent = data.draw(st.permutations(distinct))
    cut = data.draw(st.integers(0, 8))
    record(database, *sent[:cut])
    record(database, *sent[cut:])
    assert {v.device_id: v.value for v in latest(database)} == {"g0": 6.0, "g1": 7.0}
