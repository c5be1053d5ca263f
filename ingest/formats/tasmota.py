"""Tasmota's telemetry: `tele/<topic>/SENSOR`, whose clock shows the device's local time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.formats.sample import Decoded, Sample, parsed_object, text
from ingest.outcomes import Ignored

# One unit stands at the end of the message for all sensors in it.
_UNITS = {
    "TempUnit": ("Temperature", "DewPoint"),
    "PressureUnit": ("Pressure", "SeaPressure"),
    "SpeedUnit": ("Speed", "WindSpeed"),
}


def decode(payload: bytes, topic: str, _received_at: datetime) -> Decoded:
    """Return the sensors of a SENSOR message; `Epoch` is its time where `SetOption` asks for one.

    Raises:
        Unusable: It is not JSON.
    """
    suffix = topic.rpartition("/")[2]
    if suffix == "LWT":
        return Ignored(reason="Tasmota's LWT is no measurement")
    message = parsed_object(payload)
    if suffix != "SENSOR":
        return Ignored(reason=f"Tasmota's {suffix[:40]} is no measurement")
    time_name = "Epoch" if isinstance(message.get("Epoch"), int) else "Time"
    return [
        Sample(
            values=message,
            time=message.get(time_name),
            time_name=time_name,
            units=_units(message),
            message=message,
        )
    ]


def _units(message: Mapping[str, Any]) -> dict[str, str]:
    return {name: text(message, key) for key, names in _UNITS.items() if text(message, key) for name in names}
