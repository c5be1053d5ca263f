"""What can become of a message, or of a part of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a message says: a device, a moment and its values. Nobody has checked yet who that device is.

    Attributes:
        device_id: Whom the message names.
        observed_at: When it was measured; aware UTC.
        values: Metric name to finite number, in the unit of the kind's metric; not empty.
        source_identity: What its network calls this very message, the same in every repetition; "" for none.
        sequence: The device's own count of its messages, None when it does not count.
        is_dated: Whether the message itself tells the time. If not, `observed_at` is when it was received,
            and a retained or repeated message would look like news.
    """

    device_id: str
    observed_at: datetime
    values: Mapping[str, float]
    source_identity: str = ""
    sequence: int | None = None
    is_dated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a message could not become a reading.

    Attributes:
        device_id: Who sent it, None when the message does not tell.
        reason: One sentence that says what to do; the same fault gives the same sentence.
        skew_s: By how much the device's clock seems to be ahead, in seconds; below 0 for behind, None when
            the clock is not the fault.
    """

    device_id: str | None
    reason: str
    skew_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Why a message is no measurement and was never meant to be one: it is counted and forgotten."""

    reason: str


Outcome = Measurement | Rejection | Ignored
