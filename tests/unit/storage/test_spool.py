import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.ports import StorageMisconfigured, StorageRefused, StorageUnavailable
from storage.readings import Flag, Reading
from storage.spool import Spool, SpoolFull
from storage.spooled import SpooledReadings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROOMY = 10_000_000


def reading(minute: int, value: float = 1.5) -> Reading:
    at = NOW + timedelta(minutes=minute, microseconds=1)
    return Reading(
        device_id="gauge",
        site_id="post",
        kind="flood",
        observed_at=at,
        received_at=at,
        values={"water_level_cm": value, "battery_v": -0.0},
        flags={"water_level_cm": Flag.SUSPECT},
    )


def fill(spool: Spool) -> None:
    for minute in range(10_000):
        spool.append([reading(minute), reading(minute + 20_000)])


class Store:
    """Takes readings, or fails as it is told."""

    def __init__(self) -> None:
        self.taken: list[Reading] = []
        self.failure: Exception | None = None
        self.is_closed = False

    def write(self, readings: Sequence[Reading]) -> None:
        if isinstance(self.failure, StorageRefused):
            refused = [r for r, _ in self.failure.rejected]
            self.taken += [r for r in readings if r not in refused]
            raise self.failure
        if self.failure:
            raise self.failure
        self.taken += readings

    def close(self) -> None:
        self.is_closed = True


def test_what_is_appended_comes_back_in_order_and_exactly(tmp_path):
    spool = Spool(tmp_path / "spool.sqlite", capacity_bytes=ROOMY)
    spool.append([reading(0), reading(1)])
    Spool(tmp_path / "spool.sqlite", capacity_bytes=ROOMY).append([reading(2)])
    waiting = spool.oldest(10)
    assert [r for _, r in waiting] == [reading(0), reading(1), reading(2)]
    spool.remove(up_to=waiting[1][0])
    assert [r for _, r in spool.oldest(10)] == [reading(2)]
    assert spool.count() == 1


def test_numbers_go_on_after_the_queue_was_empty(tmp_path):
    spool = Spool(tmp_path / "spool.sqlite", capacity_bytes=ROOMY)
    spool.append([reading(0)])
    first = spool.oldest(1)[0][0]
    spool.remove(up_to=first)
    spool.append([reading(1)])
    assert spool.oldest(1)[0][0] > first


def test_a_full_spool_takes_all_of_a_batch_or_none_and_says_so(tmp_path):
    spool = Spool(tmp_path / "spool.sqlite", capacity_bytes=65_536)
    with pytest.raises(SpoolFull, match=r"the spool spool\.sqlite"):
        fill(spool)
    count = spool.count()
    assert count > 0
    assert count % 2 == 0
    spool.remove(up_to=spool.oldest(count)[-1][0])
    spool.append([reading(0)])
    assert spool.count() == 1


def test_a_disk_is_never_filled_so_far_that_the_queue_could_not_be_taken_away(tmp_path):
    free = 3_000_000
    spool = Spool(tmp_path / "spool.sqlite", capacity_bytes=ROOMY, free_bytes=lambda _: free)
    spool.append([reading(0)])
    free = 900_000
    with pytest.raises(SpoolFull, match="its disk is full; make room"):
        spool.append([reading(1)])
    spool.remove(up_to=spool.oldest(1)[0][0])
    assert spool.count() == 0


def test_a_folder_that_is_gone_is_told_as_unavailable(tmp_path):
    spool = Spool(tmp_path / "nowhere" / "spool.sqlite", capacity_bytes=ROOMY)
    with pytest.raises(StorageUnavailable, match=r"the spool spool\.sqlite"):
        spool.append([reading(0)])
    assert spool.count() == 0


def test_a_well_store_is_written_directly(tmp_path):
    store = Store()
    spooled = SpooledReadings(store, Spool(tmp_path / "s.sqlite", capacity_bytes=ROOMY))
    spooled.write([reading(0)])
    assert store.taken == [reading(0)]
    assert not (tmp_path / "s.sqlite").exists()
    spooled.close()
    assert store.is_closed


@pytest.mark.parametrize("failure", [StorageUnavailable("away"), StorageMisconfigured("401")])
def test_while_the_store_is_away_readings_wait_and_new_ones_wait_behind_them(tmp_path, failure):
    store = Store()
    spooled = SpooledReadings(store, Spool(tmp_path / "s.sqlite", capacity_bytes=ROOMY))
    store.failure = failure
    spooled.write([reading(0)])
    store.failure = None
    spooled.write([reading(1)])
    assert (store.taken, spooled.waiting()) == ([], 2)
    assert spooled.outage == str(failure)
    assert spooled.drain(1).written == 1
    spooled.write([reading(2)])
    assert spooled.drain(10).written == 2
    assert store.taken == [reading(0), reading(1), reading(2)]
    spooled.write([reading(3)])
    assert (store.taken[-1], spooled.outage, spooled.waiting()) == (reading(3), "", 0)


