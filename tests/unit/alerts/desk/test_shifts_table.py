from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.alarming import at

from alerts.desk.performance import performance
from alerts.desk.shifts import Note
from alerts.desk.shifts_table import (
    add_handover,
    add_note,
    duties,
    handover,
    journal_reaching,
    keep_report,
    kept_report,
    last_signed,
    newest_sheet_id,
    notes,
    sign_off,
    sign_on,
    take_over,
)
from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.journal.journal_table import ALARMS, EVENTS, append_events, events
from alerts.journal.shelves_table import SHELVES
from storage.database import Database


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    database = Database.in_folder(tmp_path_factory.mktemp("shifts"))
    database.upgrade()
    yield database
    database.close()


@pytest.fixture
def connection(database):
    """A transaction that is taken back after the test."""
    with database.engine.connect() as connection:
        yield connection
        connection.rollback()


def test_signing_on_twice_goes_on_and_signing_off_ends_it(connection):
    sign_on(connection, "Siti", at(0))
    sign_on(connection, "Siti", at(30))
    sign_off(connection, "Siti", at(60))
    sign_off(connection, "Siti", at(90))
    (duty,) = duties(connection, since=at(0))
    assert (duty.since, duty.until) == (at(0), at(60))


def test_signing_on_the_day_after_a_forgotten_sign_off_begins_a_new_duty(connection):
    sign_on(connection, "Siti", at(0))
    sign_on(connection, "Siti", at(24 * 60))
    (duty,) = duties(connection, since=at(24 * 60))
    assert duty.since == at(24 * 60)


def test_notes_come_back_in_the_order_they_were_written_even_when_a_clock_jumped(connection):
    for minute, text in ((10, "first"), (5, "second"), (20, "third")):
        add_note(connection, Note(at=at(minute), by="Siti", text=text))
    assert [note.text for note in notes(connection, since=at(0))] == ["first", "second", "third"]
    assert [note.text for note in notes(connection, since=at(10))] == ["first", "third"]


def test_a_sheet_is_signed_once_and_its_facts_never_change(connection):
    number = add_handover(connection, start=at(0), outgoing="Siti", at=at(480), facts={"open": ["a"]})
    assert last_signed(connection) is None
    assert take_over(connection, number, incoming="Budi", at=at(481))
    assert not take_over(connection, number, incoming="Ayu", at=at(482))
    found = handover(connection, number)
    assert found is not None
    assert (found.incoming, found.incoming_at, found.facts) == ("Budi", at(481), {"open": ["a"]})
    assert found.is_signed
    assert last_signed(connection) == found
    assert newest_sheet_id(connection) == number


def test_the_report_that_was_kept_first_stays(connection):
    keep_report(connection, at(0), {"sites": 1}, made_at=at(1))
    keep_report(connection, at(0), {"sites": 2}, made_at=at(2))
    assert kept_report(connection, at(0)) == {"sites": 1}
    assert kept_report(connection, at(60)) is None


KEYS = ("high/gate", "jam/road")
HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                EventType.RAISED,
                EventType.CLEARED,
                EventType.ACKNOWLEDGED,
                EventType.SHELVED,
                EventType.UNSHELVED,
                EventType.DATA_LOST,
                EventType.RETURNED,
            ]
        ),
        st.sampled_from(KEYS),
        st.integers(0, 600),  # minutes until the next line of the journal
        st.integers(0, 300),  # minutes by which its data came late
    ),
    max_size=25,
)


def journal_of(happenings) -> list[AlarmEvent]:
    """Lines as an engine could write them: what follows is about the newest alarm of the row."""
    told_at, newest, lines = 0, {}, []
    for type_, key, wait, late in happenings:
        told_at += wait
        if type_ is EventType.RAISED:
            newest[key] = f"{key}/{len(lines)}"
        elif not type_.is_of_shelf and key not in newest:
            continue
        rule_id, site_id = key.split("/")
        lines.append(
            AlarmEvent(
                alarm_id=key if type_.is_of_shelf else newest[key],
                rule_id=rule_id,
                site_id=site_id,
                type=type_,
                observed_at=at(told_at - late),
                recorded_at=at(told_at),
                severity=Severity.HIGH,
                until=at(told_at + 60) if type_ is EventType.SHELVED else None,
            )
        )
    return lines


@given(HAPPENINGS, st.integers(1, 3000), st.integers(1, 3000))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_part_of_the_journal_that_is_read_gives_the_figures_of_the_whole(
    connection, happenings, start, lasting
):
    for table in (EVENTS, ALARMS, SHELVES):
        connection.execute(table.delete())
    append_events(connection, journal_of(happenings))
    span = {"start": at(start), "end": at(start + lasting)}
    part = journal_reaching(connection, at(start))
    assert performance(part, **span) == performance(events(connection), **span)


def test_a_journal_of_years_is_not_read_for_a_shift(connection):
    old = [
        AlarmEvent(
            alarm_id=f"a/b/{number // 2}",
            rule_id="a",
            site_id="b",
            type=EventType.CLEARED if number % 2 else EventType.RAISED,
            observed_at=at(number),
            recorded_at=at(number),
            severity=Severity.LOW,
        )
        for number in range(100)
    ]
    append_events(connection, old)
    assert journal_reaching(connection, at(99) + timedelta(minutes=1)) == []
