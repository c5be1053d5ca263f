"""What a worker is held against, on the same machine in the same minute: paho alone, and SQLite alone."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from config.settings import BrokerAddress
from devices.topics import TELEMETRY_FILTER
from ingest.mqtt import Subscriber

_BATCH = 500
_SESSION_S = 3600
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What a number of messages or rows took, without anything of ours around it."""

    count: int
    wall_s: float
    cpu_s: float

    @property
    def rate_per_s(self) -> float:
        """How many a second, by the clock on the wall."""
        return self.count / self.wall_s

    @property
    def us_each(self) -> float:
        """CPU microseconds of each."""
        return self.cpu_s / self.count * 1e6


def timed(count: int, work: Callable[[], None]) -> Yardstick:
    """Return what a piece of work took in this process."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return Yardstick(count=count, wall_s=time.perf_counter() - wall_s, cpu_s=time.process_time() - cpu_s)


def rows_into_sqlite(file: Path, rows: int) -> Yardstick:
    """Insert numbered rows of four columns, a commit for every 500, each safe from a power cut."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE rows (site TEXT, at INTEGER, value REAL, flags TEXT, PRIMARY KEY (site, at))"
    )

    def insert() -> None:
        for first in range(0, rows, _BATCH):
            with connection:
                batch = ((f"site-{n % 200}", n, n / 7, "{}") for n in range(first, first + _BATCH))
                connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", batch)

    taken = timed(rows, insert)
    connection.close()
    return taken


class BarePaho:
    """A client that acknowledges every message as it comes and does nothing else."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._count = 0
        self._wanted = 0
        self._subscribed = threading.Event()
        self._done = threading.Event()

    def make_session(self) -> None:
        """Subscribe, so that the broker keeps what comes from now on."""
        client = self._connected()
        if not self._subscribed.wait(_PATIENCE_S):
            raise RuntimeError("the broker did not confirm the subscription")
        client.disconnect()
        client.loop_stop()

    def drain(self, messages: int) -> Yardstick:
        """Take so many messages that wait."""
        self._wanted = messages

        def take() -> None:
            client = self._connected()
            if not self._done.wait(_PATIENCE_S * 5):
                raise RuntimeError(f"{self._count} of {messages} messages came")
            client.disconnect()
            client.loop_stop()

        return timed(messages, take)

    def _connected(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id="yardstick", protocol=paho.MQTTv5, manual_ack=True
        )
        client.on_connect = lambda *_: client.subscribe(TELEMETRY_FILTER, qos=1)
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = self._on_message
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_S
        properties.ReceiveMaximum = 2 * _BATCH
        client.connect("127.0.0.1", self._port, clean_start=False, properties=properties)
        client.loop_start()
        return client

    def _on_message(self, client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
        client.ack(message.mid, 1)
        self._count += 1
        if self._count == self._wanted:
            self._done.set()


class PantauSubscriber:
    """Pantau's own connection, acknowledging in batches, with nothing behind it."""

    def __init__(self, port: int) -> None:
        self._address = BrokerAddress(port=port)

    def make_session(self) -> None:
        """Subscribe, so that the broker keeps what comes from now on."""
        subscriber = self._started()
        deadline = time.monotonic() + _PATIENCE_S
        while subscriber.trouble:
            if time.monotonic() > deadline:
                raise RuntimeError(subscriber.trouble)
            time.sleep(0.05)
        subscriber.stop()

    def drain(self, messages: int) -> Yardstick:
        """Take so many messages that wait."""

        def take() -> None:
            subscriber, taken = self._started(), 0
            while taken < messages:
                batch = subscriber.take(_BATCH, wait_s=_PATIENCE_S)
                subscriber.acknowledge(batch)
                taken += len(batch)
            subscriber.stop()

        return timed(messages, take)

    def _started(self) -> Subscriber:
        subscriber = Subscriber(
            self._address,
            client_id="yardstick",
            topic_filters=[TELEMETRY_FILTER],
            receive_maximum=2 * _BATCH,
            clock=lambda: datetime.now(UTC),
        )
        subscriber.start()
        return subscriber


SUBSCRIBERS: dict[str, Callable[[int], BarePaho | PantauSubscriber]] = {
    "bare paho": BarePaho,
    "pantau without stores": PantauSubscriber,
}


def main() -> None:
    """Run one subscriber here: make its session, wait for a line on stdin, drain, tell what it took."""
    name, port, messages = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    subscriber = SUBSCRIBERS[name](port)
    subscriber.make_session()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(json.dumps(asdict(subscriber.drain(messages))) + "\n")


if __name__ == "__main__":
    main()
