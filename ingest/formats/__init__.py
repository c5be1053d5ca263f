"""Formats: one module for each way in which hardware and networks write their messages down.

A decoder says what a message holds, in its own words. It does not decide which device or metric is meant, nor
whether a clock or a number can be believed: `ingest.decoding` does, with what the source says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ingest.formats import (
    chirpstack,
    native,
    plain,
    senml,
    sensor_community,
    tasmota,
    the_things_stack,
    thingsboard,
    zigbee2mqtt,
)
from ingest.formats.sample import Decoder


class Format(StrEnum):
    """A way of writing messages down, as a source names it."""

    NATIVE = "native"
    SENML = "senml"
    THE_THINGS_STACK = "tts"
    CHIRPSTACK = "chirpstack"
    TASMOTA = "tasmota"
    ZIGBEE2MQTT = "zigbee2mqtt"
    THINGSBOARD = "thingsboard"
    SENSOR_COMMUNITY = "sensor_community"
    HOME_ASSISTANT = "home_assistant"
    JSON = "json"
    SCALAR = "scalar"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatFacts:
    """What a source needs to know about a format.

    Attributes:
        decode: What a message holds.
        names_devices: Whether its messages say who speaks.
    """

    decode: Decoder
    names_devices: bool = False


FORMATS: Mapping[Format, FormatFacts] = {
    Format.NATIVE: FormatFacts(decode=native.decode),
    Format.SENML: FormatFacts(decode=senml.decode, names_devices=True),
    Format.THE_THINGS_STACK: FormatFacts(decode=the_things_stack.decode, names_devices=True),
    Format.CHIRPSTACK: FormatFacts(decode=chirpstack.decode, names_devices=True),
    Format.TASMOTA: FormatFacts(decode=tasmota.decode),
    Format.ZIGBEE2MQTT: FormatFacts(decode=zigbee2mqtt.decode),
    Format.THINGSBOARD: FormatFacts(decode=thingsboard.decode, names_devices=True),
    Format.SENSOR_COMMUNITY: FormatFacts(decode=sensor_community.decode, names_devices=True),
    Format.HOME_ASSISTANT: FormatFacts(decode=plain.decode_home_assistant),
    Format.JSON: FormatFacts(decode=plain.decode_json),
    Format.SCALAR: FormatFacts(decode=plain.decode_scalar),
}
