"""From topic and payload to a measurement, or to the reason why not."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.topics import parse_telemetry_topic
from storage.clock import EPOCH

# A number this large is milliseconds: as seconds it would lie after the year 5138.
_MILLISECONDS_FROM = 1e11
_OLDEST_BELIEVABLE = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCK_TOLERANCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a message says: a device, a moment and its values. Nobody has checked yet who that device is."""

    device_id: str
    observed_at: datetime
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a message could not become a reading.

    Attributes:
        device_id: Who sent it, None when the topic does not tell.
        reason: One sentence that says what to do; the same fault gives the same sentence.
    """

    device_id: str | None
    reason: str


class _Unusable(Exception):  # noqa: N818 - never leaves this module
    """Carries the reason out of the depth of a payload."""


def decode(topic: str, payload: bytes, received_at: datetime) -> Measurement | Rejection:
    """Return what a native message says.

    Args:
        topic: `pantau/v1/<device_id>/telemetry`.
        payload: JSON `{"ts": ..., "values": {metric: number}}`, where `ts` is ISO 8601 with a zone, Unix
            seconds or Unix milliseconds.
        received_at: When it came; a clock more than ten minutes ahead of it is not believed.
    """
    device_id = parse_telemetry_topic(topic)
    if device_id is None:
        return Rejection(device_id=None, reason="the topic is not pantau/v1/<device_id>/telemetry")
    try:
        message = _parsed(payload)
        return Measurement(
            device_id=device_id,
            observed_at=_observed_at(message.get("ts"), received_at),
            values=_values(message.get("values")),
        )
    except _Unusable as unusable:
        return Rejection(device_id=device_id, reason=str(unusable))


def _parsed(payload: bytes) -> Mapping[str, Any]:
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        raise _Unusable("the payload is not JSON in UTF-8") from None
    if not isinstance(message, dict) or not {"ts", "values"} <= message.keys():
        raise _Unusable('the payload is not {"ts": ..., "values": {...}}')
    return message


def _observed_at(ts: object, received_at: datetime) -> datetime:
    observed_at = _instant(ts)
    if observed_at < _OLDEST_BELIEVABLE:
        raise _Unusable("ts is before the year 2000: set the device's clock")
    if observed_at > received_at + _CLOCK_TOLERANCE:
        raise _Unusable("ts is more than ten minutes in the future: set the device's clock")
    return observed_at


def _instant(ts: object) -> datetime:
    if isinstance(ts, str):
        return _from_iso(ts)
    if isinstance(ts, bool) or not isinstance(ts, int | float):
        raise _Unusable("ts is neither ISO 8601 text nor a number of seconds or milliseconds")
    try:
        seconds = ts / 1000 if abs(ts) >= _MILLISECONDS_FROM else ts
        return EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise _Unusable("ts is a number outside any calendar") from None


def _from_iso(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _Unusable("ts is not ISO 8601, like 2026-01-31T07:00:00+07:00") from None
    if at.tzinfo is None:
        raise _Unusable("ts has no time zone: write it like 2026-01-31T07:00:00+07:00")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise _Unusable("ts is a time outside any calendar") from None


def _values(values: object) -> dict[str, float]:
    if not isinstance(values, dict) or not values:
        raise _Unusable("values is not a mapping of at least one metric to a number")
    numbers = {}
    for metric, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _Unusable(f"the value of {metric[:40]} is not a number")
        try:
            numbers[metric] = float(value)
        except OverflowError:
            numbers[metric] = math.inf
        if not math.isfinite(numbers[metric]):
            raise _Unusable(f"the value of {metric[:40]} is not a finite number")
    return numbers
