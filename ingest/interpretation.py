"""What a batch of deliveries means: readings with their identities, and dead letters with their reasons."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.kinds import Kind
from devices.registry import Registry
from ingest.decoding import Ignored, Measurement, Rejection, decode
from ingest.delivery import Delivery
from ingest.quality import checked
from ingest.registration import registered
from ingest.sources import NATIVE_ONLY, Sources
from storage.clock import to_us
from storage.dead_letters_table import DeadLetter
from storage.readings import Reading

LOG = logging.getLogger(__name__)

OWN_FAULT = "Pantau itself failed on it: please report it with the lines of ingest's log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A message, or a part of one, that became a reading.

    Attributes:
        delivery: The message.
        reading: What it says.
        identity: 16 bytes that a repetition of it has too.
        sequence: The device's own count of its messages, None when it does not count.
        is_dated: Whether the message itself told the reading's time.
    """

    delivery: Delivery
    reading: Reading
    identity: bytes
    sequence: int | None = None
    is_dated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreted:
    """A batch whose every message, and every part of one, is accounted for exactly once.

    Attributes:
        understood: What became readings, in the order of arrival.
        dead_letters: What could not, with its reason.
        ignored: How many were never meant to be measurements, or are no news.
    """

    understood: Sequence[Understood]
    dead_letters: Sequence[DeadLetter]
    ignored: int = 0


def interpret(
    deliveries: Sequence[Delivery],
    registry: Registry,
    kinds: Mapping[str, Kind],
    sources: Sources = NATIVE_ONLY,
) -> Interpreted:
    """Return what each message of a batch means."""
    understood: list[Understood] = []
    dead_letters: list[DeadLetter] = []
    ignored = 0
    for delivery in deliveries:
        for meaning in _meanings(delivery, registry, kinds, sources):
            if meaning is None:
                ignored += 1
            elif isinstance(meaning, Rejection):
                dead_letters.append(dead_letter(delivery, meaning))
            else:
                understood.append(meaning)
    return Interpreted(understood=understood, dead_letters=dead_letters, ignored=ignored)


def dead_letter(delivery: Delivery, rejection: Rejection) -> DeadLetter:
    """Return the delivery as a dead letter with that reason."""
    return DeadLetter(
        received_at=delivery.received_at,
        topic=delivery.topic,
        payload=delivery.payload,
        device_id=rejection.device_id,
        reason=_printable(rejection.reason),
        skew_s=rejection.skew_s,
    )


def _printable(text: str) -> str:
    """Return the text without what a database might refuse or a terminal obey: it may quote a payload."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def identity(reading: Reading, source_identity: str = "") -> bytes:
    """Return 16 bytes that a repetition has too.

    Args:
        reading: What was said.
        source_identity: What its network calls the message. Without one the same device, moment and values
            are a repetition, whatever the order of the values.
    """
    if source_identity:
        return hashlib.blake2b(f"{reading.device_id}\n{source_identity}".encode(), digest_size=16).digest()
    said = sorted((metric, value.hex()) for metric, value in reading.values.items())
    observed_us = to_us(reading.observed_at)
    text = f"{reading.device_id}\n{observed_us}\n{said}"
    # The time comes first, so that a database writes neighbours side by side: a fifteenth of the time for
    # each when a million are known (docs/benchmarks.md). Ten bytes of hash tell apart what one second holds.
    second = (observed_us // 1_000_000).to_bytes(6, signed=True)
    return second + hashlib.blake2b(text.encode(), digest_size=10).digest()


def _meanings(
    delivery: Delivery, registry: Registry, kinds: Mapping[str, Kind], sources: Sources
) -> list[Understood | Rejection | None]:
    """Return what each part of a message means, None for a part that is no measurement or no news."""
    try:
        outcomes = decode(delivery.topic, delivery.payload, delivery.received_at, sources)
        return [
            None
            if isinstance(outcome, Ignored) or _is_old_news(outcome, delivery)
            else _meaning(outcome, delivery, registry, kinds)
            for outcome in outcomes
        ]
    except Exception:
        LOG.exception("Pantau failed on a message of %s; it is kept as a dead letter", delivery.topic)
        return [Rejection(device_id=None, reason=OWN_FAULT)]


def _is_old_news(outcome: Measurement | Rejection, delivery: Delivery) -> bool:
    """Tell whether the broker kept it from a time that it does not tell, so that it would pass for new."""
    return isinstance(outcome, Measurement) and delivery.is_retained and not outcome.is_dated


def _meaning(
    outcome: Measurement | Rejection, delivery: Delivery, registry: Registry, kinds: Mapping[str, Kind]
) -> Understood | Rejection:
    if isinstance(outcome, Rejection):
        return outcome
    reading = registered(outcome, registry, kinds, received_at=delivery.received_at)
    if isinstance(reading, Rejection):
        return reading
    return Understood(
        delivery=delivery,
        reading=checked(reading, kinds[reading.kind]),
        identity=identity(reading, outcome.source_identity),
        sequence=outcome.sequence,
        is_dated=outcome.is_dated,
    )
