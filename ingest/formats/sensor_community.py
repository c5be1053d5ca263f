"""What an airRohr sensor of sensor.community sends: names and values, all of them text, and no time.

It speaks HTTP; a bridge puts the same body on MQTT.
"""

from __future__ import annotations

from datetime import datetime

from ingest.formats.sample import Decoded, Sample, Unusable, parsed_object, text


def decode(payload: bytes, _topic: str, _received_at: datetime) -> Decoded:
    """Return the values by their type; the device is called `esp8266-<id>` as in its own HTTP header.

    Raises:
        Unusable: The message has another form.
    """
    message = parsed_object(payload)
    told = message.get("sensordatavalues")
    if not isinstance(told, list):
        raise Unusable("the payload holds no sensordatavalues")
    values = {
        item["value_type"]: item.get("value")
        for item in told
        if isinstance(item, dict) and isinstance(item.get("value_type"), str)
    }
    chip = text(message, "esp8266id")
    return [Sample(values=values, device=f"esp8266-{chip}" if chip else "", message=message)]
