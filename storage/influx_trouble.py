"""What an answer of InfluxDB that is not a yes means to the caller, by status and words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from storage.ports import StorageMisconfigured, StorageUnavailable

_REFUSALS = (400, 413, 422)
_LONGEST_REASON = 300


class Refused(Exception):  # noqa: N818 - named by what the caller does next
    """The store will not take the body that it was sent; look for the line that it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The store as sentences name it, without anything secret.

    Attributes:
        url: Its address without user information.
        bucket: The bucket or database.
        secret: What must not stand in any sentence, "" for nothing.
    """

    url: str
    bucket: str
    secret: str = field(repr=False)

    def told(self, text: str) -> str:
        """Return a text of the store fit for a sentence of ours: short, on one line, without the secret."""
        shown = text.replace(self.secret, "***") if self.secret else text
        return " ".join(shown.split())[:_LONGEST_REASON]

    def unreachable(self, reason: str) -> StorageUnavailable:
        """Return the error for a store that did not answer at all."""
        return StorageUnavailable(f"InfluxDB at {self.url} does not answer: {self.told(reason)}")

    def misconfigured(self, message: str) -> StorageMisconfigured:
        """Return the error that a person must mend; the message goes on after the store's address."""
        return StorageMisconfigured(f"InfluxDB at {self.url} {message}")


def trouble(place: Place, status: int, body: str, *, retry_after: str | None = None) -> Exception:
    """Return the exception for an answer that is not a success.

    Args:
        place: Who answered.
        status: HTTP status; 0 when TLS failed before any.
        body: What it said, as JSON (2.x: `message`; 1.8 and 3: `error`) or plain text.
        retry_after: The header of that name. Only its form in whole seconds is heeded.

    Returns:
        `Refused`, `StorageUnavailable` or `StorageMisconfigured`.
    """
    reason = place.told(_words(body))
    if status in _REFUSALS:
        return Refused(reason)
    if status == 429 or status >= 500:
        wait_s = (
            float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
        )
        message = f"InfluxDB at {place.url} cannot serve now ({status}): {reason}"
        return StorageUnavailable(message, retry_after_s=wait_s)
    return place.misconfigured(_advice(place, status, reason))


def query_trouble(place: Place, reason: str) -> Exception:
    """Return the exception for an error that stands inside a successful answer to a query."""
    if "database not found" in reason:
        return place.misconfigured(_no_bucket(place))
    return StorageUnavailable(f"InfluxDB at {place.url} could not read: {place.told(reason)}")


def _words(body: str) -> str:
    try:
        answer = json.loads(body)
        return str(answer.get("message") or answer["error"])
    except (ValueError, AttributeError, KeyError):
        return body


def _advice(place: Place, status: int, reason: str) -> str:
    if status == 0:
        return f"cannot be spoken to securely: {reason}; look at influxdb.url and at its certificate"
    if status == 401:
        return "does not accept the token (401); set PANTAU_INFLUXDB_TOKEN to a valid one"
    if status == 403:
        return f"forbids this token to use bucket '{place.bucket}' (403): {reason}; allow it read and write"
    if status == 404 and "organization" in reason:
        return f"does not know the organisation (404): {reason}; look at influxdb.org"
    if status == 404 and ("bucket" in reason or "database" in reason):
        return _no_bucket(place)
    if status == 404:
        return f"is not InfluxDB 1.8 or newer (404): {reason}; look at influxdb.url"
    return f"answered {status}: {reason}; look at influxdb.url"


def _no_bucket(place: Place) -> str:
    return f"has no bucket or database '{place.bucket}'; create it there or name another in influxdb.bucket"
