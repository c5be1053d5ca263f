"""What becomes of an interpreted batch: alarms, the store of readings, the books; in that order.

Alarms and latest values are kept first, because they must not wait for a slow store of readings. The readings
follow. The books (identities, counts, dead letters) come last: a crash before them makes the broker deliver
the batch again, the engine ignores what it has seen, the store overwrites the same with the same, and the
message is counted once. Only then may the broker forget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from alerts.journal.alarms import AlarmEvent
from alerts.journal.journal_table import append_events, save_states
from alerts.judging.engine import AlarmEngine
from ingest.evaluation import Evaluator
from ingest.interpretation import Interpreted, Understood, dead_letter
from ingest.outcomes import Rejection
from storage.books_table import Count, known_identities, record_counts, record_identities
from storage.database import Database
from storage.dead_letters_table import DeadLetter, record_dead_letters, remove_letters
from storage.latest_table import record_latest
from storage.ports import ReadingWriter, StorageRefused
from storage.readings import Reading
from storage.sequences_table import record_sequences

OPERATIONAL = "operational database"
READINGS = "store of readings"


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
class Judges:
    """What looks at every reading that is not a repetition; both remember what they saw."""

    evaluator: Evaluator
    engine: AlarmEngine


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


def settle(
    batch: Interpreted,
    stores: Stores,
    judges: Judges,
    *,
    now: datetime,
    persist: Persist,
    released: Sequence[DeadLetter] = (),
) -> bool:
    """Make the batch durable.

    Args:
        batch: What the messages mean.
        stores: Where they are kept.
        judges: What evaluates the readings and raises alarms.
        now: The present; aware.
        persist: Carries out each effect, however long its store is away.
        released: Dead letters whose messages the batch holds; their fate is decided anew.

    Returns:
        True when all of it is durable, so that the broker may forget it; False when Pantau was stopped in
        the middle, so that the broker must deliver it again.
    """
    known: set[bytes] = set()
    if not persist(OPERATIONAL, lambda: known.update(_known(batch, stores.database))):
        return False
    fresh, duplicates = _sorted_out(batch, known)
    written, present = _judged(fresh, judges, now)
    if not persist(OPERATIONAL, lambda: keep_present(stores.database, present)):
        return False
    refused: dict[tuple[str, datetime], str] = {}
    if not persist(READINGS, lambda: refused.update(_write(stores.readings, written))):
        return False
    books = _books(batch, fresh, duplicates, refused)
    return persist(OPERATIONAL, lambda: _keep_books(stores.database, books, released, now))


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


def keep_refused(database: Database, letters: Sequence[DeadLetter]) -> None:
    """Turn readings that were counted as stored, and that the store refused later, into dead letters."""
    with database.transaction() as connection:
        record_dead_letters(connection, letters)
        record_counts(connection, (_count(letter, "stored", -1) for letter in letters))
        record_counts(connection, (_count(letter, "rejected") for letter in letters))


def _known(batch: Interpreted, database: Database) -> set[bytes]:
    with database.reading() as connection:
        return known_identities(connection, [item.identity for item in batch.understood])


def _sorted_out(batch: Interpreted, known: set[bytes]) -> tuple[list[Understood], list[Understood]]:
    """Return what is new and what says again what is known, within the batch or from before."""
    seen = set(known)
    fresh: list[Understood] = []
    duplicates: list[Understood] = []
    for item in batch.understood:
        (duplicates if item.identity in seen else fresh).append(item)
        seen.add(item.identity)
    return fresh, duplicates


def _judged(fresh: Sequence[Understood], judges: Judges, now: datetime) -> tuple[list[Reading], Present]:
    """Return the readings to write, corrections of earlier ones too, and what they change about now."""
    written: list[Reading] = []
    events: list[AlarmEvent] = []
    for item in fresh:
        evaluated = judges.evaluator.evaluate(item.reading)
        events += judges.engine.observe(evaluated.reading, now)
        written += (*evaluated.corrections, evaluated.reading)
    states = judges.engine.changed_states()
    return written, Present(readings=written, events=events, states=states)


def _write(writer: ReadingWriter, readings: Sequence[Reading]) -> dict[tuple[str, datetime], str]:
    """Write for good; return device and time of what the store refused, with the reason."""
    if not readings:
        return {}
    try:
        writer.write(readings)
    except StorageRefused as refusal:
        return {(r.device_id, r.observed_at): reason for r, reason in refusal.rejected}
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """What a settled batch writes into the books."""

    identities: Sequence[bytes]
    counts: Sequence[Count]
    sequences: Sequence[tuple[Understood, int]]
    dead_letters: Sequence[DeadLetter]


def _books(
    batch: Interpreted,
    fresh: Sequence[Understood],
    duplicates: Sequence[Understood],
    refused: Mapping[tuple[str, datetime], str],
) -> _Books:
    stored = [item for item in fresh if _moment(item) not in refused]
    set_aside = [_refused(item, refused[_moment(item)]) for item in fresh if _moment(item) in refused]
    letters = [*batch.dead_letters, *set_aside]
    counts = [
        *(_count(item.reading, "received") for item in batch.understood),
        *(_count(letter, "received") for letter in batch.dead_letters),
        *(_count(item.reading, "stored") for item in stored),
        *(_count(item.reading, "duplicate") for item in duplicates),
        *(_count(letter, "rejected") for letter in letters),
    ]
    return _Books(
        identities=[item.identity for item in stored],
        counts=counts,
        sequences=[(item, item.sequence) for item in fresh if item.sequence is not None],
        dead_letters=letters,
    )


def _moment(item: Understood) -> tuple[str, datetime]:
    return item.reading.device_id, item.reading.observed_at


def _refused(item: Understood, reason: str) -> DeadLetter:
    rejection = Rejection(device_id=item.reading.device_id, reason=f"the store refused it: {reason}")
    return dead_letter(item.delivery, rejection)


def _count(of: Reading | DeadLetter, column: str, change: int = 1) -> Count:
    return Count(device_id=of.device_id or "", received_at=of.received_at, column=column, change=change)


def _keep_books(database: Database, books: _Books, released: Sequence[DeadLetter], now: datetime) -> None:
    with database.transaction() as connection:
        record_identities(connection, books.identities, now)
        numbers = [(item.reading.device_id, number) for item, number in books.sequences]
        gaps = record_sequences(connection, numbers)
        record_counts(connection, [*books.counts, *_taken_back(released), *_gap_counts(gaps, now)])
        record_dead_letters(connection, books.dead_letters)
        remove_letters(connection, [letter.id for letter in released])


def _taken_back(released: Iterable[DeadLetter]) -> Iterator[Count]:
    for letter in released:
        yield _count(letter, "received", -1)
        yield _count(letter, "rejected", -1)


def _gap_counts(gaps: Iterable[tuple[str, int]], now: datetime) -> Iterator[Count]:
    for device_id, change in gaps:
        yield Count(device_id=device_id, received_at=now, column="gap", change=change)
