"""Real parts that several integration tests stand on."""

from __future__ import annotations

import pytest
from support.brokers import MosquittoBroker, require_mosquitto
from support.ingesting import RunningIngest


@pytest.fixture
def mosquitto(tmp_path):
    require_mosquitto()
    broker = MosquittoBroker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def ingest(tmp_path, mosquitto):
    running = RunningIngest(tmp_path, mosquitto.port)
    running.start()
    running.wait_until_well()
    yield running
    running.close()
