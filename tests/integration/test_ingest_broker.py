"""Ingest against real brokers: what is published is stored, whatever falls in between."""

from __future__ import annotations

import os
import signal

from support.brokers import AmqttBroker
from support.ingesting import RunningIngest, publish

from devices.topics import telemetry_topic
from simulators.publisher import Publisher

TOPIC = telemetry_topic("gauge")


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


def test_a_broker_that_hangs_without_a_word_is_told_and_nothing_is_lost_when_it_wakes(ingest, mosquitto):
    publish(mosquitto, range(50))
    os.kill(mosquitto.pid, signal.SIGSTOP)
    try:
        ingest.wait_for(lambda: "Keep alive timeout" in ingest.trouble())
        assert ingest.stop() == 0
        ingest.start()  # a broker that never answered, too
        ingest.wait_for(lambda: "not connected yet" in ingest.trouble())
        ingest.wait_for(lambda: "Keep alive timeout" in ingest.trouble())
    finally:
        os.kill(mosquitto.pid, signal.SIGCONT)
    ingest.wait_until_well()
    publish(mosquitto, range(50, 100))
    ingest.wait_for(lambda: ingest.books().stored == 100)


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
        running.close()
        broker.stop()
