import dataclasses
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.readings import KINDS, NOW, POST, REGISTRATION, RULES, MemoryStore, delivery

from alerts.journal.journal_table import alarms, events, load_states
from alerts.judging.engine import AlarmEngine
from devices.registry_table import read_registry, register
from ingest.evaluation import Evaluator
from ingest.interpretation import interpret
from ingest.settlement import Judges, Stores, settle
from storage.books_table import Balance, balance
from storage.database import Database
from storage.dead_letters_table import rejection_reasons
from storage.latest_table import latest_values
from storage.ports import StorageUnavailable


class Patient:
    """Carries out effects again until they succeed, and can be told to give up at the n-th effect."""

    def __init__(self, give_up_at: int | None = None) -> None:
        self.effects = 0
        self.give_up_at = give_up_at

    def __call__(self, what, effect):
        self.effects += 1
        if self.effects == self.give_up_at:
            return False
        while True:
            try:
                effect()
            except StorageUnavailable:
                continue
            return True


class Pipeline:
    """The pure pipeline over a real operational database and a store in memory."""

    def __init__(self, folder) -> None:
        self.database = Database.in_folder(folder)
        self.database.upgrade()
        with self.database.transaction() as connection:
            register(connection, [REGISTRATION])
            self.registry = read_registry(connection)
        self.store = MemoryStore()
        self.restart()

    def restart(self) -> None:
        """Judge from now on as a new process does."""
        self.judges = Judges(evaluator=Evaluator(KINDS), engine=AlarmEngine(RULES, {"post": POST}, KINDS))
        self.judges.evaluator.update_sites(self.registry.sites)
        self.judges.engine.restore(self.ask(load_states))

    def take(self, *deliveries, persist=None):
        batch = interpret(deliveries, self.registry, KINDS)
        stores = Stores(database=self.database, readings=self.store)
        now = max(d.received_at for d in deliveries)
        return settle(batch, stores, self.judges, now=now, persist=persist or Patient())

    def ask(self, question, **arguments):
        with self.database.transaction() as connection:
            return question(connection, **arguments)


@pytest.fixture
def pipeline(tmp_path):
    made = Pipeline(tmp_path)
    yield made
    made.database.close()


def test_a_batch_ends_in_the_store_the_books_the_latest_values_and_the_journal(pipeline):
    assert pipeline.take(delivery(0, 182.0), delivery(1, 320.0))
    assert len(pipeline.store.kept) == 2
    assert pipeline.ask(balance) == Balance(received=2, stored=2, duplicate=0, rejected=0)
    assert [value.value for value in pipeline.ask(latest_values)] == [320.0]
    assert [alarm.rule_id for alarm in pipeline.ask(alarms, active=True)] == ["high_water"]


def test_a_repetition_is_counted_as_duplicate_within_a_batch_and_across_batches(pipeline):
    pipeline.take(delivery(0, 182.0), delivery(0, 182.0))
    pipeline.take(delivery(0, 182.0))
    assert pipeline.ask(balance) == Balance(received=3, stored=1, duplicate=2, rejected=0)


def test_garbage_between_good_messages_is_set_aside_alone(pipeline):
    garbage = dataclasses.replace(delivery(1, 0), payload=b"\x00garbage")
    assert pipeline.take(delivery(0, 1.0), garbage, delivery(2, 2.0))
    assert pipeline.ask(balance) == Balance(received=3, stored=2, duplicate=0, rejected=1)
    assert pipeline.ask(rejection_reasons) == [("the payload is not JSON in UTF-8", 1)]


def test_what_the_store_refuses_becomes_a_dead_letter_and_the_rest_is_stored(pipeline):
    pipeline.store.refuses = lambda reading: reading.values["water_level_cm"] == 13.0
    assert pipeline.take(delivery(0, 12.0), delivery(1, 13.0), delivery(2, 14.0))
    assert pipeline.ask(balance) == Balance(received=3, stored=2, duplicate=0, rejected=1)
    assert pipeline.ask(rejection_reasons)[0][0].endswith("field type conflict")


def test_an_alarm_does_not_wait_for_a_store_of_readings_that_is_away(pipeline):
    given_up_at_the_store = Patient(give_up_at=3)
    assert not pipeline.take(delivery(0, 320.0), persist=given_up_at_the_store)
    assert len(pipeline.ask(alarms, active=True)) == 1
    assert pipeline.ask(balance).received == 0


def test_a_store_that_comes_back_gets_the_batch_once_and_no_alarm_is_repeated(pipeline):
    pipeline.store.failures = 3
    assert pipeline.take(delivery(0, 320.0))
    assert len(pipeline.ask(events)) == 1
    assert pipeline.ask(balance) == Balance(received=1, stored=1, duplicate=0, rejected=0)


@pytest.mark.parametrize("crash_at", [1, 2, 3, 4])
def test_a_crash_between_any_two_effects_loses_nothing_and_repeats_nothing(pipeline, crash_at):
    batch = [delivery(0, 182.0), delivery(1, 320.0), delivery(1, 320.0)]
    assert not pipeline.take(*batch, persist=Patient(give_up_at=crash_at))
    pipeline.restart()
    assert pipeline.take(*batch)
    assert pipeline.ask(balance) == Balance(received=3, stored=2, duplicate=1, rejected=0)
    assert len(pipeline.store.kept) == 2
    assert [event.type.value for event in pipeline.ask(events)] == ["raised"]


def test_an_unknown_device_whose_name_is_almost_right_is_kept_for_the_installer(pipeline):
    assert pipeline.take(delivery(0, 1.0, device_id="Gauge"))
    assert pipeline.ask(rejection_reasons)[0][0].startswith("the device is not registered")


def test_numbers_that_a_device_counted_and_that_never_came_stand_beside_its_balance(pipeline):
    """A counter goes 7, 9, 12 and then 8 comes late: of the three that were missing, two still are."""
    numbered = [(0, 7), (1, 9), (2, 12), (3, 8)]
    batch = interpret([delivery(minute, float(minute)) for minute, _ in numbered], pipeline.registry, KINDS)
    counted = [
        dataclasses.replace(item, sequence=number)
        for item, (_, number) in zip(batch.understood, numbered, strict=True)
    ]
    stores = Stores(database=pipeline.database, readings=pipeline.store)
    batch = dataclasses.replace(batch, understood=counted)
    for _ in range(2):  # the second time all of it is a repetition and changes no gap
        assert settle(batch, stores, pipeline.judges, now=NOW, persist=Patient())
    books = pipeline.ask(balance, device_ids=["gauge"])
    assert (books.gap, books.stored, books.duplicate, books.is_balanced) == (2, 4, 4, True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_duplication_and_batching_gives_the_same_history_and_latest_value(tmp_path_factory, data):
    sent = [delivery(minute, float(minute)) for minute in range(8)]
    repeated = data.draw(st.lists(st.sampled_from(sent), max_size=8))
    mixed = data.draw(st.permutations(sent + repeated))
    size = data.draw(st.integers(min_value=1, max_value=16))
    pipeline = Pipeline(tmp_path_factory.mktemp("city"))
    for first in range(0, len(mixed), size):
        pipeline.take(*mixed[first : first + size])
    assert sorted(at for _, _, at in pipeline.store.kept) == [NOW + timedelta(minutes=m) for m in range(8)]
    assert pipeline.ask(balance) == Balance(
        received=8 + len(repeated) + 0, stored=8, duplicate=len(repeated), rejected=0
    )
    assert [value.value for value in pipeline.ask(latest_values)] == [7.0]
    pipeline.database.close()
