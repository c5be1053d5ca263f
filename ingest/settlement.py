"""What becomes of an interpreted batch: alarms, the store of readings, the books; in that order.

Alarms and latest values are kept first, because they must not wait for a slow store of readings. The readings
follow. The books (identities, counts, dead letters) come last: a crash before them makes the broker deliver
the batch again, the engine ignores what it has seen, the store overwrites the same with the same, and the
message is counted once. Only then may the broker forget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from alerts.alarms import AlarmEvent
from alerts.engine import AlarmEngine
from alerts.journal_table import append_events, save_states
from ingest.decoding import Rejection
from ingest.interpretation import Interpreted, Understood, dead_letter, identity
from storage.books_table import (
    DeadLetter,
    Entry,
    Outcome,
    known_identities,
    record_dead_letters,
    record_entries,
    record_identities,
)
from storage.database import Database
from storage.latest_table import record_latest
from storage.ports import ReadingWriter, StorageRefused
from storage.readings import Reading


class Persist(Protocol):
    """Carries out an effect until it succeeds; returns False only when Pantau is being stopped."""

    def __call__(self, what: str, effect: Callable[[], None]) -> bool:
        """Carry out the effect named `what`, again and again while its store is unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where a batch is settled."""

    database: Database
    readings: ReadingWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sorted:
    """The understood messages of a batch, repetitions told apart."""

    fresh: Sequence[Understood]
    duplicates: Sequence[Understood]


def settle(
    batch: Interpreted, stores: Stores, engine: AlarmEngine, *, now: datetime, persist: Persist
) -> bool:
    """Make the batch durable.

    Args:
        batch: What the messages mean.
        stores: Where they are kept.
        engine: The alarm engine; it observes every message that is not a repetition.
        now: The present; aware.
        persist: Carries out each effect, however long its store is away.

    Returns:
        True when all of it is durable, so that the broker may forget it; False when Pantau was stopped in
        the middle, so that the broker must deliver it again.
    """
    known: set[bytes] = set()
    if not persist("operational database", lambda: known.update(_known(batch, stores.database))):
        return False
    sorting = _sort_out(batch, known)
    events = [event for item in sorting.fresh for event in engine.observe(item.reading, now)]
    fresh = [item.reading for item in sorting.fresh]
    present = Present(readings=fresh, events=events, states=engine.changed_states())
    if not persist("operational database", lambda: keep_present(stores.database, present)):
        return False
    refused: dict[bytes, str] = {}
    if not persist("store of readings", lambda: refused.update(_write(stores.readings, fresh))):
        return False
    books = _books(batch, sorting, refused)
    return persist("operational database", lambda: _keep_books(stores.database, books, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What a batch or a tick of the clock changes about now.

    Attributes:
        readings: Candidates for the latest values.
        events: New lines of the alarm journal.
        states: The engine's states that led to them.
    """

    readings: Sequence[Reading]
    events: Sequence[AlarmEvent]
    states: Mapping[str, Mapping[str, Any]]


def keep_present(database: Database, present: Present) -> None:
    """Keep latest values, alarm events and the engine's states together, or none of them.

    Raises:
        StorageUnavailable: Nothing was kept; call again.
    """
    if not (present.readings or present.events or present.states):
        return
    with database.transaction() as connection:
        record_latest(connection, present.readings)
        append_events(connection, present.events)
        save_states(connection, present.states)


def _known(batch: Interpreted, database: Database) -> set[bytes]:
    with database.reading() as connection:
        return known_identities(connection, [item.identity for item in batch.understood])


def _sort_out(batch: Interpreted, known: set[bytes]) -> _Sorted:
    seen = set(known)
    fresh: list[Understood] = []
    duplicates: list[Understood] = []
    for item in batch.understood:
        (duplicates if item.identity in seen else fresh).append(item)
        seen.add(item.identity)
    return _Sorted(fresh=fresh, duplicates=duplicates)


def _write(writer: ReadingWriter, readings: Sequence[Reading]) -> dict[bytes, str]:
    """Write for good and return the identities that the store refused, each with its reason."""
    if not readings:
        return {}
    try:
        writer.write(readings)
    except StorageRefused as refusal:
        return {identity(reading): reason for reading, reason in refusal.rejected}
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """What a settled batch writes into the books."""

    identities: Sequence[bytes]
    entries: Sequence[Entry]
    dead_letters: Sequence[DeadLetter]


def _books(batch: Interpreted, sorting: _Sorted, refused: Mapping[bytes, str]) -> _Books:
    letters = list(batch.dead_letters)
    entries = [_entry(item, Outcome.DUPLICATE) for item in sorting.duplicates]
    identities = []
    for item in sorting.fresh:
        if item.identity in refused:
            reason = f"the store refused it: {refused[item.identity]}"
            letters.append(
                dead_letter(item.delivery, Rejection(device_id=item.reading.device_id, reason=reason))
            )
        else:
            identities.append(item.identity)
            entries.append(_entry(item, Outcome.STORED))
    for letter in letters:
        device_id = letter.device_id or ""
        entries.append(Entry(device_id=device_id, received_at=letter.received_at, outcome=Outcome.REJECTED))
    return _Books(identities=identities, entries=entries, dead_letters=letters)


def _entry(item: Understood, outcome: Outcome) -> Entry:
    return Entry(device_id=item.reading.device_id, received_at=item.reading.received_at, outcome=outcome)


def _keep_books(database: Database, books: _Books, now: datetime) -> None:
    with database.transaction() as connection:
        record_identities(connection, books.identities, now)
        record_entries(connection, books.entries)
        record_dead_letters(connection, books.dead_letters)
