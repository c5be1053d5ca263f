"""The publisher against real brokers."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from support.brokers import AmqttBroker, Listener, MosquittoBroker, free_port

from config.settings import BrokerAddress
from simulators.publisher import BrokerUnavailable, Publisher


@pytest.fixture
def mosquitto(tmp_path):
    broker = MosquittoBroker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def amqtt(tmp_path):
    broker = AmqttBroker(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def publishers():
    made = []

    def make(port, **options):
        publisher = Publisher(BrokerAddress(port=port), client_id="pantau-test", **options)
        made.append(publisher)
        return publisher

    yield make
    for publisher in made:
        publisher.close()


def test_mosquitto_hears_everything_in_order_by_mqtt_5(mosquitto, publishers):
    listener = Listener(mosquitto.port)
    publisher = publishers(mosquitto.port)
    publisher.connect()
    for number in range(500):
        publisher.publish("pantau/v1/a/telemetry", str(number).encode())
    assert publisher.drain(10) == 0
    assert [int(payload) for _, payload in listener.wait_for(500)] == list(range(500))
    assert publisher.protocol == "MQTT 5"
    listener.close()


def test_amqtt_hears_everything_by_mqtt_3_1_1(amqtt, publishers):
    listener = Listener(amqtt.port, older_protocol=True)
    publisher = publishers(amqtt.port)
    publisher.connect()
    for number in range(300):
        publisher.publish("pantau/v1/a/telemetry", str(number).encode())
    assert publisher.drain(20) == 0
    assert {int(payload) for _, payload in listener.wait_for(300)} == set(range(300))
    assert publisher.protocol == "MQTT 3.1.1"
    listener.close()


def test_nothing_is_lost_when_the_broker_restarts_between_messages(tmp_path, publishers):
    broker = MosquittoBroker(tmp_path, persistence=True)
    broker.start()
    listener = Listener(broker.port, durable=True)
    publisher = publishers(broker.port, max_in_flight=50)
    publisher.connect()
    publisher.publish("t", b"-1")
    assert publisher.drain(10) == 0
    broker.stop()
    sender = threading.Thread(target=lambda: [publisher.publish("t", b"%d" % n) for n in range(120)])
    sender.start()
    broker.start()
    sender.join(30)
    assert not sender.is_alive()
    assert publisher.drain(30) == 0
    assert {int(payload) for _, payload in listener.wait_for(121)} == set(range(-1, 120))
    listener.close()
    broker.stop()


def test_publish_blocks_and_then_gives_up_when_the_broker_stays_away(mosquitto, publishers):
    publisher = publishers(mosquitto.port, max_in_flight=5, patience_s=0.3)
    publisher.connect()
    mosquitto.stop()
    for _ in range(5):
        publisher.publish("t", b"x")
    with pytest.raises(BrokerUnavailable, match=r"acknowledged nothing for 0\.3 s"):
        publisher.publish("t", b"one too many")
    assert publisher.drain(0.1) == 5


def test_a_broker_that_is_not_there_is_one_clear_sentence(publishers):
    port = free_port()
    publisher = publishers(port)
    with pytest.raises(BrokerUnavailable, match=rf"127\.0\.0\.1:{port} cannot be reached.*is it running\?"):
        publisher.connect(timeout_s=0.5)


def test_a_broker_that_comes_late_is_waited_for(tmp_path, publishers):
    broker = AmqttBroker(tmp_path)
    publisher = publishers(broker.port)
    starter = threading.Thread(target=broker.start)
    starter.start()
    publisher.connect(timeout_s=20)
    assert publisher.protocol == "MQTT 3.1.1"
    starter.join()
    publisher.close()
    broker.stop()


def test_a_port_that_never_answers_does_not_hang_the_caller(publishers):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        publisher = publishers(mute.getsockname()[1])
        begun = time.monotonic()
        with pytest.raises(BrokerUnavailable, match="does not answer; is another program on that port"):
            publisher.connect(timeout_s=0.5)
        assert time.monotonic() - begun < 5


def test_a_refused_password_is_told_at_once_and_never_printed(tmp_path, publishers):
    (tmp_path / "passwords").write_text("")
    broker = MosquittoBroker(tmp_path, extra=f"password_file {tmp_path}/passwords")
    broker.start()
    address = BrokerAddress(port=broker.port, username="somebody", password="a-secret")
    publisher = Publisher(address, client_id="pantau-test")
    with pytest.raises(BrokerUnavailable, match="refuses the connection") as caught:
        publisher.connect(timeout_s=5)
    assert "a-secret" not in str(caught.value)
    publisher.close()
    broker.stop()


def test_publishing_before_connecting_is_refused(publishers):
    with pytest.raises(BrokerUnavailable, match="without a connection"):
        publishers(free_port()).publish("t", b"x")


def test_closing_twice_is_harmless(mosquitto, publishers):
    publisher = publishers(mosquitto.port)
    publisher.connect()
    publisher.close()
    publisher.close()
