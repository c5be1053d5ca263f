"""Retained alarm topics over real brokers, with the accounts and rights that `pantau up` gives them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from support.alarming import FLOOD, HIGH_WATER
from support.brokers import PreparedBroker, require_mosquitto

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.journal.journal_table import append_events
from config.settings import BrokerAddress
from devices.credentials import hash_password
from devices.topics import telemetry_topic
from notification.alarm_messages import EVERYTHING, PREFIX, STATUS, SUMMARY
from notification.alarm_topics import AlarmTopics, BrokerLink
from pantau.brokers import SIGN_USER
from pantau.state import State
from storage.database import Database
from storage.heartbeat_table import beat

TOPIC = f"{PREFIX}/gate/high_water"
WITHIN_S = 20.0


class Sign:
    """A client that keeps what the broker would show a sign: the newest message of each topic."""

    def __init__(
        self, port: int, user: str = "", password: str = "", *, topic_filter: str = EVERYTHING
    ) -> None:
        self.shown: dict[str, bytes] = {}
        self.answer: int | None = None
        self._changed = threading.Condition()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"sign-{id(self)}", protocol=MQTTProtocolVersion.MQTTv311
        )
        if user:
            self._client.username_pw_set(user, password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda *_: self._client.subscribe(topic_filter, qos=1)
        self._client.on_subscribe = lambda _c, _u, _m, codes, _p: self._answered(codes[0].value)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.until(lambda: self.answer is not None)

    def _answered(self, code: int) -> None:
        with self._changed:
            self.answer = code
            self._changed.notify_all()

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        with self._changed:
            self.shown.pop(message.topic, None)
            if message.payload:
                self.shown[message.topic] = message.payload
            self._changed.notify_all()

    def until(self, holds: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, WITHIN_S), self.shown

    def publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1, retain=True).wait_for_publish(WITHIN_S)

    def says(self, topic: str) -> dict[str, object]:
        return json.loads(self.shown.get(topic, b"{}"))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Teller:
    """The follower in a loop of its own, over a real database and broker."""

    def __init__(self, folder: Path, address: BrokerAddress) -> None:
        self.database = Database.in_folder(folder)
        self.database.upgrade()
        self._topics = AlarmTopics(
            lambda: BrokerLink(address),
            rules={"high_water": HIGH_WATER},
            kinds={"flood": FLOOD},
            zone=ZoneInfo("Asia/Jakarta"),
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.1):
            now = datetime.now(UTC)
            with self.database.transaction() as connection:
                beat(connection, "ingest", now)
            self._topics.follow(self.database, now)

    def happens(self, type_: EventType) -> None:
        now = datetime.now(UTC)
        event = AlarmEvent(
            alarm_id="high_water/gate/1",
            rule_id="high_water",
            site_id="gate",
            type=type_,
            observed_at=now,
            recorded_at=now,
            severity=Severity.HIGH,
            value=120.0,
            limit=100.0,
            by="operator-1" if type_ is EventType.ACKNOWLEDGED else "",
        )
        with self.database.transaction() as connection:
            append_events(connection, [event])

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(WITHIN_S)
        self._topics.close()
        self.database.close()


@pytest.fixture(params=["mosquitto", "embedded"])
def prepared(request, tmp_path, monkeypatch) -> Iterator[tuple[PreparedBroker, State]]:
    if request.param == "mosquitto":
        require_mosquitto()
    else:
        monkeypatch.setenv("PANTAU_BROKER", "embedded")
    state = State(folder=tmp_path / "state")
    broker = PreparedBroker(
        state,
        filters=["tele/+/SENSOR"],
        hashes={"weir-1": hash_password("rahasia"), "alarms": hash_password("rahasia")},
    )
    broker.start()
    yield broker, state
    broker.stop()


def own_address(broker: PreparedBroker, state: State) -> BrokerAddress:
    secret = state.secret("broker/own-password")
    return replace(broker.address, username="pantau", password=secret)


def sign_at(broker: PreparedBroker, state: State) -> Sign:
    return Sign(broker.port, SIGN_USER, state.secret("broker/sign-password"))


def test_a_sign_shows_an_alarm_from_its_begin_to_its_end_over_every_restart(prepared):
    broker, state = prepared
    teller = Teller(state.folder, own_address(broker, state))
    sign = sign_at(broker, state)
    try:
        sign.until(lambda: sign.shown.get(STATUS) == b"online")
        assert sign.says(SUMMARY)["active"] == 0
        teller.happens(EventType.RAISED)
        sign.until(lambda: sign.says(TOPIC).get("state") == "active_unacknowledged")
        teller.happens(EventType.ACKNOWLEDGED)
        sign.until(lambda: sign.says(TOPIC).get("acknowledged_by") == "operator-1")

        teller.stop()
        sign.until(lambda: sign.shown.get(STATUS) == b"offline")
        teller = Teller(state.folder, own_address(broker, state))
        sign.until(lambda: sign.shown.get(STATUS) == b"online")

        broker.stop()
        for left in state.broker.glob("mosquitto.db*"):
            left.unlink()  # a broker that forgot everything
        broker.start()
        late = sign_at(broker, state)
        late.until(lambda: late.shown.get(STATUS) == b"online")
        assert late.says(TOPIC)["state"] == "active_acknowledged"
        teller.happens(EventType.CLEARED)
        late.until(lambda: late.says(TOPIC).get("state") == "normal")
        late.until(lambda: late.says(SUMMARY).get("active") == 0)
        late.close()
    finally:
        teller.stop()
        sign.close()


def test_only_pantau_writes_alarms_and_a_sign_only_reads_them(prepared):
    broker, state = prepared
    teller = Teller(state.folder, own_address(broker, state))
    sign = sign_at(broker, state)
    pantau = Sign(broker.port, "pantau", state.secret("broker/own-password"), topic_filter="#")
    device, namesake = (Sign(broker.port, name, "rahasia", topic_filter="#") for name in ("weir-1", "alarms"))
    try:
        sign.until(lambda: sign.shown.get(STATUS) == b"online")
        forged = [TOPIC, STATUS, f"{PREFIX}/telemetry"]
        for client in (device, namesake, sign):
            for topic in forged:
                client.publish(topic, b"forged")
        for topic in (telemetry_topic(SIGN_USER), telemetry_topic("weir-1"), "tele/weir-1/SENSOR"):
            sign.publish(topic, b"forged")
        device.publish("tele/weir-1/SENSOR", b"true")
        device.publish(telemetry_topic("weir-1"), b"true")
        pantau.until(lambda: pantau.shown.get(telemetry_topic("weir-1")) == b"true")
        assert pantau.shown["tele/weir-1/SENSOR"] == b"true"
        assert b"forged" not in pantau.shown.values()
        assert telemetry_topic(SIGN_USER) not in pantau.shown
        assert all(topic.startswith(PREFIX) for topic in sign.shown)
        assert device.shown == namesake.shown == {}
    finally:
        teller.stop()
        for client in (sign, pantau, device, namesake):
            client.close()


def test_a_teller_that_dies_without_a_word_is_offline_by_its_last_will(tmp_path, monkeypatch):
    require_mosquitto()
    state = State(folder=tmp_path / "state")
    broker = PreparedBroker(state, demo=True)
    broker.start()
    visitor = Sign(broker.port)  # in the demo nobody needs a name to read alarms
    link = BrokerLink(own_address(broker, state))
    try:
        link.publish(STATUS, b"online")  # kept by the client until it is connected
        visitor.until(lambda: visitor.shown.get(STATUS) == b"online")
        link._client.socket().close()  # the machine is gone; nothing says goodbye
        visitor.until(lambda: visitor.shown.get(STATUS) == b"offline")
        visitor.publish(f"{PREFIX}/telemetry", b"forged")
        visitor.publish("pantau/v1/x/telemetry", b"fine")
        assert f"{PREFIX}/telemetry" not in visitor.shown
    finally:
        link.close()
        visitor.close()
        broker.stop()
