"""Real MQTT brokers on loopback for tests: mosquitto where it is installed, and the embedded amqtt."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from config.settings import BrokerAddress
from pantau.brokers import prepare_broker, write_passwords
from pantau.state import State

START_TIMEOUT_S = 15.0

_AMQTT = """
import asyncio, sys
from amqtt.broker import Broker

async def main():
    broker = Broker({
        "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:" + sys.argv[1]}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    })
    await broker.start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mosquitto_path() -> str | None:
    """Return where mosquitto is; Debian puts it beyond an ordinary user's PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def require_mosquitto() -> str:
    """Return mosquitto's path or skip the test, saying what is missing."""
    path = mosquitto_path()
    if path is None:
        pytest.skip("mosquitto is not installed (apt install mosquitto)")
    return path


class _BrokerProcess:
    """A broker in a process of its own, on a port of its own; stop and start keep the port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> BrokerAddress:
        return BrokerAddress(host="127.0.0.1", port=self.port)

    @property
    def pid(self) -> int:
        assert self._process is not None, "the broker does not run"
        return self._process.pid

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with (self.folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _listens(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"broker did not start: {(self.folder / 'broker.log').read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


class MosquittoBroker(_BrokerProcess):
    """A real mosquitto, anonymous, on loopback.

    Args:
        folder: Where its configuration, log and (with `persistence`) its database live.
        extra: More lines of mosquitto.conf.
        persistence: Whether sessions and queued messages survive `stop` and `start`.
    """

    def __init__(self, folder: Path, *, extra: str = "", persistence: bool = False) -> None:
        super().__init__(folder)
        self._path = require_mosquitto()
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
            f"persistence {'true' if persistence else 'false'}",
            f"persistence_location {folder}/",
            "max_queued_messages 0",
            extra,
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # else it gives up its rights and cannot read a root-only folder
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    def command(self) -> list[str]:
        return [self._path, "-c", str(self.folder / "mosquitto.conf")]


class AmqttBroker(_BrokerProcess):
    """The embedded amqtt in a process of its own; it speaks MQTT 3.1.1 only."""

    def command(self) -> list[str]:
        return [sys.executable, "-W", "ignore", "-c", _AMQTT, str(self.port)]


class PreparedBroker(_BrokerProcess):
    """The broker as `pantau up` prepares it, with accounts and rights.

    Args:
        state: Where its files go.
        demo: Whether nobody needs a name.
        filters: Topic filters of enabled sources.
        hashes: Devices with the hashes of their passwords.
    """

    def __init__(
        self, state: State, *, demo: bool = False, filters: Sequence[str] = (), hashes: Mapping[str, str] = {}
    ) -> None:
        state.prepare()
        super().__init__(state.folder)
        write_passwords(state, hashes)
        self._command = prepare_broker(state, port=self.port, demo=demo, filters=filters)

    def command(self) -> list[str]:
        return self._command


class Listener:
    """A subscriber that keeps everything it hears, in order of arrival.

    Args:
        port: The broker's port on 127.0.0.1.
        topic_filter: What to subscribe to, with QoS 1.
        older_protocol: Speak MQTT 3.1.1, as amqtt must be spoken to.
        durable: Keep the session at the broker (MQTT 5), so that a broken connection loses nothing.
    """

    def __init__(
        self, port: int, topic_filter: str = "#", *, older_protocol: bool = False, durable: bool = False
    ) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._different: set[tuple[str, bytes]] = set()
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        version = MQTTProtocolVersion.MQTTv311 if older_protocol else MQTTProtocolVersion.MQTTv5
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"listener-{port}", protocol=version)
        options = {"qos": 1} if older_protocol else {"options": SubscribeOptions(qos=1)}
        self._client.on_connect = lambda *_: self._client.subscribe(topic_filter, **options)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        if durable:
            kept = Properties(PacketTypes.CONNECT)
            kept.SessionExpiryInterval = 3600
            self._client.connect("127.0.0.1", port, clean_start=False, properties=kept)
        else:
            self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not self._subscribed.wait(10):
            raise RuntimeError("the broker did not acknowledge the subscription")

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        with self._changed:
            self.heard.append((message.topic, message.payload))
            self._different.add((message.topic, message.payload))
            self._changed.notify_all()

    def wait_for(self, count: int, timeout_s: float = 20.0) -> list[tuple[str, bytes]]:
        """Return what was heard once there are `count` different messages, or when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._different) >= count, timeout_s)
            return list(self.heard)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
