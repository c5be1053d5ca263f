"""When something was measured: the many ways of writing a time, and which of them can be believed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.formats.sample import Unusable
from storage.clock import EPOCH

# A number this large is milliseconds: as seconds it would lie after the year 5138.
_MILLISECONDS_FROM = 1e11
_OLDEST_BELIEVABLE = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCK_TOLERANCE = timedelta(minutes=10)
# Unix time as text: ten digits at least, so that the date 20260301 is not taken for it.
_UNIX_TEXT = re.compile(r"\d{10,13}(?:\.\d{1,9})?", re.ASCII)
_LONGEST_TIME = 64


def believable(time: object, zone: ZoneInfo | None, received_at: datetime) -> datetime:
    """Return the instant that a message tells.

    Args:
        time: ISO 8601 text, Unix seconds or milliseconds as number or text, or an aware datetime.
        zone: What a clock without a zone shows; None when such a clock tells nothing.
        received_at: When the message came; aware.

    Raises:
        Unusable: It is no time, or lies before 2000 or more than ten minutes after `received_at`: the clock
            is wrong by about `skew_s`, and a value is never moved to another time in silence.
    """
    at = instant(time, zone)
    if at < _OLDEST_BELIEVABLE:
        reason = "the time is before the year 2000: set the device's clock"
        raise Unusable(reason, skew_s=(at - received_at).total_seconds())
    if at > received_at + _CLOCK_TOLERANCE:
        reason = "the time is more than ten minutes in the future: set the device's clock"
        raise Unusable(reason, skew_s=(at - received_at).total_seconds())
    return at


def instant(time: object, zone: ZoneInfo | None) -> datetime:
    """Return a time in UTC, however unbelievable.

    Raises:
        Unusable: It is no time, or has no zone and none is given.
    """
    if isinstance(time, str):
        return _from_text(time, zone)
    if isinstance(time, datetime):
        return time
    if isinstance(time, bool) or not isinstance(time, int | float):
        raise Unusable("the time is neither ISO 8601 text nor a number of seconds or milliseconds")
    try:
        seconds = time / 1000 if abs(time) >= _MILLISECONDS_FROM else time
        return EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise Unusable("the time is a number outside any calendar") from None


def _from_text(text: str, zone: ZoneInfo | None) -> datetime:
    if _UNIX_TEXT.fullmatch(text):
        return instant(float(text), zone)
    try:
        at = datetime.fromisoformat(text[:_LONGEST_TIME])
    except ValueError:
        raise Unusable("the time is not ISO 8601, like 2026-01-31T07:00:00+07:00") from None
    if at.tzinfo is None:
        if zone is None:
            raise Unusable("the time has no time zone: write it like 2026-01-31T07:00:00+07:00")
        at = at.replace(tzinfo=zone)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Unusable("the time is outside any calendar") from None
