"""Readings to store, and the spans and forms in which tests look at them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from storage.ports import ReadingReader
from storage.readings import Reading

T0 = datetime(2026, 1, 15, 6, 30, tzinfo=UTC)
EVER = {"start": datetime(1900, 1, 1, tzinfo=UTC), "end": datetime(2200, 1, 1, tzinfo=UTC)}


def at(seconds: float) -> datetime:
    """Return an instant some seconds after `T0`."""
    return T0 + timedelta(seconds=seconds)


def reading(level_cm: float = 100.0, **changes: Any) -> Reading:
    """Return a flood reading with these changes."""
    facts: dict[str, Any] = {
        "kind": "flood",
        "site_id": "post-1",
        "device_id": "gauge-1",
        "observed_at": T0,
        "received_at": at(2),
        "values": {"water_level_cm": level_cm},
    }
    return Reading(**{**facts, **changes})


def history(store: ReadingReader, kind: str = "flood", **limits: Any) -> list[Reading]:
    """Return all readings of a kind that a store gives back."""
    return list(store.read(kind, **{**EVER, **limits}))
