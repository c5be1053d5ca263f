"""Lengths of time as people write them: `90s`, `5m`, `1h30m`, `2d`."""

from __future__ import annotations

import re
from datetime import timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> timedelta:
    """Return a length of time written as `90s`, `5m`, `1h30m` or `2d`.

    Raises:
        ValueError: The text is not a sequence of numbers with the units ms, s, m, h or d, or is too long
            a time to be meant.
    """
    if not re.fullmatch(f"(?:{_PART.pattern})+", text):
        raise ValueError(f"'{text}' is not a duration; write for example 30s, 5m or 1h30m")
    try:
        return timedelta(seconds=sum(float(n) * _SECONDS[unit] for n, unit in _PART.findall(text)))
    except OverflowError:
        raise ValueError(f"'{text}' is longer than a million years") from None
