"""What InfluxDB does beside the contract, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from support.influx import NoServer, fresh_bucket, raw_write, server, started, statement
from support.stores import T0, at, history, reading

from config.settings import InfluxAddress
from storage.influx import InfluxReadings
from storage.ports import StorageMisconfigured, StorageRefused
from storage.readings import Flag


@pytest.fixture(scope="module")
def influx_server(tmp_path_factory) -> Iterator[InfluxAddress]:
    with ExitStack() as stack:
        try:
            yield stack.enter_context(server(tmp_path_factory.mktemp("influx")))
        except NoServer as error:
            pytest.skip(str(error))


@pytest.fixture
def address(influx_server) -> Iterator[InfluxAddress]:
    with fresh_bucket(influx_server) as fresh:
        yield fresh


@contextmanager
def opened(address: InfluxAddress) -> Iterator[InfluxReadings]:
    store = InfluxReadings(address, timeout_s=30)
    try:
        yield store
    finally:
        store.close()


def test_the_check_names_server_and_bucket(address):
    with opened(address) as store:
        said = store.check()
    assert said.startswith("InfluxDB ")
    assert address.bucket in said


def test_the_check_leaves_nothing_behind(address):
    with opened(address) as store:
        store.check()
    assert "series" not in str(statement(address, "SHOW MEASUREMENTS"))


@pytest.mark.parametrize("call", ["check", "write", "read"])
def test_a_bucket_that_does_not_exist_is_told_by_every_call(address, call):
    nowhere = InfluxAddress(url=address.url, org=address.org, bucket="nowhere", token=address.token)
    calls = {"check": lambda s: s.check(), "write": lambda s: s.write([reading()]), "read": history}
    with opened(nowhere) as store, pytest.raises(StorageMisconfigured, match="nowhere"):
        calls[call](store)


def test_good_values_carry_an_explicit_flag(address):
    with opened(address) as store:
        store.write([reading(values={"a": 1.0, "b": 2.0}, flags={"b": Flag.FAIL})])
    shown = str(statement(address, "SELECT a_flag, b_flag FROM flood"))
    assert "1, 4]" in shown


def test_a_metric_that_another_program_wrote_as_integer_is_refused_alone(address):
    raw_write(address, "flood,device=gauge-1,site=post-1 water_level_cm=5i 1768458600000000")
    others = [reading(values={"battery_v": 3.5}, observed_at=at(n)) for n in range(20)]
    bad = reading(observed_at=at(99))
    with opened(address) as store:
        with pytest.raises(StorageRefused, match="conflict") as raised:
            store.write([*others[:7], bad, *others[7:]])
        kept = [r for r in history(store) if "battery_v" in r.values]
    assert [r for r, _ in raised.value.rejected] == [bad]
    assert len(kept) == 20


def test_a_name_longer_than_a_tag_may_be_is_refused_alone(address):
    long = reading(site_id="x" * 70_000)
    with opened(address) as store:
        with pytest.raises(StorageRefused) as raised:
            store.write([reading(), long])
        assert history(store) == [reading()]
    assert [r for r, _ in raised.value.rejected] == [long]


def test_what_other_programs_wrote_beside_it_does_not_break_reading(address):
    raw_write(
        address,
        'flood,device=d,site=s water_level_cm=7,note="text",ok=true 1768458600000000\n'
        'flood,device=d,site=s note="only text" 1768458601000000\n'
        "flood,device=d water_level_cm=8 1768458602000000",
    )
    with opened(address) as store:
        held = history(store)
    assert [(r.site_id, dict(r.values)) for r in held] == [
        ("s", {"water_level_cm": 7.0}),
        ("", {"water_level_cm": 8.0}),
    ]
    assert held[0].received_at == held[0].observed_at == T0


def test_a_server_that_cuts_answers_short_loses_no_row(tmp_path):
    written = [reading(float(n), observed_at=at(n)) for n in range(100)]
    with ExitStack() as stack:
        try:
            url = stack.enter_context(started(tmp_path, max_row_limit=9))
        except NoServer as error:
            pytest.skip(str(error))
        address = stack.enter_context(fresh_bucket(InfluxAddress(url=url, bucket="limited")))
        store = stack.enter_context(opened(address))
        store.write(written)
        assert history(store) == written