def test_a_store_that_is_still_away_costs_nothing_when_drained(tmp_path):
    store = Store()
    store.failure = StorageUnavailable("away")
    spooled = SpooledReadings(store, Spool(tmp_path / "s.sqlite", capacity_bytes=ROOMY))
    spooled.write([reading(0)])
    with pytest.raises(StorageUnavailable):
        spooled.drain(10)
    assert spooled.waiting() == 1


def test_what_waited_before_a_restart_goes_first_after_it(tmp_path):
    path = tmp_path / "s.sqlite"
    Spool(path, capacity_bytes=ROOMY).append([reading(0)])
    store = Store()
    spooled = SpooledReadings(store, Spool(path, capacity_bytes=ROOMY))
    spooled.write([reading(1)])
    assert store.taken == []
    spooled.drain(10)
    assert store.taken == [reading(0), reading(1)]


def test_those_waiting_are_told_without_leaving_the_spool(tmp_path):
    path = tmp_path / "s.sqlite"
    many = [reading(minute) for minute in range(5003)]
    Spool(path, capacity_bytes=ROOMY).append(many)
    spooled = SpooledReadings(Store(), Spool(path, capacity_bytes=ROOMY))
    assert list(spooled.those_waiting()) == many
    assert spooled.waiting() == len(many)


def test_a_reading_refused_while_draining_is_handed_back_and_does_not_block_the_rest(tmp_path):
    store = Store()
    store.failure = StorageUnavailable("away")
    spooled = SpooledReadings(store, Spool(tmp_path / "s.sqlite", capacity_bytes=ROOMY))
    spooled.write([reading(0), reading(1)])
    store.failure = StorageRefused([(reading(0), "field type conflict")])
    drained = spooled.drain(10)
    assert drained.refused == ((reading(0), "field type conflict"),)
    assert (drained.written, store.taken, spooled.waiting()) == (1, [reading(1)], 0)


def test_a_refused_reading_stays_in_the_spool_until_it_is_kept_elsewhere(tmp_path):
    store = Store()
    store.failure = StorageUnavailable("away")
    spooled = SpooledReadings(store, Spool(tmp_path / "s.sqlite", capacity_bytes=ROOMY))
    spooled.write([reading(0)])
    store.failure = StorageRefused([(reading(0), "field type conflict")])
    kept = []

    def refuse_to_keep(refusals):
        raise StorageUnavailable("the operational database is locked")

    with pytest.raises(StorageUnavailable, match="locked"):
        spooled.drain(10, refuse_to_keep)
    assert spooled.waiting() == 1
    spooled.drain(10, kept.extend)
    assert (kept, spooled.waiting()) == ([(reading(0), "field type conflict")], 0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["write", "drain", "fail", "mend"]), max_size=25))
def test_any_course_of_outages_keeps_everything_once_and_in_order(tmp_path_factory, steps):
    store = Store()
    path = tmp_path_factory.mktemp("spool") / "s.sqlite"
    spooled = SpooledReadings(store, Spool(path, capacity_bytes=ROOMY))
    written = []
    for number, step in enumerate(steps):
        if step == "write":
            spooled.write([reading(number)])
            written.append(reading(number))
        elif step == "drain" and store.failure is None:
            spooled.drain(2)
        else:
            store.failure = StorageUnavailable("away") if step == "fail" else None
    store.failure = None
    while spooled.waiting():
        spooled.drain(2)
    assert store.taken == written


def test_writing_and_draining_at_the_same_time_keep_the_order(tmp_path):
    store = Store()
    spooled = SpooledReadings(store, Spool(tmp_path / "s.sqlite", capacity_bytes=ROOMY))
    Spool(tmp_path / "s.sqlite", capacity_bytes=ROOMY).append([reading(-1)])
    spooled = SpooledReadings(store, Spool(tmp_path / "s.sqlite", capacity_bytes=ROOMY))
    is_done = threading.Event()

    def drain() -> None:
        while not is_done.is_set() or spooled.waiting():
            spooled.drain(7)

    drainer = threading.Thread(target=drain)
    drainer.start()
    for number in range(150):
        spooled.write([reading(number)])
    is_done.set()
    drainer.join(timeout=60)
    assert store.taken == [reading(number) for number in range(-1, 150)]
