from __future__ import annotations

from collections import Counter
from datetime import timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from support.stores import T0, at

from storage.books_table import (
    COLUMNS,
    LEDGER,
    Balance,
    Count,
    balance,
    known_identities,
    ledger_lines,
    prune_identities,
    record_counts,
    record_identities,
)

EMPTY = Balance(received=0, stored=0, duplicate=0, rejected=0)


def count(column: str, *, device_id: str = "gauge-1", after_s: float = 0, change: int = 1) -> Count:
    return Count(device_id=device_id, received_at=at(after_s), column=column, change=change)


def test_empty_books_balance(database):
    with database.transaction() as connection:
        record_counts(connection, [])
        record_identities(connection, [], T0)
        assert known_identities(connection, []) == set()
        assert balance(connection) == EMPTY
        assert balance(connection).is_balanced


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(
            st.builds(
                count,
                column=st.sampled_from(COLUMNS),
                device_id=st.sampled_from(["gauge-1", "gauge-2", ""]),
                after_s=st.floats(0, 9000),
                change=st.integers(-3, 3),
            ),
            max_size=8,
        ),
        max_size=4,
    )
)
def test_every_count_is_added_once_whatever_its_batch_and_hour(database, batches):
    sums = Counter()
    for batch in batches:
        for told in batch:
            sums[told.column] += told.change
    with database.transaction() as connection:
        connection.execute(LEDGER.delete())
        for batch in batches:
            record_counts(connection, batch)
        total = balance(connection)
    assert total == Balance(**{name: sums[name] for name in COLUMNS})


def test_a_message_without_an_outcome_shows(database):
    with database.transaction() as connection:
        record_counts(connection, [count("received"), count("received"), count("stored")])
        assert not balance(connection).is_balanced
        record_counts(connection, [count("rejected")])
        assert balance(connection).is_balanced


def test_the_balance_of_some_devices_or_hours_leaves_the_others_out(database):
    with database.transaction() as connection:
        record_counts(connection, [count("stored"), count("rejected", device_id="gauge-2", after_s=7200)])
        rejected = Balance(received=0, stored=0, duplicate=0, rejected=1)
        assert balance(connection, device_ids=["gauge-2"]) == rejected
        assert balance(connection, since=at(3600)) == rejected
        assert balance(connection, device_ids=[]) == EMPTY
        assert [line.device_id for line in ledger_lines(connection)] == ["gauge-1", "gauge-2"]


def test_an_hour_is_an_hour_of_utc_whatever_zone_the_message_came_in(database):
    nepal = timezone(timedelta(hours=5, minutes=45))
    moments = [T0, T0.astimezone(nepal)]
    with database.transaction() as connection:
        record_counts(connection, [Count(device_id="x", received_at=m, column="stored") for m in moments])
        hours = connection.execute(select(LEDGER.c.hour)).scalars().all()
    assert hours == [T0.replace(minute=0)]


def test_an_identity_is_known_from_its_first_record_on(database):
    first, second = b"a" * 16, b"b" * 16
    with database.transaction() as connection:
        record_identities(connection, [first], T0)
        record_identities(connection, [first, first], at(60))
        assert known_identities(connection, [first, second]) == {first}


def test_old_identities_are_forgotten_and_young_ones_kept(database):
    old, young = b"a" * 16, b"b" * 16
    with database.transaction() as connection:
        record_identities(connection, [old], T0)
        record_identities(connection, [young], at(60))
        assert prune_identities(connection, at(60)) == 1
        assert known_identities(connection, [old, young]) == {young}


def test_more_identities_than_one_statement_may_name_can_be_asked(database):
    many = [n.to_bytes(16, "big") for n in range(40_000)]
    with database.transaction() as connection:
        record_identities(connection, many[::2], T0)
        assert known_identities(connection, many) == set(many[::2])


def test_what_a_broken_transaction_wrote_is_in_no_book(database):
    try:
        with database.transaction() as connection:
            record_identities(connection, [b"a" * 16], T0)
            record_counts(connection, [count("stored")])
            raise InterruptedError
    except InterruptedError:
        pass
    with database.reading() as connection:
        assert balance(connection) == EMPTY
        assert known_identities(connection, [b"a" * 16]) == set()
