"""What every format makes of a message before a source says which device and which metrics are meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from ingest.outcomes import Ignored, Rejection

# Beyond this a message is a mistake or an attack: what it holds would be unfolded in memory many times over.
MOST_SAMPLES = 2000
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Sample(NamedTuple):
    """One moment of one device in the words of its format; nothing is converted or checked yet.

    A named tuple, because every message passes through one and it is made in a third of a data class's time.

    Attributes:
        values: Names to values as they came, nested as they came.
        time: When: ISO 8601 text, Unix seconds or milliseconds, an aware datetime; None when it is not told.
        time_name: Where the time was found, for people.
        device: Whom the message names, "" when it names nobody.
        identity: What its network calls this very message, "" for none.
        sequence: The device's own count of its messages, None when it does not count.
        units: Last part of a value's path to its unit, where the message itself tells.
        message: The whole message, for what a source takes from beside the values.
        is_relative: Whether `time` was worked out from the time of arrival.
    """

    values: Mapping[str, Any]
    time: object = None
    time_name: str = ""
    device: str = ""
    identity: str = ""
    sequence: int | None = None
    units: Mapping[str, str] = _NOTHING
    message: Mapping[str, Any] = _NOTHING
    is_relative: bool = False


class Unusable(Exception):  # noqa: N818 - named by what the caller does next
    """The message cannot be used; the text says why. Reject it.

    Attributes:
        device: Whom the message names all the same, "" for nobody.
        skew_s: By how much the device's clock seems to be ahead, in seconds; None when that is not the fault.
    """

    def __init__(self, reason: str, *, device: str = "", skew_s: float | None = None) -> None:
        super().__init__(reason)
        self.device = device
        self.skew_s = skew_s


Decoded = Sequence[Sample | Rejection] | Ignored
Decoder = Callable[[bytes, str, datetime], Decoded]


def parsed(payload: bytes) -> object:
    """Return what JSON in UTF-8 says.

    Raises:
        Unusable: It is something else; NaN, infinite numbers, halves of surrogate pairs and nesting beyond a
            thousand levels are something else too.
    """
    try:
        return orjson.loads(payload)
    except ValueError:
        raise Unusable("the payload is not JSON in UTF-8") from None


def parsed_object(payload: bytes) -> dict[str, Any]:
    """Return what a JSON object says.

    Raises:
        Unusable: It is something else.
    """
    message = parsed(payload)
    if not isinstance(message, dict):
        raise Unusable("the payload is not a JSON object")
    return message


def limited(items: list[Any]) -> list[Any]:
    """Return the parts of a message.

    Raises:
        Unusable: There are none, or more than one message may have.
    """
    if not items:
        raise Unusable("the message is an empty list")
    if len(items) > MOST_SAMPLES:
        raise Unusable(f"the message holds more than {MOST_SAMPLES} readings: send fewer at a time")
    return items


def part(message: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the object under a key, an empty one where there is none."""
    found = message.get(key)
    return found if isinstance(found, dict) else {}


def text(message: Mapping[str, Any], key: str) -> str:
    """Return the text or whole number under a key as text, "" where there is none."""
    found = message.get(key)
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 1e18:
        return str(found)
    return found if isinstance(found, str) else ""


def count(message: Mapping[str, Any], key: str) -> int | None:
    """Return the whole number under a key; left out means 0, as in protobuf's JSON; None for no number."""
    found = message.get(key, 0)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**63 else None
