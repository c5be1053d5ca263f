"""The simulated city and a replay, spoken to a real broker as hardware would."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.brokers import AmqttBroker, Listener, MosquittoBroker

from devices.kinds import load_kinds
from simulators.city import run as run_city
from simulators.fleet import Fault, load_fleet
from simulators.mapping import load_mapping
from simulators.publisher import Publisher
from simulators.replay import plan, run

CONFIG = Path(__file__).parents[2] / "config"
FLEET = load_fleet(CONFIG / "fleets" / "madiun.yaml")
AIR = load_mapping(CONFIG / "mappings" / "jakarta_udara_ispu.yaml", load_kinds(CONFIG / "kinds"))


@pytest.fixture(params=["mosquitto", "amqtt"])
def wire(request, tmp_path):
    broker = MosquittoBroker(tmp_path) if request.param == "mosquitto" else AmqttBroker(tmp_path)
    broker.start()
    listener = Listener(broker.port, "pantau/v1/+/telemetry", older_protocol=request.param == "amqtt")
    publisher = Publisher(broker.address, client_id="pantau-test")
    publisher.connect()
    yield publisher, listener
    publisher.close()
    listener.close()
    broker.stop()


def by_device(heard):
    times = {}
    for topic, payload in heard:
        at = datetime.fromisoformat(json.loads(payload)["ts"])
        times.setdefault(topic.split("/")[2], []).append(at)
    return times


def test_a_newcomer_hears_an_hour_of_past_and_then_every_living_sensor(wire):
    publisher, listener = wire
    stop = threading.Event()
    options = {"stop": stop, "clock": lambda: datetime.now(UTC), "interval_s": 1.0}
    city = threading.Thread(
        target=run_city, args=(FLEET, publisher), kwargs={**options, "backfill": timedelta(hours=1)}
    )
    city.start()
    living = sum(site.fault is Fault.NONE for site in FLEET.sites)
    times = by_device(listener.wait_for(7 * living))
    stop.set()
    city.join(10)
    assert not city.is_alive()
    assert publisher.drain(10) == 0
    assert len(times) == living
    assert all(told == sorted(told) for told in times.values())
    assert min(len(told) for told in times.values()) >= 6


def test_a_replay_reaches_the_broker_to_the_row(wire):
    publisher, listener = wire
    lines = ["ID,Tanggal,Value\n", *(f"UDR{n},2025-04-10 {n:02}:00:00Z,{n}\n" for n in range(24)), "x,y,z\n"]
    counts = run(
        list(plan(lines, AIR)),
        publisher,
        speed=None,
        shift=timedelta(0),
        progress=lambda _done, _total: None,
        clock=lambda: datetime.now(UTC),
        sleep=time.sleep,
    )
    assert publisher.drain(10) == 0
    assert (counts.rows, counts.sent, len(counts.unsendable)) == (25, 24, 1)
    assert len(listener.wait_for(24)) == 24
