"""A sender that costs next to nothing, so that it can feed the broker without being what is measured.

It writes MQTT 3.1.1 packets straight into a socket, since a client library would take more of the machine's
two or three cores than the broker does. For measuring only: it knows one good day and no trouble.

Source:
    OASIS MQTT 3.1.1, sections 3.1 to 3.4.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterable

_CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04feed"
_CONNACK_BYTES = 4
_PUBACK_BYTES = 4
_PUBLISH_QOS_1 = 0x32
_LAST_ID = 65_535
# Fewer than mosquitto takes from one client before it waits for nothing: acknowledgements come at once.
_WINDOW = 10_000


class Feeder:
    """Publishes with QoS 1 and waits for every acknowledgement; used by one thread.

    Args:
        port: The broker's port on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(_CONNECT)
        if self._socket.recv(_CONNACK_BYTES)[-1:] != b"\x00":
            raise RuntimeError("the broker does not take the feeder")
        self._sent = 0
        self._acknowledged = 0
        self._progress = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def publish(self, publications: Iterable[tuple[bytes, bytes]]) -> None:
        """Send topics and payloads; when this returns, the broker has all of them."""
        packets = bytearray()
        for topic, payload in publications:
            packets += _publish_packet(topic, payload, self._sent % _LAST_ID + 1)
            self._sent += 1
            if len(packets) > 1 << 16:
                self._hand_over(packets)
                packets = bytearray()
        self._hand_over(packets)
        self._wait(within=0)

    def close(self) -> None:
        """Go away."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self._socket.close()

    def _hand_over(self, packets: bytearray) -> None:
        self._wait(within=_WINDOW)
        self._socket.sendall(packets)

    def _wait(self, *, within: int) -> None:
        with self._progress:
            if not self._progress.wait_for(lambda: self._sent - self._acknowledged <= within, timeout=120):
                raise RuntimeError("the broker stopped acknowledging what the feeder sends")

    def _listen(self) -> None:
        received = 0
        while data := self._socket.recv(1 << 16):
            received += len(data)
            with self._progress:
                self._acknowledged = received // _PUBACK_BYTES
                self._progress.notify()


def _publish_packet(topic: bytes, payload: bytes, packet_id: int) -> bytes:
    body = struct.pack(f"!H{len(topic)}sH", len(topic), topic, packet_id) + payload
    return bytes((_PUBLISH_QOS_1, *_length(len(body)))) + body


def _length(number: int) -> list[int]:
    groups = []
    while True:
        number, group = divmod(number, 128)
        groups.append(group | (0x80 if number else 0))
        if not number:
            return groups
