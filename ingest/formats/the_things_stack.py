"""Uplinks of The Things Stack v3 as its MQTT integration publishes them.

Fields that are empty, 0 or false are left out of its JSON: no `f_cnt` means 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.formats.sample import Decoded, Sample, Unusable, count, parsed_object, part, text
from ingest.outcomes import Ignored

_OTHER_MESSAGES = (
    "join_accept",
    "downlink_ack",
    "downlink_nack",
    "downlink_queued",
    "downlink_queue_invalidated",
    "downlink_sent",
    "downlink_failed",
    "location_solved",
    "service_data",
    "uplink_normalized",
)
_NO_TIME = "0001-01-01T00:00:00Z"


def decode(payload: bytes, _topic: str, _received_at: datetime) -> Decoded:
    """Return what the payload formatter made of an uplink.

    Raises:
        Unusable: It is no message of The Things Stack, or an uplink that nobody has decoded.
    """
    message = parsed_object(payload)
    uplink = message.get("uplink_message")
    if not isinstance(uplink, dict):
        other = next((name for name in _OTHER_MESSAGES if name in message), None)
        if other is None:
            raise Unusable("the payload holds no uplink_message of The Things Stack")
        return Ignored(reason=f"The Things Stack's {other} is no measurement")
    if message.get("simulated") is True:
        return Ignored(reason="an uplink that The Things Stack's console simulated is no measurement")
    values = uplink.get("decoded_payload")
    if not isinstance(values, dict):
        if not uplink.get("frm_payload"):
            return Ignored(reason="an uplink without a payload is no measurement")
        raise Unusable(
            "uplink_message.decoded_payload is missing: set a payload formatter for the device",
            device=_device(message),
        )
    return [_sample(message, uplink, values)]


def _sample(message: Mapping[str, Any], uplink: Mapping[str, Any], values: Mapping[str, Any]) -> Sample:
    sequence = count(uplink, "f_cnt")
    session = text(uplink, "session_key_id")
    eui = text(part(message, "end_device_ids"), "dev_eui")
    # Without the session the counter starts again at 0 one day, and new readings would look like repetitions.
    known = bool(eui and session and sequence is not None)
    time, time_name = _time(message, uplink)
    return Sample(
        values=values,
        time=time,
        time_name=time_name,
        device=_device(message),
        identity=f"{eui} {session} {sequence}" if known else "",
        sequence=sequence,
        message=message,
    )


def _device(message: Mapping[str, Any]) -> str:
    ids = part(message, "end_device_ids")
    return text(ids, "device_id") or text(ids, "dev_eui")


def _time(message: Mapping[str, Any], uplink: Mapping[str, Any]) -> tuple[object, str]:
    """Prefer the Network Server's time: nearest the event, and not a gateway's own clock."""
    for holder, name in ((uplink, "uplink_message.received_at"), (message, "received_at")):
        time = holder.get("received_at")
        if time is not None and time != _NO_TIME:
            return time, name
    return None, ""
