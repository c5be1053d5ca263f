"""Pantau's own form: `{"ts": ..., "values": {...}}`, a list of them, or many moments in columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ingest.formats.sample import Decoded, Sample, Unusable, limited, parsed
from ingest.outcomes import Rejection

_FORM = 'the payload is not {"ts": ..., "values": {...}}'


def decode(payload: bytes, _topic: str, _received_at: datetime) -> Decoded:
    """Return the moments that a native message tells.

    Args:
        payload: One object; or a list of objects; or one object whose `ts` is a list of times and whose
            values are lists as long as it, with null where a metric has no value.

    Raises:
        Unusable: The message has another form.
    """
    message = parsed(payload)
    if isinstance(message, list):
        return [_element(item) for item in limited(message)]
    if not isinstance(message, dict) or "ts" not in message or "values" not in message:
        raise Unusable(_FORM)
    if isinstance(message["ts"], list):
        return _columns(message["ts"], message["values"])
    return [_sample(message["values"], message["ts"])]


def _element(item: object) -> Sample | Rejection:
    if not isinstance(item, dict) or "ts" not in item or "values" not in item:
        return Rejection(device_id=None, reason=_FORM)
    try:
        return _sample(item["values"], item["ts"])
    except Unusable as unusable:
        return Rejection(device_id=None, reason=str(unusable))


def _columns(times: list[Any], values: object) -> Decoded:
    if not isinstance(values, dict) or not values:
        raise Unusable("values is not a mapping of at least one metric to a list of numbers")
    for metric, column in values.items():
        if not isinstance(column, list) or len(column) != len(times):
            raise Unusable(f"the values of {metric[:40]} are not a list as long as ts")
    rows = [
        {metric: column[i] for metric, column in values.items() if column[i] is not None}
        for i in range(len(limited(times)))
    ]
    return [_element({"ts": time, "values": row}) for time, row in zip(times, rows, strict=True)]


def _sample(values: Any, time: object) -> Sample:  # noqa: ANN401 - whatever JSON holds
    if time is None:
        raise Unusable("ts is null: the time is neither ISO 8601 text nor a number")
    return Sample(values=values, time=time, time_name="ts")
