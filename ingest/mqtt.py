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
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from config.settings import BrokerAddress
from ingest.delivery import Delivery
from ingest.mqtt_packets import Publication, acknowledgements, publication, quality_of_service
from storage.heartbeat_table import BROKER_TROUBLE

LOG = logging.getLogger(__name__)

# The broker keeps the session, and with it every unacknowledged message, this long after a disconnection.
_SESSION_EXPIRY_S = 7 * 24 * 3600
# A broker that hangs without hanging up is found out after at most twice as long.
_KEEPALIVE_S = 10
_UNSUPPORTED_PROTOCOL = 132
# Some hundred messages. Larger gains nothing and keeps acknowledgements waiting.
_READ_BYTES = 65_536
_PUBACK = 0x40
# QoS 0 knows no acknowledgement, so nothing holds its senders back: what waits beyond this is let go.
_MOST_WAITING = 200_000


class _Client(paho.Client):
    """A paho client that reads what the socket holds in one piece and hands publications over as they are.

    paho by itself reads every packet with three system calls and waits for the socket before each, builds a
    table of all properties that MQTT 5 knows, and writes every acknowledgement with two more system calls.
    Together that takes a message seven times as long. The names with an underscore are paho's own; the
    integration tests notice when one changes.

    Args:
        on_publication: Called in paho's thread with each message of QoS 0 and 1; it must not raise.
        options: What `paho.Client` takes.
    """

    def __init__(self, on_publication: Callable[[Publication], None], **options: Any) -> None:  # noqa: ANN401
        super().__init__(CallbackAPIVersion.VERSION2, manual_ack=True, **options)
        self._on_publication = on_publication
        self._unread = memoryview(b"")
        self.on_socket_open = self._forget_unread

    def acknowledge(self, message_ids: Sequence[int]) -> None:
        """Acknowledge messages of QoS 1 in one piece; may be called from any thread."""
        if message_ids:
            self._packet_queue(_PUBACK, acknowledgements(message_ids), 0, 1)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Handle every packet that was read, not only the first."""
        code = super().loop_read(max_packets)
        while code == MQTTErrorCode.MQTT_ERR_SUCCESS and self._unread:
            code = super().loop_read(max_packets)
        return code

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._unread:
            self._unread = memoryview(super()._sock_recv(_READ_BYTES))
        taken, self._unread = self._unread[:bufsize], self._unread[bufsize:]
        return bytes(taken)

    def _forget_unread(self, _client: paho.Client, _user: object, _socket: object) -> None:
        # What an earlier connection left behind would be read as the beginning of this one.
        self._unread = memoryview(b"")

    def _handle_publish(self) -> MQTTErrorCode:
        first_byte, rest = self._in_packet["command"], self._in_packet["packet"]
        if quality_of_service(first_byte) > 1:
            return super()._handle_publish()
        try:
            said = publication(first_byte, rest, has_properties=self._protocol == paho.MQTTv5)
        except ValueError:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        self._on_publication(said)
        return MQTTErrorCode.MQTT_ERR_SUCCESS


class Subscriber:
    """Receives from topic filters into `deliveries`; `dropped` counts QoS 0 messages let go for want of room.

    Made, started, tended and stopped by one thread, which also acknowledges; paho runs a thread of its own.

    Args:
        address: Where the broker is and who we are there.
        client_id: Fixed, so that the broker finds the session again after a restart.
        topic_filters: What to subscribe to.
        receive_maximum: How many messages may be unacknowledged; batches cannot grow beyond it. MQTT 3.1.1
            cannot say it, so there the broker's own limit holds.
        clock: Returns the present, aware UTC.
    """

    def __init__(
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        topic_filters: Sequence[str],
        receive_maximum: int,
        clock: Callable[[], datetime],
    ) -> None:
        self.deliveries: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._arrived = threading.Event()
        self._address = address
        self._client_id = client_id
        self._filters = list(topic_filters)
        self._receive_maximum = receive_maximum
        self._clock = clock
        self._connection = 0
        self.dropped = 0
        self._answered = False
        self._protocol = paho.MQTTv5 if address.mqtt5 else paho.MQTTv311
        self._hung_up_on_v5 = threading.Event()
        self._subscribed = threading.Event()
        self._trouble = f"{BROKER_TROUBLE}not connected yet"
        self._client = self._make_client()

    @property
    def trouble(self) -> str:
        """What keeps messages from coming, beginning with `BROKER_TROUBLE`; "" for nothing."""
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
        # `deliveries.get(timeout=...)` waits for ever when a signal ends its wait late, before Python 3.13.
        self._arrived.clear()
        if self.deliveries.empty():
            self._arrived.wait(wait_s)
        taken: list[Delivery] = []
        try:
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
        self._client.acknowledge(
            [d.message_id for d in deliveries if d.message_id and d.connection == self._connection]
        )

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

    def _make_client(self) -> _Client:
        client = _Client(
            self._on_publication,
            client_id=self._client_id,
            protocol=self._protocol,
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
            self._say(f"refuses the connection: {code}")
            return
        self._connection += 1
        # MQTT 5 wants options where 3.1.1 wants a number; the wrong one raises and ends paho's thread.
        if self._protocol == paho.MQTTv5:
            client.subscribe([(topic_filter, SubscribeOptions(qos=1)) for topic_filter in self._filters])
        else:
            client.subscribe([(topic_filter, 1) for topic_filter in self._filters])

    def _on_subscribe(
        self, _client: paho.Client, _user: object, _mid: int, codes: list[ReasonCode], _properties: object
    ) -> None:
        answers = zip(self._filters, codes, strict=False)
        refused = [f"{topic_filter}: {code}" for topic_filter, code in answers if code.is_failure]
        if refused:
            self._say(f"refuses to let us subscribe to {', '.join(refused)}")
        else:
            LOG.info("receiving %s", ", ".join(self._filters))
            self._subscribed.set()

    def _on_connect_fail(self, _client: paho.Client, _user: object) -> None:
        self._say(f"nobody answers at {self._address.host}:{self._address.port}")

    def _on_disconnect(
        self, _client: paho.Client, _user: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        # amqtt hangs up or says nothing when it hears MQTT 5: no CONNACK ever came.
        if self._protocol == paho.MQTTv5 and not self._answered:
            self._hung_up_on_v5.set()
        self._say(f"gone from {self._address.host}:{self._address.port}: {code}")

    def _say(self, what: str) -> None:
        """Note what is wrong with the broker, and log it when it is new."""
        trouble = BROKER_TROUBLE + what
        if self._subscribed.is_set() or trouble != self._trouble:
            LOG.warning("%s", trouble)
        self._trouble = trouble
        self._subscribed.clear()

    def _on_publication(self, said: Publication) -> None:
        if not said.message_id and self.deliveries.qsize() >= _MOST_WAITING:
            if not self.dropped:
                LOG.error("more comes with QoS 0 than can be stored; what does not fit is let go and counted")
            self.dropped += 1
            return
        self.deliveries.put(
            Delivery(
                topic=said.topic,
                payload=said.payload,
                received_at=self._clock(),
                message_id=said.message_id,
                connection=self._connection,
                is_retained=said.is_retained,
            )
        )
        if not self._arrived.is_set():
            self._arrived.set()
