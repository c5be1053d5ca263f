"""Readings as InfluxDB line protocol: measurement = kind, tags = device and site, fields = metrics and flags.

Every metric is written with its flag, good ones too: InfluxDB unites the fields of one identity, so a flag
left out would let an earlier, worse one stand. A column of equal integers costs next to nothing on disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from storage.clock import to_us
from storage.readings import Flag, Reading

DEVICE_TAG = "device"
SITE_TAG = "site"
RECEIVED_FIELD = "received_at_us"
FLAG_SUFFIX = "_flag"
_NAMES_KEPT = 16_384
RESERVED_NAMES = frozenset({DEVICE_TAG, SITE_TAG, RECEIVED_FIELD, "time"})

_IN_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ "})
_IN_KEY_OR_TAG = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\="})


def line(reading: Reading) -> str:
    """Return a reading as one line without its line end, the time in microseconds.

    Raises:
        ValueError: A name that line protocol cannot carry, or that Pantau's own columns have.
    """
    values, flags = reading.values, reading.flags
    fields = [f"{_metric_key(name)}={float(values[name])!r}" for name in sorted(values)]
    metrics = sorted(values.keys() | flags.keys())
    fields += [f"{_metric_key(name)}{FLAG_SUFFIX}={flags.get(name, Flag.GOOD):d}i" for name in metrics]
    fields.append(f"{RECEIVED_FIELD}={to_us(reading.received_at)}i")
    tags = f"{DEVICE_TAG}={_tag(reading.device_id)},{SITE_TAG}={_tag(reading.site_id)}"
    return f"{_measurement(reading.kind)},{tags} {','.join(fields)} {to_us(reading.observed_at)}"


def body(lines: Iterable[str]) -> bytes:
    """Return lines as the body of one write request."""
    return "\n".join(lines).encode()


def is_reserved(metric: str) -> bool:
    """Tell whether a metric's name would collide with the columns that Pantau writes itself."""
    return metric in RESERVED_NAMES or metric.endswith(FLAG_SUFFIX)


# A city says the same few thousand names again and again; each is checked and escaped once.
@lru_cache(maxsize=_NAMES_KEPT)
def _measurement(kind: str) -> str:
    if kind.startswith("#"):
        raise ValueError(f"the kind {kind!r} begins with #, which line protocol takes for a comment")
    return _portable(kind).translate(_IN_MEASUREMENT)


@lru_cache(maxsize=_NAMES_KEPT)
def _metric_key(metric: str) -> str:
    if is_reserved(metric):
        raise ValueError(f"a metric cannot be called {metric!r}: Pantau has a column of that name itself")
    return _tag(metric)


@lru_cache(maxsize=_NAMES_KEPT)
def _tag(text: str) -> str:
    return _portable(text).translate(_IN_KEY_OR_TAG)


def _portable(text: str) -> str:
    # Line protocol has no way to write a line break, nor a backslash before a character that it escapes.
    if not text or not text.isprintable() or "\\" in text:
        raise ValueError(f"line protocol cannot carry the name {text!r}")
    return text
