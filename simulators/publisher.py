"""The one door from the simulators to the broker: QoS 1 publishing that outlives a broker's restart."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from enum import Enum

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from config.settings import BrokerAddress

_LOG = logging.getLogger(__name__)
_VERSIONS = (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311)
_KEEPALIVE_S = 30
_RETRY_S = 0.25
_UNSUPPORTED_VERSION = "Unsupported protocol version"


class BrokerUnavailable(Exception):  # noqa: N818 - named by what the caller does next
    """The broker cannot be reached or does not take us; nothing more can be sent. Tell a person."""


class _Fault(Enum):
    """Why one attempt to connect came to nothing, by what is worth trying next."""

    UNREACHABLE = "try again soon"
    TOO_OLD = "try the older protocol"
    REFUSED = "give up"


@dataclass(frozen=True, slots=True)
class _Failure:
    fault: _Fault
    text: str


class Publisher:
    """Publishes with QoS 1, in the caller's order, keeping few messages unacknowledged.

    `publish` may be called from several threads; the network has its own thread inside. What was not
    acknowledged when the connection broke is sent again after it is back, so the broker may see a message
    twice and never loses one that `drain` did not count as missing.

    Args:
        address: Where the broker is.
        client_id: Our name at the broker; two clients of one name throw each other out.
        max_in_flight: Most publishes that may wait for the broker's acknowledgement, at least 1.
        patience_s: How long `publish` waits for any acknowledgement before it gives the broker up.
    """

    def __init__(
        self, address: BrokerAddress, *, client_id: str, max_in_flight: int = 200, patience_s: float = 60.0
    ) -> None:
        if max_in_flight < 1:
            raise ValueError("max_in_flight must be at least 1")
        self._address = address
        self._client_id = client_id
        self._max_in_flight = max_in_flight
        self._patience_s = patience_s
        self._client: Client | None = None
        self._changed = threading.Condition()
        self._in_flight = 0
        self._refused = 0

    def connect(self, timeout_s: float = 10.0) -> None:
        """Be connected: by MQTT 5 where the broker speaks it, else by 3.1.1.

        A broker that is not there yet is tried again until the time is over.

        Raises:
            BrokerUnavailable: It did not answer in time, or it refused us.
        """
        deadline = time.monotonic() + timeout_s
        while (failure := self._connect_once(deadline)) is not None:
            if failure.fault is _Fault.REFUSED or time.monotonic() + _RETRY_S >= deadline:
                raise BrokerUnavailable(f"the MQTT broker at {self._place} {failure.text}")
            time.sleep(_RETRY_S)

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a message over for delivery; blocks while too many wait for the broker's acknowledgement.

        Raises:
            BrokerUnavailable: No place became free within `patience_s`, or `connect` was never called.
        """
        if self._client is None:
            raise BrokerUnavailable("publish was called without a connection to an MQTT broker")
        with self._changed:
            if not self._changed.wait_for(lambda: self._in_flight < self._max_in_flight, self._patience_s):
                raise BrokerUnavailable(
                    f"the MQTT broker at {self._place} acknowledged nothing for {self._patience_s:g} s"
                )
            self._in_flight += 1
        self._client.publish(topic, payload, qos=1)

    def drain(self, timeout_s: float) -> int:
        """Wait for the outstanding acknowledgements; return how many messages the broker did not take."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight == 0, timeout_s)
            return self._in_flight + self._refused

    def close(self) -> None:
        """Leave the broker at once, without waiting for acknowledgements. Calling it twice is harmless."""
        client, self._client = self._client, None
        if client is not None:
            _leave(client)

    @property
    def protocol(self) -> str:
        """The protocol in use, `MQTT 5` or `MQTT 3.1.1`; "" before `connect`."""
        if self._client is None:
            return ""
        return "MQTT 5" if self._client.protocol == MQTTProtocolVersion.MQTTv5 else "MQTT 3.1.1"

    @property
    def _place(self) -> str:
        return f"{self._address.host}:{self._address.port}"

    def _connect_once(self, deadline: float) -> _Failure | None:
        failure: _Failure | None = None
        for version in _VERSIONS if self._address.mqtt5 else _VERSIONS[-1:]:
            failure = self._attempt(version, deadline)
            if failure is None or failure.fault is not _Fault.TOO_OLD:
                return failure
        return failure

    def _attempt(self, version: MQTTProtocolVersion, deadline: float) -> _Failure | None:
        """Try one protocol; on success `self._client` is connected, otherwise nothing is left behind."""
        client = self._new_client(version)
        greeting = _Greeting(client)
        client.connect_timeout = max(deadline - time.monotonic(), 0.1)
        try:
            client.connect(self._address.host, self._address.port, keepalive=_KEEPALIVE_S)
        except (OSError, ValueError) as error:
            return _Failure(_Fault.UNREACHABLE, f"cannot be reached: {error}; is it running?")
        client.loop_start()
        failure = greeting.wait(max(deadline - time.monotonic(), 0.1))
        if failure is not None:
            _leave(client)
            return failure
        client.on_publish = lambda _client, _data, _mid, reason, _properties: self._settle(reason)
        client.on_connect = lambda _client, _data, _flags, reason, _properties: self._tell_return(reason)
        client.on_disconnect = lambda _client, _data, _flags, reason, _properties: self._tell_loss(reason)
        self._client = client
        return None

    def _new_client(self, version: MQTTProtocolVersion) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=self._client_id, protocol=version)
        client.suppress_exceptions = True  # an exception in a callback would end paho's network thread
        client.enable_logger(_LOG)
        client.reconnect_delay_set(min_delay=1, max_delay=5)
        if self._address.username:
            client.username_pw_set(self._address.username, self._address.password or None)
        if self._address.tls:
            client.tls_set()
        return client

    def _settle(self, reason: ReasonCode) -> None:
        with self._changed:
            self._in_flight -= 1
            self._refused += reason.is_failure
            self._changed.notify_all()

    def _tell_return(self, reason: ReasonCode) -> None:
        if not reason.is_failure:
            _LOG.info("the MQTT broker at %s is back", self._place)

    def _tell_loss(self, reason: ReasonCode) -> None:
        if reason.is_failure:
            _LOG.warning("the MQTT broker at %s went away; trying to come back", self._place)


class _Greeting:
    """Hears the broker's answer to the first CONNECT of a client."""

    def __init__(self, client: Client) -> None:
        self._heard = threading.Event()
        self._failure: _Failure | None = None
        client.on_connect = lambda _client, _data, _flags, reason, _properties: self._hear(reason)
        client.on_disconnect = lambda _client, _data, _flags, reason, _properties: self._hear_nothing(reason)

    def wait(self, timeout_s: float) -> _Failure | None:
        if not self._heard.wait(timeout_s):
            return _Failure(_Fault.REFUSED, "does not answer; is another program on that port?")
        return self._failure

    def _hear(self, reason: ReasonCode) -> None:
        if reason.is_failure and not self._heard.is_set():
            too_old = reason.getName() == _UNSUPPORTED_VERSION
            fault = _Fault.TOO_OLD if too_old else _Fault.REFUSED
            self._failure = _Failure(fault, f"refuses the connection: {reason}")
        self._heard.set()

    def _hear_nothing(self, reason: ReasonCode) -> None:
        if not self._heard.is_set():
            # A broker that knows only an older protocol may close without a word (MQTT 3.1.1, 3.1.2.2).
            self._failure = _Failure(_Fault.TOO_OLD, f"closes the connection: {reason}")
            self._heard.set()


def _leave(client: Client) -> None:
    client.disconnect()
    client.loop_stop()
