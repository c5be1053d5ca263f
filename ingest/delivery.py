"""A message as the broker handed it over, before anybody knows what it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message from the broker, not yet acknowledged.

    Attributes:
        topic: Where it was published; "" when the bytes on the wire were not UTF-8.
        payload: Its bytes as they came.
        received_at: When Pantau took it; aware UTC.
        message_id: The broker's number for it, 0 at QoS 0.
        connection: Number of the connection it came by: only that connection may acknowledge it, since a
            later one reuses the numbers.
        is_retained: Whether the broker kept it from some time ago: no news, unless it tells its own time.
    """

    topic: str
    payload: bytes
    received_at: datetime
    message_id: int
    connection: int
    is_retained: bool = False
