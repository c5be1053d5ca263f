"""What a device of ours sends, and what it sends through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol


def encode(observed_at: datetime, values: Mapping[str, float]) -> bytes:
    """Return the native payload of one reading; the time is told in UTC to the microsecond."""
    return json.dumps({"ts": observed_at.astimezone(UTC).isoformat(), "values": dict(values)}).encode()


class Sends(Protocol):
    """Takes messages for the broker; `simulators.publisher.Publisher` is one. Called from one thread."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Take one message, in order; may block while the broker is busy or away."""
