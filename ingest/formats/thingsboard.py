"""ThingsBoard's telemetry: of one device, or of a gateway that speaks for several."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ingest.formats.sample import Decoded, Sample, Unusable, limited, parsed
from ingest.outcomes import Ignored, Rejection

_OTHER_TOPICS = ("attributes", "connect", "disconnect", "claim", "rpc", "provision", "firmware", "software")
_FORM = "the payload is not ThingsBoard telemetry"


def decode(payload: bytes, topic: str, _received_at: datetime) -> Decoded:
    """Return the moments of a telemetry message.

    A device sends `{"key": value}`, `{"ts": ms, "values": {...}}` or a list of either; a gateway, which has
    `gateway` in its topic, sends `{"<device>": [...]}`.

    Raises:
        Unusable: The message has another form.
    """
    levels = topic.split("/")
    other = next((level for level in levels[2:] if level in _OTHER_TOPICS), None)
    if other is not None:
        return Ignored(reason=f"ThingsBoard's {other} is no measurement")
    message = parsed(payload)
    if "gateway" in levels:
        return _of_gateway(message)
    return _of_device("", message)


def _of_gateway(message: object) -> list[Sample | Rejection]:
    if not isinstance(message, dict) or not message:
        raise Unusable(f'{_FORM} of a gateway, like {{"name": [...]}}')
    items = [(device, item) for device, moments in message.items() for item in _moments(device, moments)]
    return [_element(device, item) for device, item in limited(items)]


def _of_device(device: str, message: object) -> list[Sample | Rejection]:
    return [_element(device, item) for item in limited(_moments(device, message))]


def _moments(device: str, told: object) -> list[Any]:
    if isinstance(told, list):
        return told
    if isinstance(told, dict) and not device:
        return [told]
    raise Unusable(_FORM)


def _element(device: str, item: object) -> Sample | Rejection:
    if not isinstance(item, dict):
        return Rejection(device_id=None, reason=_FORM)
    values = item.get("values")
    if "ts" in item and isinstance(values, dict):
        return Sample(device=device, values=values, time=item["ts"], time_name="ts", message=item)
    return Sample(device=device, values=item, message=item)
