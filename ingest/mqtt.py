"""The connection to the broker: QoS 1, a persistent session, and acknowledgement only when told to.

MQTT 5 where the broker speaks it, 3.1.1 otherwise. paho's network thread only puts deliveries into a queue;
it never waits and never raises, since an exception there would leave the process alive and deaf.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.settings import BrokerAddress
from ingest.delivery import Delivery

LOG = logging.getLogger(__name__)

# The broker keeps the session, and with it every unacknowledged message, this long after a disconnection.
_SESSION_EXPIRY_S = 7 * 24 * 3600
_KEEPALIVE_S = 30
_UNSUPPORTED_PROTOCOL = 132


class Subscriber:
    """Receives from one topic filter into `deliveries`.

    Made, started, tended and stopped by one thread, which also acknowledges; paho runs a thread of its own.

    Args:
        address: Where the broker is and who we are there.
        client_id: Fixed, so that the broker finds the session again after a restart.
        topic_filter: What to subscribe to.
        receive_maximum: How many messages may be unacknowledged; batches cannot grow beyond it. MQTT 3.1.1
            cannot say it, so there the broker's own limit holds.
        clock: Returns the present, aware UTC.
    """

    def __init__(
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        topic_filter: str,
        receive_maximum: int,
        clock: Callable[[], datetime],
    ) -> None:
        self.deliveries: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._address = address
        self._client_id = client_id
        self._filter = topic_filter
        self._receive_maximum = receive_maximum
        self._clock = clock
        self._connection = 0
        self._answered = False
        self._protocol = paho.MQTTv5 if address.mqtt5 else paho.MQTTv311
        self._hung_up_on_v5 = threading.Event()
        self._subscribed = threading.Event()
        self._trouble = "not connected to the broker yet"
        self._client = self._make_client()

    @property
    def trouble(self) -> str:
        """What keeps messages from coming, "" for nothing."""
        return "" if self._subscribed.is_set() else self._trouble

    def start(self) -> None:
        """Begin to connect; from now on the connection restores itself."""
        self._connect()

    def tend(self) -> None:
        """Fall back to MQTT 3.1.1 when the broker hung up on MQTT 5; call it about once a second."""
        if self._hung_up_on_v5.is_set():
            self._hung_up_on_v5.clear()
            LOG.info("the broker does not speak MQTT 5; continuing with MQTT 3.1.1")
            self._end_client()
            self._protocol = paho.MQTTv311
            self._client = self._make_client()
            self._connect()

    def take(self, limit: int, wait_s: float) -> list[Delivery]:
        """Return up to `limit` deliveries, waiting at most `wait_s` for the first one."""
        taken: list[Delivery] = []
        try:
            taken.append(self.deliveries.get(timeout=wait_s))
            while len(taken) < limit:
                taken.append(self.deliveries.get_nowait())
        except queue.Empty:
            pass
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Let the broker forget the deliveries.

        One that came by an earlier connection is left out: the broker delivers it again anyway, and its
        number may by now belong to another message.
        """
        for delivery in deliveries:
            if delivery.message_id and delivery.connection == self._connection:
                self._client.ack(delivery.message_id, 1)

    def stop(self) -> None:
        """Disconnect; the broker keeps the session and what was not acknowledged."""
        self._end_client()

    def _connect(self) -> None:
        options: dict[str, Any] = {}
        if self._protocol == paho.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = _SESSION_EXPIRY_S
            properties.ReceiveMaximum = self._receive_maximum
            options = {"clean_start": False, "properties": properties}
        self._client.connect_async(self._address.host, self._address.port, _KEEPALIVE_S, **options)
        self._client.loop_start()

    def _make_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=self._protocol,
            manual_ack=True,
            # MQTT 5 says the same at every connection, with clean_start, and must not say it here.
            clean_session=None if self._protocol == paho.MQTTv5 else False,
        )
        client.suppress_exceptions = True
        client.enable_logger(LOG)
        client.reconnect_delay_set(min_delay=1, max_delay=15)
        if self._address.username:
            client.username_pw_set(self._address.username, self._address.password)
        if self._address.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _end_client(self) -> None:
        self._client.on_disconnect = None  # we go ourselves: nothing to be told
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(
        self, client: paho.Client, _user: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        if code.value == _UNSUPPORTED_PROTOCOL:
            self._hung_up_on_v5.set()
            return
        self._answered = True
        if code.is_failure:
            self._say(f"the broker refuses the connection: {code}")
            return
        self._connection += 1
        client.subscribe(self._filter, qos=1)

    def _on_subscribe(
        self, _client: paho.Client, _user: object, _mid: int, codes: list[ReasonCode], _properties: object
    ) -> None:
        refused = [code for code in codes if code.is_failure]
        if refused:
            self._say(f"the broker refuses the subscription to {self._filter}: {refused[0]}")
        else:
            LOG.info("receiving %s", self._filter)
            self._subscribed.set()

    def _on_connect_fail(self, _client: paho.Client, _user: object) -> None:
        self._say(f"no broker answers at {self._address.host}:{self._address.port}")

    def _on_disconnect(
        self, _client: paho.Client, _user: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        # amqtt closes the connection without a word when it hears MQTT 5: no CONNACK ever came.
        if self._protocol == paho.MQTTv5 and not self._answered:
            self._hung_up_on_v5.set()
        self._say(f"the broker at {self._address.host}:{self._address.port} is gone: {code}")

    def _say(self, trouble: str) -> None:
        """Note the trouble, and log it when it is new."""
        if self._subscribed.is_set() or trouble != self._trouble:
            LOG.warning("%s", trouble)
        self._trouble = trouble
        self._subscribed.clear()

    def _on_message(self, _client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self.deliveries.put(
            Delivery(
                topic=topic,
                payload=bytes(message.payload),
                received_at=self._clock(),
                message_id=message.mid if message.qos else 0,
                connection=self._connection,
            )
        )
