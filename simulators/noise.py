"""Repeatable noise: a function of seed, name and time, so that no history has to be kept."""

from __future__ import annotations

import hashlib
import math

_SCALE = 2.0**64


def steady(seed: int, name: str) -> float:
    """Return a number in [0, 1) that always belongs to this seed and name."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / _SCALE


def wander(seed: int, name: str, time_s: float, *, period_s: float) -> float:
    """Return smooth noise in [-1, 1] that turns about once every `period_s`.

    Args:
        seed: Of the whole city.
        name: Whose noise it is; different names wander independently.
        time_s: Seconds since the epoch.
        period_s: Time after which the value has forgotten where it was, > 0.
    """
    step = math.floor(time_s / period_s)
    share = time_s / period_s - step
    before, after = steady(seed, f"{name}@{step}"), steady(seed, f"{name}@{step + 1}")
    eased = share * share * (3 - 2 * share)
    return 2 * (before + (after - before) * eased) - 1
