"""Keeps the retained alarm topics of the broker equal to the alarm list; the only door from here to MQTT."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from alerts.desk.desk import alarm_rows
from alerts.rulebook.rules import Rule
from config.settings import BrokerAddress
from devices.kinds import Kind
from devices.registry import Registry
from devices.registry_table import read_registry, registry_revision
from notification.alarm_messages import EVERYTHING, STATUS, Meaning, due, messages
from storage.database import Database
from storage.heartbeat_table import heartbeats
from storage.ports import StorageUnavailable

_LOG = logging.getLogger(__name__)
_CLIENT_ID = "pantau-alarm-topics"
_KEEPALIVE_S = 15
_GOODBYE_S = 2.0
_AGAIN_AFTER = timedelta(seconds=2)
# Ingest gives a sign of life every second; one that is silent for so long judges no readings.
INGEST_SILENT_AFTER = timedelta(seconds=20)
ONLINE, OFFLINE = b"online", b"offline"


class Link(Protocol):
    """One connection to the broker; over when it ends, then another one is made. Used by one thread."""

    @property
    def is_ready(self) -> bool:
        """True once what the broker keeps is on its way to `heard`."""

    @property
    def is_over(self) -> bool:
        """True when nothing can be published any more."""

    @property
    def trouble(self) -> str:
        """What keeps it from being ready, "" when nothing is known."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Have the broker keep a message in place of the topic's last one; empty for none."""

    def heard(self) -> list[tuple[str, bytes]]:
        """Return what came since the last call, oldest first: what the broker keeps and what is published."""

    def close(self) -> None:
        """Say offline and leave."""


