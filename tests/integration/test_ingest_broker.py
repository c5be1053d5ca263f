"""Ingest against real brokers: what is published is stored, whatever falls in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.brokers import AmqttBroker, MosquittoBroker, require_mosquitto
from support.readings import LEVEL, REGISTRATION, payload

from devices.registry_table import register
from devices.topics import telemetry_topic
from simulators.publisher import Publisher
from storage.books_table import balance
from storage.database import Database
from storage.embedded import EmbeddedReadings
from storage.heartbeat_table import heartbeats

TOPIC = telemetry_topic("gauge")
BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
WITHIN_S = 60


class RunningIngest:
    """`pantau ingest` as a process over a state folder of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.state = folder / "state"
        self.config = folder / "config"
        self.state.mkdir()
        self.config.mkdir()
        shipped = Path(__file__).parents[2] / "config"
        for name in ("kinds", "rules"):
            (self.config / name).symlink_to(shipped / name)
        (self.config / "pantau.yaml").write_text(f"broker: {{host: 127.0.0.1, port: {port}}}\n")
        self.database = Database.in_folder(self.state)
        self.database.upgrade()
        with self.database.transaction() as connection:
            register(connection, [REGISTRATION])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "pantau", "ingest"]
        places = ["--state", str(self.state), "--config", str(self.config)]
        with (self.state / "ingest.log").open("ab") as log:
            self.process = subprocess.Popen([*command, *places], stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=20)

    def wait_until_well(self) -> None:
        since = datetime.now(UTC)

        def well() -> bool:
            with self.database.transaction() as connection:
                at, trouble = heartbeats(connection).get("ingest", (since, "none yet"))
            return at > since and not trouble

        self.wait_for(well)

    def wait_for(self, condition) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < deadline, (self.state / "ingest.log").read_text()[-3000:]
            time.sleep(0.05)

    def books(self):
        with self.database.transaction() as connection:
            return balance(connection)

    def levels(self) -> list[float]:
        stored = EmbeddedReadings(self.state / "readings.sqlite")
        end = datetime.now(UTC) + timedelta(days=1)
        return [r.values[LEVEL] for r in stored.read("flood", start=BEGIN - timedelta(days=1), end=end)]


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
    if running.process.poll() is None:
        running.stop()
    running.database.close()


def publish(broker, numbers) -> None:
    publisher = Publisher(broker.address, client_id=f"test-{os.getpid()}")
    publisher.connect()
    for number in numbers:
        publisher.publish(TOPIC, payload(BEGIN + timedelta(seconds=number), float(number % 250)))
    assert publisher.drain(timeout_s=30) == 0
    publisher.close()


def test_what_is_published_is_stored_and_the_process_stops_cleanly(ingest, mosquitto):
    publish(mosquitto, range(1200))
    ingest.wait_for(lambda: ingest.books().received >= 1200)
    assert ingest.books().stored == 1200
    assert ingest.levels() == [float(number % 250) for number in range(1200)]
    assert ingest.stop() == 0


def test_messages_sent_while_ingest_is_down_are_stored_when_it_is_back(ingest, mosquitto):
    assert ingest.stop() == 0
    publish(mosquitto, range(300))
    ingest.start()
    ingest.wait_for(lambda: ingest.books().stored == 300)
    assert len(ingest.levels()) == 300


def test_a_killed_ingest_loses_nothing_and_counts_nothing_twice(ingest, mosquitto):
    for first in range(0, 2000, 500):
        publish(mosquitto, range(first, first + 500))
        ingest.kill()
        ingest.start()
    ingest.wait_for(lambda: ingest.books().stored == 2000)
    assert len(ingest.levels()) == 2000
    assert ingest.books().rejected == 0


def test_a_restarted_broker_is_found_again_and_garbage_does_not_deafen(ingest, mosquitto):
    publish(mosquitto, range(50))
    mosquitto.stop()
    mosquitto.start()
    ingest.wait_until_well()
    publisher = Publisher(mosquitto.address, client_id="garbage")
    publisher.connect()
    for bad in (b"", b"\xff\xfe\x00", b"[" * 5000, b'{"ts": 1, "values": {"x": 1}}'):
        publisher.publish(TOPIC, bad)
    assert publisher.drain(timeout_s=10) == 0
    publisher.close()
    publish(mosquitto, range(50, 100))
    ingest.wait_for(lambda: ingest.books().received >= 104)
    assert (ingest.books().stored, ingest.books().rejected) == (100, 4)


def test_the_embedded_broker_serves_as_well_over_mqtt_3(tmp_path):
    broker = AmqttBroker(tmp_path)
    broker.start()
    running = RunningIngest(tmp_path, broker.port)
    running.start()
    try:
        running.wait_until_well()
        publish(broker, range(400))
        running.wait_for(lambda: running.books().stored == 400)
        assert running.stop() == 0
    finally:
        if running.process.poll() is None:
            running.kill()
        running.database.close()
        broker.stop()
