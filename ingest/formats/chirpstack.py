"""Events of ChirpStack v4 in JSON: `application/<id>/device/<devEui>/event/<event>`."""

from __future__ import annotations

from datetime import datetime

from ingest.formats.sample import Decoded, Sample, Unusable, count, parsed_object, part, text
from ingest.outcomes import Ignored


def decode(payload: bytes, topic: str, _received_at: datetime) -> Decoded:
    """Return what the device's codec made of an uplink.

    Raises:
        Unusable: It is no event of ChirpStack, or an uplink that nobody has decoded.
    """
    message = parsed_object(payload)
    event = topic.rpartition("/event/")[2] if "/event/" in topic else "up"
    if event != "up":
        return Ignored(reason=f"ChirpStack's event {event[:40]} is no measurement")
    device = text(part(message, "deviceInfo"), "devEui")
    values = message.get("object")
    if not isinstance(values, dict):
        if "deduplicationId" not in message and "deviceInfo" not in message:
            raise Unusable("the payload is no event of ChirpStack v4: it has no deviceInfo")
        if not message.get("data"):
            return Ignored(reason="an event without a payload is no measurement")
        raise Unusable("object is missing: set a codec in the device profile", device=device)
    return [
        Sample(
            values=values,
            time=message.get("time"),
            time_name="time",
            device=device,
            identity=text(message, "deduplicationId"),
            sequence=count(message, "fCnt"),
            message=message,
        )
    ]
