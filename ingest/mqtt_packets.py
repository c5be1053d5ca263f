"""Two kinds of MQTT packets as bytes: the PUBLISH that comes, and the PUBACKs that go. Pure functions.

paho reads and writes these one at a time, with a property table and a system call for each; at thousands of
messages a second that is most of what ingest does (`docs/benchmarks.md`).

Source:
    OASIS MQTT 5.0 and MQTT 3.1.1, sections 3.3 and 3.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

_PUBACK = 0x40
_RETAIN = 0x01
_PUBACK_PACKET = struct.Struct("!BBH")


@dataclass(frozen=True, slots=True)
class Publication:
    """What a PUBLISH packet says.

    Attributes:
        topic: Where it was published; "" when the bytes on the wire were not UTF-8.
        payload: Its bytes.
        message_id: The broker's number for it, 0 at QoS 0.
        is_retained: Whether the broker kept it from some time ago.
    """

    topic: str
    payload: bytes
    message_id: int
    is_retained: bool


def quality_of_service(first_byte: int) -> int:
    """Return the QoS that the first byte of a PUBLISH packet tells, 0 to 3."""
    return (first_byte >> 1) & 3


def publication(first_byte: int, rest: bytes | bytearray, *, has_properties: bool) -> Publication:
    """Return what a PUBLISH packet says.

    Args:
        first_byte: Type and flags.
        rest: Everything after the remaining length.
        has_properties: Whether it is MQTT 5; the properties are skipped.

    Raises:
        ValueError: The packet ends before it should.
    """
    topic_end = 2 + int.from_bytes(rest[:2])
    begin = topic_end + (2 if quality_of_service(first_byte) else 0)
    message_id = int.from_bytes(rest[topic_end:begin])
    if has_properties:
        begin = _after_properties(rest, begin)
    if begin > len(rest):
        raise ValueError("a PUBLISH packet ends before its payload begins")
    is_retained = bool(first_byte & _RETAIN)
    return Publication(_text(rest[2:topic_end]), bytes(rest[begin:]), message_id, is_retained)


def acknowledgements(message_ids: Iterable[int]) -> bytes:
    """Return a PUBACK packet for each message, one after the other, that say success."""
    return b"".join(_PUBACK_PACKET.pack(_PUBACK, 2, message_id) for message_id in message_ids)


def _text(utf8: bytes | bytearray) -> str:
    try:
        return utf8.decode()
    except UnicodeDecodeError:
        return ""


def _after_properties(rest: bytes | bytearray, begin: int) -> int:
    """Return where the properties end that begin there with their length, seven bits to a byte."""
    length = 0
    for place, byte in enumerate(rest[begin : begin + 4]):
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return begin + place + 1 + length
    raise ValueError("a PUBLISH packet's properties have no length")
