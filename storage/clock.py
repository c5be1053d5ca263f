"""Instants as whole microseconds since 1970 in UTC: the form in which every store keeps time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(at: datetime) -> int:
    """Return an aware instant as microseconds since the epoch, exactly."""
    return (at - EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Return the aware UTC instant of that many microseconds since the epoch, exactly."""
    return EPOCH + microseconds * _MICROSECOND
