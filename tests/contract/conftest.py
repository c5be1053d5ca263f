from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from support.influx import NoServer, fresh_bucket, server

from config.settings import InfluxAddress
from storage.embedded import EmbeddedReadings
from storage.influx import InfluxReadings


@pytest.fixture(scope="session")
def influx_server(tmp_path_factory) -> Iterator[InfluxAddress]:
    with ExitStack() as stack:
        try:
            address = stack.enter_context(server(tmp_path_factory.mktemp("influx")))
        except NoServer as error:
            pytest.skip(str(error))
        yield address


@pytest.fixture(params=["embedded", "influxdb"])
def make_store(request, tmp_path) -> Iterator[Callable[[], EmbeddedReadings | InfluxReadings]]:
    """Give a way to open the same empty store several times over."""
    with ExitStack() as stack:
        if request.param == "embedded":

            def opened() -> EmbeddedReadings:
                return EmbeddedReadings(tmp_path / "readings.sqlite")
        else:
            address = stack.enter_context(fresh_bucket(request.getfixturevalue("influx_server")))

            def opened() -> InfluxReadings:
                return InfluxReadings(address, timeout_s=30, page_rows=7)

        def make() -> EmbeddedReadings | InfluxReadings:
            store = opened()
            stack.callback(store.close)
            return store

        yield make


@pytest.fixture
def store(make_store):
    return make_store()
