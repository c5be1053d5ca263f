"""Messages without a form of their own: any JSON object, one bare value, Home Assistant's states."""

from __future__ import annotations

from datetime import datetime

import orjson

from ingest.formats.sample import Decoded, Sample, Unusable, limited, parsed
from ingest.outcomes import Ignored, Rejection

_LONGEST_VALUE = 64


def decode_json(payload: bytes, _topic: str, _received_at: datetime) -> Decoded:
    """Return a JSON object, or each one of a list, as it is; the source says where device and time stand.

    Raises:
        Unusable: It is something else.
    """
    message = parsed(payload)
    if isinstance(message, list):
        return [_element(item) for item in limited(message)]
    return [_object(message)]


def decode_scalar(payload: bytes, _topic: str, _received_at: datetime) -> Decoded:
    """Return a payload that is one value, like `23.4` or `"30.11 °C"`, under the name `value`.

    Raises:
        Unusable: It is something else.
    """
    try:
        told = payload.decode()
    except UnicodeDecodeError:
        raise Unusable("the payload is not text in UTF-8") from None
    if told[:1] == '"':
        told = _unquoted(told)
    if len(told) > _LONGEST_VALUE or told[:1] in ("{", "["):
        raise Unusable("the payload is not one value")
    return [Sample(values={"value": told.strip()})]


def decode_home_assistant(payload: bytes, topic: str, received_at: datetime) -> Decoded:
    """Return a state that is a JSON object, or one value under the name `value`.

    Raises:
        Unusable: It is neither.
    """
    if topic.endswith("/config"):
        return Ignored(reason="Home Assistant's discovery is no measurement")
    if topic.endswith(("/availability", "/status")):
        return Ignored(reason="Home Assistant's availability is no measurement")
    if not payload:
        return Ignored(reason="an empty payload only clears a retained message")
    if payload.lstrip()[:1] in (b"{", b"["):
        return decode_json(payload, topic, received_at)
    return decode_scalar(payload, topic, received_at)


def _element(item: object) -> Sample | Rejection:
    try:
        return _object(item)
    except Unusable as unusable:
        return Rejection(device_id=None, reason=str(unusable))


def _object(item: object) -> Sample:
    if not isinstance(item, dict):
        raise Unusable("the payload is not a JSON object")
    return Sample(values=item, message=item)


def _unquoted(told: str) -> str:
    try:
        value = orjson.loads(told)
    except ValueError:
        return told
    return value if isinstance(value, str) else told
