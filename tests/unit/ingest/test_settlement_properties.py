"""A day of a small city, as networks and crashes deliver it: whatever the order, the same day is kept."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.faults_stream import held, messages, registrations, truth

from alerts.journal.journal_table import load_states
from alerts.judging.engine import AlarmEngine
from devices.kinds import load_kinds
from devices.registry_table import read_registry, register
from ingest.delivery import Delivery
from ingest.evaluation import Evaluator
from ingest.interpretation import interpret
from ingest.settlement import Judges, Stores, settle
from storage.books_table import balance
from storage.database import Database
from storage.latest_table import latest_values
from storage.readings import Identity, Reading, united

KINDS = load_kinds(Path(__file__).parents[3] / "config" / "kinds")
MORNING = datetime(2026, 3, 1, tzinfo=UTC)
EVERY = timedelta(minutes=20)
DAY = list(islice(messages(7, MORNING, EVERY), 8 * 72))
# What comes later than this is not judged among the others any more; flood and rain wait the shortest.
LATEST = min(kind.lateness for kind in KINDS.values()) - timedelta(minutes=1)


class UnitingStore:
    """A store of readings in memory; the same identity is united, as in every store."""

    def __init__(self) -> None:
        self.kept: dict[Identity, Reading] = {}

    def write(self, readings: list[Reading]) -> None:
        for reading in readings:
            earlier = [self.kept[reading.identity]] if reading.identity in self.kept else []
            self.kept[reading.identity] = united([*earlier, reading])[0]

    def close(self) -> None:
        pass


class City:
    """The pipeline without processes; it can crash after any effect and start again from its stores."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.in_folder(folder)
        self.database.upgrade()
        with self.database.transaction() as connection:
            register(connection, registrations())
            self.registry = read_registry(connection)
        self.store = UnitingStore()
        self.restart()

    def restart(self) -> None:
        self.judges = Judges(evaluator=Evaluator(KINDS), engine=AlarmEngine({}, self.registry.sites, KINDS))
        self.judges.evaluator.update_sites(self.registry.sites)
        self.judges.evaluator.restore(self.store.kept.values())
        self.judges.engine.restore(self.ask(load_states))

    def take(self, batch: list[Delivery], *, effects: int | None = None) -> bool:
        """Settle a batch; crash instead of the effect that follows so many."""
        left = iter(range(effects)) if effects is not None else None

        def persist(_what, effect):
            if left is not None and next(left, None) is None:
                return False
            effect()
            return True

        stores = Stores(database=self.database, readings=self.store)
        now = max(delivery.received_at for delivery in batch)
        return settle(interpret(batch, self.registry, KINDS), stores, self.judges, now=now, persist=persist)

    def ask(self, question):
        with self.database.reading() as connection:
            return question(connection)


@contextmanager
def city(folder: Path) -> Iterator[City]:
    made = City(folder)
    try:
        yield made
    finally:
        made.database.close()


def observed_at(payload: bytes, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(json.loads(payload)["ts"])
    except ValueError:
        return otherwise


def arrivals(rng: random.Random, repeated: float) -> list[Delivery]:
    """Return the day as it arrives: each message late by up to `LATEST`, some of them more than once."""
    at = MORNING
    arrived = []
    for message in DAY:
        at = observed_at(message.payload, at)
        for _ in range(1 + (rng.random() < repeated)):
            delay = timedelta(seconds=rng.uniform(0, rng.choice([0, 60, LATEST.total_seconds()])))
            arrived.append(
                Delivery(
                    topic=message.topic,
                    payload=message.payload,
                    received_at=at + delay,
                    message_id=1,
                    connection=1,
                )
            )
    return sorted(arrived, key=lambda delivery: delivery.received_at)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(min_value=0, max_value=2**32),
    repeated=st.sampled_from([0.0, 0.05, 1.0]),
    size=st.integers(min_value=20, max_value=600),
    crashes=st.lists(st.sampled_from([None, None, 0, 1, 2, 3, 4]), max_size=12),
)
def test_any_delay_repetition_and_crash_gives_the_same_history_and_latest_values(
    tmp_path_factory, seed, repeated, size, crashes
):
    arrived = arrivals(random.Random(seed), repeated)
    with city(tmp_path_factory.mktemp("city")) as run:
        expected = truth(DAY, run.registry, KINDS, {})
        pending = list(crashes)
        received = 0
        for first in range(0, len(arrived), size):
            batch = arrived[first : first + size]
            effects = pending.pop() if pending else None
            if effects is not None:
                # After the last effect only the acknowledgement is missing: all of it comes once more.
                received += len(batch) if run.take(batch, effects=effects) else 0
                run.restart()
            assert run.take(batch)
            received += len(batch)
        books = run.ask(balance)
        latest = {(v.device_id, v.metric): (v.observed_at, v.value, v.flag) for v in run.ask(latest_values)}
    assert held(run.store.kept.values()) == expected.history
    assert latest == expected.latest
    assert books.is_balanced
    assert (books.received, books.stored) == (received, len(expected.history))
