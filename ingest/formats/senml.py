"""Sensor Measurement Lists in JSON.

Source:
    RFC 8428, Sensor Measurement Lists (SenML), sections 4 and 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ingest.formats.sample import Decoded, Sample, Unusable, limited, parsed

_VERSION = 10
# RFC 8428 section 4.5.3: a time below 2**28 counts from now, a negative one lies behind it.
_ABSOLUTE_FROM = 2**28
_VALUES = ("v", "vs", "vb", "s")


@dataclass(slots=True, kw_only=True)
class _Group:
    """The records of one device and one moment, while the pack is being read."""

    values: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)


def decode(payload: bytes, _topic: str, received_at: datetime) -> Decoded:
    """Return one sample for each base name and time of a pack.

    The base name, without the mark that ends it, names the device; `n` names the value, `value` where it is
    left out. A sum `s` is called `<n>_sum`.

    Raises:
        Unusable: It is no SenML, of a later version, or holds a label that must be understood and is not.
    """
    records = parsed(payload)
    if not isinstance(records, list):
        raise Unusable("the payload is not a SenML pack: a JSON list of records")
    groups: dict[tuple[str, float], _Group] = {}
    base: dict[str, Any] = {}
    for record in limited(records):
        _require_record(record)
        base.update({label: value for label, value in record.items() if label.startswith("b")})
        if any(label in record for label in _VALUES):
            key = (_text(base, "bn"), _number(base, "bt") + _number(record, "t"))
            _add(groups.setdefault(key, _Group()), base, record)
    if not groups:
        raise Unusable("the SenML pack holds no value")
    return [_sample(*key, group, received_at) for key, group in groups.items()]


def _require_record(record: object) -> None:
    if not isinstance(record, dict):
        raise Unusable("a SenML record is not a JSON object")
    strange = next((label for label in record if label.endswith("_")), None)
    if strange is not None:
        raise Unusable(f"the SenML label {strange[:40]} must be understood and is not")
    if _number(record, "bver", _VERSION) > _VERSION:
        raise Unusable(f"the SenML pack is of a later version than {_VERSION}")


def _add(group: _Group, base: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    name = _text(record, "n") or "value"
    if "s" in record:
        group.values[f"{name}_sum"] = _number(base, "bs") + _number(record, "s")
    if "v" in record:
        group.values[name] = _number(base, "bv") + _number(record, "v")
    elif "vs" in record or "vb" in record:
        group.values[name] = record.get("vs", record.get("vb"))
    unit = _text(record, "u") or _text(base, "bu")
    if unit:
        group.units[name] = unit


def _sample(base_name: str, time_s: float, group: _Group, received_at: datetime) -> Sample:
    device = base_name.rstrip(":/.-_")
    if time_s == 0:
        return Sample(device=device, values=group.values, units=group.units)
    if time_s >= _ABSOLUTE_FROM:
        return Sample(device=device, values=group.values, units=group.units, time=time_s, time_name="bt + t")
    try:
        at: object = received_at + timedelta(seconds=time_s)
    except (OverflowError, ValueError):
        at = time_s
    return Sample(
        device=device,
        values=group.values,
        units=group.units,
        time=at,
        time_name="bt + t, counted from when it was received",
        is_relative=True,
    )


def _number(record: Mapping[str, Any], label: str, default: float = 0) -> float:
    value = record.get(label, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable(f"the SenML label {label} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise Unusable(f"the SenML label {label} is beyond all numbers") from None


def _text(record: Mapping[str, Any], label: str) -> str:
    value = record.get(label, "")
    if not isinstance(value, str):
        raise Unusable(f"the SenML label {label} is not text")
    return value
