"""Messages of strangers: they wait as dead letters, and become history when their device is registered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from devices.registry import Registry
from ingest.decoding import decode
from ingest.delivery import Delivery
from ingest.outcomes import Measurement
from ingest.registration import UNREGISTERED
from ingest.sources import Sources
from storage.database import Database
from storage.dead_letters_table import (
    DeadLetter,
    dead_letters,
    trim_strangers,
    want_replay,
    wanted_letters,
)

KEPT_PER_STRANGER = 1000


def deliveries_of(letters: Iterable[DeadLetter]) -> list[Delivery]:
    """Return dead letters as if the broker delivered them once more; nothing is acknowledged for them."""
    return [
        Delivery(
            topic=letter.topic,
            payload=letter.payload,
            received_at=letter.received_at,
            message_id=0,
            connection=0,
        )
        for letter in letters
    ]


def welcome(database: Database, registry: Registry) -> int:
    """Let the waiting messages of devices that are registered now be tried again; return how many."""
    with database.transaction() as connection:
        waiting = dead_letters(connection, reason=UNREGISTERED, device_ids=registry.devices.keys())
        return want_replay(connection, [letter.id for letter in waiting]) if waiting else 0


def wanted(database: Database, limit: int) -> list[DeadLetter]:
    """Return dead letters that are to be tried again, oldest first."""
    with database.reading() as connection:
        return wanted_letters(connection, limit)


def trim(database: Database, device_ids: Iterable[str]) -> None:
    """Keep only the newest messages of each stranger, so that one that shouts cannot fill the disk."""
    with database.transaction() as connection:
        trim_strangers(connection, reason=UNREGISTERED, device_ids=list(device_ids), keep=KEPT_PER_STRANGER)


def first_heard(letters: Sequence[DeadLetter], device_id: str, sources: Sources) -> datetime | None:
    """Return the oldest observed time that waiting messages of a device tell; None when there are none."""
    times = [
        outcome.observed_at
        for letter in letters
        for outcome in decode(letter.topic, letter.payload, letter.received_at, sources)
        if isinstance(outcome, Measurement) and outcome.device_id == device_id
    ]
    return min(times, default=None)
