"""What a batch of deliveries means: readings with their identities, and dead letters with their reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.kinds import Kind
from devices.registry import Registry
from ingest.decoding import Rejection, decode
from ingest.delivery import Delivery
from ingest.quality import checked
from ingest.registration import registered
from storage.books_table import DeadLetter
from storage.clock import to_us
from storage.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A message that became a reading.

    Attributes:
        delivery: The message.
        reading: What it says.
        identity: 16 bytes that a repetition of the message has too.
    """

    delivery: Delivery
    reading: Reading
    identity: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreted:
    """A batch whose every message is in exactly one of the two lists, in the order of arrival."""

    understood: Sequence[Understood]
    dead_letters: Sequence[DeadLetter]


def interpret(deliveries: Sequence[Delivery], registry: Registry, kinds: Mapping[str, Kind]) -> Interpreted:
    """Return what each message of a batch means."""
    understood: list[Understood] = []
    dead_letters: list[DeadLetter] = []
    for delivery in deliveries:
        meaning = _meaning(delivery, registry, kinds)
        if isinstance(meaning, Rejection):
            dead_letters.append(dead_letter(delivery, meaning))
        else:
            understood.append(Understood(delivery=delivery, reading=meaning, identity=identity(meaning)))
    return Interpreted(understood=understood, dead_letters=dead_letters)


def dead_letter(delivery: Delivery, rejection: Rejection) -> DeadLetter:
    """Return the delivery as a dead letter with that reason."""
    return DeadLetter(
        received_at=delivery.received_at,
        topic=delivery.topic,
        payload=delivery.payload,
        device_id=rejection.device_id,
        reason=rejection.reason,
    )


def identity(reading: Reading) -> bytes:
    """Return 16 bytes that are the same for the same device, moment and values, whatever their order."""
    said = sorted((metric, value.hex()) for metric, value in reading.values.items())
    text = f"{reading.device_id}\n{to_us(reading.observed_at)}\n{said}"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _meaning(delivery: Delivery, registry: Registry, kinds: Mapping[str, Kind]) -> Reading | Rejection:
    measurement = decode(delivery.topic, delivery.payload, delivery.received_at)
    if isinstance(measurement, Rejection):
        return measurement
    reading = registered(measurement, registry, kinds, received_at=delivery.received_at)
    if isinstance(reading, Rejection):
        return reading
    return checked(reading, kinds[reading.kind])
