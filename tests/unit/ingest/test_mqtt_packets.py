"""What a PUBLISH packet says is what paho reads in it, and PUBACKs are what the standard says."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.client import MQTTv5, MQTTv311
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.mqtt_packets import acknowledgements, publication

QOS_0, QOS_1, QOS_1_AGAIN_RETAINED = 0x30, 0x32, 0x3B


def packet(topic: bytes, payload: bytes, *, message_id: int | None = 7, properties: bytes = b"") -> bytes:
    number = b"" if message_id is None else struct.pack("!H", message_id)
    return struct.pack("!H", len(topic)) + topic + number + properties + payload


def long_properties() -> bytes:
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = [("note", "x" * 200)]
    properties.MessageExpiryInterval = 3600
    return properties.pack()


@given(st.text(min_size=1, max_size=40), st.binary(max_size=300), st.integers(1, 65535), st.booleans())
def test_a_publication_says_what_paho_reads_in_it(topic, payload, message_id, is_mqtt5):
    rest = packet(topic.encode(), payload, message_id=message_id, properties=b"\0" if is_mqtt5 else b"")
    theirs = decode_publish(QOS_1, rest, MQTTv5 if is_mqtt5 else MQTTv311)
    ours = publication(QOS_1, bytearray(rest), has_properties=is_mqtt5)
    assert (ours.topic.encode(), ours.payload, ours.message_id) == (theirs.topic, theirs.payload, theirs.mid)


def test_properties_longer_than_one_byte_can_tell_are_skipped():
    rest = packet(b"a/b", b"{}", properties=long_properties())
    assert publication(QOS_1, rest, has_properties=True).payload == b"{}"


def test_a_message_of_qos_0_has_no_number():
    said = publication(QOS_0, packet(b"a/b", b"1", message_id=None), has_properties=False)
    assert (said.message_id, said.payload) == (0, b"1")


def test_a_retained_message_says_so_even_when_it_is_sent_again():
    rest = packet(b"a/b", b"1")
    assert publication(QOS_1_AGAIN_RETAINED, rest, has_properties=False).is_retained
    assert not publication(QOS_1, rest, has_properties=False).is_retained


def test_a_topic_that_is_not_utf_8_is_empty_and_its_payload_is_kept():
    said = publication(QOS_1, packet(b"\xff\xfe", b"1"), has_properties=False)
    assert (said.topic, said.payload) == ("", b"1")


@given(st.binary(max_size=30), st.booleans())
def test_bytes_that_are_no_packet_are_told_as_such_and_raise_nothing_else(rest, is_mqtt5):
    try:
        publication(QOS_1, rest, has_properties=is_mqtt5)
    except ValueError:
        return


@pytest.mark.parametrize(
    "rest", [b"", b"\0", b"\0\x09abc", b"\0\x01a\0", b"\0\x01a\0\x07\x80\x80\x80\x80\x01"]
)
def test_a_packet_that_ends_too_early_is_refused(rest):
    with pytest.raises(ValueError, match="PUBLISH"):
        publication(QOS_1, rest, has_properties=True)


def test_acknowledgements_stand_one_after_the_other():
    assert acknowledgements([1, 65535]) == b"\x40\x02\x00\x01\x40\x02\xff\xff"
    assert acknowledgements([]) == b""
