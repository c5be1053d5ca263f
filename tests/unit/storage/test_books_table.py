from __future__ import annotations

from collections import Counter
from datetime import timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from support.stores import T0, at

from storage.books_table import (
    DEAD_LETTERS,
    LEDGER,
    Balance,
    DeadLetter,
    Entry,
    Outcome,
    balance,
    known_identities,
    record_dead_letters,
    record_entries,
    record_identities,
    rejection_reasons,
)


def entry(outcome: Outcome, *, device_id: str = "gauge-1", after_s: float = 0) -> Entry:
    return Entry(device_id=device_id, received_at=at(after_s), outcome=outcome)


def letter(reason: str, *, device_id: str | None = "gauge-1", payload: bytes = b"{") -> DeadLetter:
    return DeadLetter(
        received_at=T0, topic="pantau/v1/x", payload=payload, device_id=device_id, reason=reason
    )


def test_empty_books_balance(database):
    with database.transaction() as connection:
        record_entries(connection, [])
        record_identities(connection, [], T0)
        record_dead_letters(connection, [])
        assert known_identities(connection, []) == set()
        assert balance(connection) == Balance(stored=0, duplicate=0, rejected=0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(
            st.builds(
                entry,
                outcome=st.sampled_from(Outcome),
                device_id=st.sampled_from(["gauge-1", "gauge-2", ""]),
                after_s=st.floats(0, 9000),
            ),
            max_size=8,
        ),
        max_size=4,
    )
)
def test_every_entry_is_counted_once_whatever_its_batch_and_hour(database, batches):
    counted = Counter(e.outcome.value for batch in batches for e in batch)
    with database.transaction() as connection:
        connection.execute(LEDGER.delete())
        for batch in batches:
            record_entries(connection, batch)
        total = balance(connection)
    assert total == Balance(**{outcome.value: counted[outcome.value] for outcome in Outcome})
    assert total.received == sum(counted.values())


def test_the_balance_of_some_devices_leaves_the_others_out(database):
    with database.transaction() as connection:
        record_entries(connection, [entry(Outcome.STORED), entry(Outcome.REJECTED, device_id="gauge-2")])
        assert balance(connection, device_ids=["gauge-2"]) == Balance(stored=0, duplicate=0, rejected=1)
        assert balance(connection, device_ids=[]) == Balance(stored=0, duplicate=0, rejected=0)


def test_an_hour_is_an_hour_of_utc_whatever_zone_the_entry_came_in(database):
    nepal = timezone(timedelta(hours=5, minutes=45))
    moments = [T0, T0.astimezone(nepal)]
    with database.transaction() as connection:
        record_entries(
            connection, [Entry(device_id="x", received_at=m, outcome=Outcome.STORED) for m in moments]
        )
        hours = connection.execute(select(LEDGER.c.hour)).scalars().all()
    assert hours == [T0.replace(minute=0)]


def test_an_identity_is_known_from_its_first_record_on(database):
    first, second = b"a" * 16, b"b" * 16
    with database.transaction() as connection:
        record_identities(connection, [first], T0)
        record_identities(connection, [first, first], at(60))
        assert known_identities(connection, [first, second]) == {first}


def test_more_identities_than_one_statement_may_name_can_be_asked(database):
    many = [n.to_bytes(16, "big") for n in range(40_000)]
    with database.transaction() as connection:
        record_identities(connection, many[::2], T0)
        assert known_identities(connection, many) == set(many[::2])


def test_a_dead_letter_keeps_its_bytes_whatever_they_are(database):
    payload = bytes(range(256))
    with database.transaction() as connection:
        record_dead_letters(connection, [letter("not UTF-8", payload=payload)])
        assert connection.execute(select(DEAD_LETTERS.c.payload)).scalar_one() == payload


def test_reasons_come_most_frequent_first(database):
    letters = [letter("not JSON"), letter("no such device", device_id=None), letter("no such device")]
    with database.transaction() as connection:
        record_dead_letters(connection, letters)
        assert rejection_reasons(connection) == [("no such device", 2), ("not JSON", 1)]
        assert rejection_reasons(connection, device_ids=["gauge-1"]) == [
            ("no such device", 1),
            ("not JSON", 1),
        ]


def test_what_a_broken_transaction_wrote_is_in_no_book(database):
    try:
        with database.transaction() as connection:
            record_identities(connection, [b"a" * 16], T0)
            record_entries(connection, [entry(Outcome.STORED)])
            raise InterruptedError
    except InterruptedError:
        pass
    with database.reading() as connection:
        assert balance(connection).received == 0
        assert known_identities(connection, [b"a" * 16]) == set()
