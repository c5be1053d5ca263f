"""The native topic grammar: one place renders it and parses it."""

from __future__ import annotations

import re

_PREFIX = "pantau/v1"
ID_RULE = "use 1 to 64 letters, digits and _ . -, and begin with a letter or digit"
_DEVICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")

# Names with a meaning of their own on the broker: Pantau, who only reads alarms, and the branch of alarms.
RESERVED_IDS = frozenset({"pantau", "sign", "alarms"})

TELEMETRY_FILTER = f"{_PREFIX}/+/telemetry"


def is_device_id(text: str) -> bool:
    """Tell whether a text can name a device or a site; `ID_RULE` says how it must look."""
    return _DEVICE_ID.fullmatch(text) is not None


def telemetry_topic(device_id: str) -> str:
    """Return the topic on which a device publishes its readings.

    Raises:
        ValueError: The text cannot name a device.
    """
    if not is_device_id(device_id):
        raise ValueError(f"'{device_id}' is not a device id: {ID_RULE}")
    return f"{_PREFIX}/{device_id}/telemetry"


def parse_telemetry_topic(topic: str) -> str | None:
    """Return the device id that a telemetry topic names, or None when it is another topic."""
    if not topic.startswith(f"{_PREFIX}/") or not topic.endswith("/telemetry"):
        return None
    device_id = topic[len(_PREFIX) + 1 : -len("/telemetry")]
    return device_id if is_device_id(device_id) else None
