from __future__ import annotations

import os

import pytest
from support.brokers import require_mosquitto
from support.faults import RestartableInflux
from support.influx import NoServer

_SEED = 20261121


@pytest.fixture
def seed():
    """The seed of stream and faults; another one by `PANTAU_FAULT_SEED`."""
    require_mosquitto()
    number = int(os.environ.get("PANTAU_FAULT_SEED", _SEED))
    print(f"PANTAU_FAULT_SEED={number}")  # noqa: T201 - shown when the test fails
    return number


@pytest.fixture(scope="module")
def influx_server(tmp_path_factory):
    try:
        server = RestartableInflux(tmp_path_factory.mktemp("influxd"))
    except NoServer as missing:
        pytest.skip(str(missing))
    yield server
    server.end()


@pytest.fixture
def influx(influx_server):
    """A real InfluxDB with an empty database, behind a link that can misbehave."""
    influx_server.renew()
    return influx_server