class AlarmTopics:
    """Follows the alarm list and makes the broker's retained topics equal to it.

    What the broker holds is heard from the broker itself, so that it becomes right again whoever was
    restarted, forgot, or wrote there. Called from one thread.

    Args:
        connect: Begins a connection; it need not be ready yet.
        rules: Rules by id, always those in force.
        kinds: Kinds of sensors by name.
        zone: Zone of the times that are told.
    """

    def __init__(
        self,
        connect: Callable[[], Link],
        *,
        rules: Mapping[str, Rule],
        kinds: Mapping[str, Kind],
        zone: ZoneInfo,
    ) -> None:
        self._connect = connect
        self._rules, self._kinds, self._zone = rules, kinds, zone
        self._link: Link | None = None
        self._connect_after: datetime | None = None
        self._trouble = ""
        self._held: dict[str, bytes] = {}
        self._is_settled = False
        self._registry = Registry((), (), ())
        self._registry_revision = -1

    def follow(self, database: Database, now: datetime) -> None:
        """Publish what changed since the last call; called each second, never waits for the broker.

        Raises:
            StorageUnavailable: The database does not answer; the topics say `offline` meanwhile.
        """
        link = self._ready_link(now)
        if link is None:
            return
        for topic, payload in link.heard():
            self._keep(topic, payload)
        try:
            changes, is_true = self._changes(database, now)
        except StorageUnavailable:
            self._say_status(link, OFFLINE)
            raise
        for topic, payload in changes:
            self._publish(link, topic, payload)
        # What an earlier life left at the broker may still be on its way to us in the first second.
        self._say_status(link, ONLINE if is_true and self._is_settled else OFFLINE)
        self._is_settled = True

    def close(self) -> None:
        """Say that nobody tells any more, and leave the broker; calling it twice is harmless."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _ready_link(self, now: datetime) -> Link | None:
        if self._link is not None:
            self._log_trouble(self._link)
        if self._link is not None and self._link.is_over:
            self._link.close()
            self._link, self._connect_after = None, now + _AGAIN_AFTER
        if self._link is None and (self._connect_after is None or now >= self._connect_after):
            self._held, self._is_settled = {}, False
            self._link = self._connect()
        return self._link if self._link is not None and self._link.is_ready else None

    def _log_trouble(self, link: Link) -> None:
        """Tell an outage at its begin and at its end, not at every attempt."""
        if link.is_ready and self._trouble:
            _LOG.info("the broker hears of alarms again")
            self._trouble = ""
        elif link.trouble and link.trouble != self._trouble:
            _LOG.warning("alarms do not reach sirens and signs: %s", link.trouble)
            self._trouble = link.trouble

    def _changes(self, database: Database, now: datetime) -> tuple[list[tuple[str, bytes]], bool]:
        with database.reading() as connection:
            revision = registry_revision(connection)
            if revision != self._registry_revision:
                self._registry, self._registry_revision = read_registry(connection), revision
            beaten_at, _ = heartbeats(connection).get("ingest", (None, ""))
        meaning = Meaning(rules=self._rules, kinds=self._kinds, registry=self._registry, zone=self._zone)
        wanted = messages(alarm_rows(database), meaning)
        is_true = beaten_at is not None and now - beaten_at < INGEST_SILENT_AFTER
        return due(wanted, self._held, now.astimezone(self._zone)), is_true

    def _say_status(self, link: Link, status: bytes) -> None:
        if self._held.get(STATUS) != status:
            self._publish(link, STATUS, status)

    def _publish(self, link: Link, topic: str, payload: bytes) -> None:
        link.publish(topic, payload)
        self._keep(topic, payload)

    def _keep(self, topic: str, payload: bytes) -> None:
        if payload:
            self._held[topic] = payload
        else:
            self._held.pop(topic, None)


class BrokerLink:
    """A `Link` over paho. It speaks MQTT 3.1.1, which every broker knows and which has all that is needed.

    Args:
        address: Where the broker is; we must be allowed to read and write below `pantau/v1/alarms/`.
    """

    def __init__(self, address: BrokerAddress) -> None:
        self._place = f"{address.host}:{address.port}"
        self._heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._is_ready = self._is_over = False
        self._trouble = ""
        self._client = self._made(address)
        self._client.connect_async(address.host, address.port, _KEEPALIVE_S)
        self._client.loop_start()

    @property
    def is_ready(self) -> bool:
        """True once the broker has answered to the subscription."""
        return self._is_ready and not self._is_over

    @property
    def is_over(self) -> bool:
        """True when the connection broke, or the broker refused it."""
        return self._is_over

    @property
    def trouble(self) -> str:
        """Why nothing can be told now."""
        return self._trouble

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a retained message over for delivery with QoS 1."""
        self._client.publish(topic, payload, qos=1, retain=True)

    def heard(self) -> list[tuple[str, bytes]]:
        """Return what came since the last call."""
        return [self._heard.get_nowait() for _ in range(self._heard.qsize())]

    def close(self) -> None:
        """Say offline, which the broker says for us when we cannot, and leave."""
        if self.is_ready:
            self._client.publish(STATUS, OFFLINE, qos=1, retain=True).wait_for_publish(_GOODBYE_S)
        self._client.on_disconnect = None
        self._client.disconnect()
        self._client.loop_stop()

    def _made(self, address: BrokerAddress) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=_CLIENT_ID,
            protocol=MQTTProtocolVersion.MQTTv311,
            # What one connection left unsent is older than what the next one says.
            reconnect_on_failure=False,
        )
        client.suppress_exceptions = True  # an exception in a callback would end paho's network thread
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        client.will_set(STATUS, OFFLINE, qos=1, retain=True)
        if address.username:
            client.username_pw_set(address.username, address.password or None)
        if address.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(
        self, client: Client, _user: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._end(f"the broker at {self._place} refuses the connection: {reason}")
        else:
            client.subscribe(EVERYTHING, qos=1)

    def _on_subscribe(
        self, _client: Client, _user: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            _LOG.warning("the broker at %s does not let us read %s: left-overs stay", self._place, EVERYTHING)
        _LOG.info("telling alarms at %s below %s", self._place, EVERYTHING)
        self._is_ready = True

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self._heard.put((message.topic, bytes(message.payload)))

    def _on_disconnect(
        self, _client: Client, _user: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self._end(f"the broker at {self._place} is gone: {reason}")

    def _on_connect_fail(self, _client: Client, _user: object) -> None:
        # paho goes on trying by itself until the first connection.
        self._trouble = f"no broker answers at {self._place}"

    def _end(self, trouble: str) -> None:
        if not self._is_over:
            self._trouble, self._is_over = trouble, True
