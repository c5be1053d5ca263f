from concurrent.futures import ThreadPoolExecutor

import pytest
from support.alarming import HIGH_WATER, SIAGA1, at, engine, observe_all, types
from support.operating import HOUR, PLACE, wish

from alerts.desk.desk import alarm_rows, carry_out, end_expired_shelves
from alerts.desk.operations import Reason, Refused, Verb
from alerts.journal.alarms import EventType, folded
from alerts.journal.journal_table import alarms, append_events, events
from alerts.journal.rows import AlarmState
from storage.database import Database


@pytest.fixture
def database(tmp_path):
    database = Database.in_folder(tmp_path)
    database.upgrade()
    yield database
    database.close()


def keep(database, happened):
    with database.transaction() as connection:
        append_events(connection, happened)


def journal(database):
    with database.reading() as connection:
        return events(connection)


def only_row(database):
    (row,) = alarm_rows(database)
    return row


def shelve(database, minute: float, place=PLACE):
    operation = wish(Verb.SHELVE, text="sensor dibersihkan", lasting=HOUR)
    assert not isinstance(carry_out(database, place, operation, at(minute)), Refused)


def test_of_two_who_acknowledge_at_once_one_is_first_and_the_other_is_told_who(database):
    keep(database, observe_all(engine(), (0, 120)))
    seen = only_row(database).change
    first = carry_out(database, PLACE, wish(Verb.ACKNOWLEDGE, by="operator-1", seen=seen), at(1))
    second = carry_out(database, PLACE, wish(Verb.ACKNOWLEDGE, by="operator-2", seen=seen), at(2))
    assert not isinstance(first, Refused)
    assert second == Refused(reason=Reason.OVERTAKEN, by="operator-1", at=at(1), after=EventType.ACKNOWLEDGED)
    assert only_row(database).alarms[0].acknowledged_by == "operator-1"
    assert types(journal(database)) == [EventType.RAISED, EventType.ACKNOWLEDGED]


def test_of_eight_who_claim_at_the_same_instant_exactly_one_is_on_it(database):
    keep(database, observe_all(engine(), (0, 120)))
    names = [f"operator-{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(lambda by: carry_out(database, PLACE, wish(Verb.CLAIM, by=by), at(1)), names))
    winner = only_row(database).claimed_by
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert refused == [Refused(reason=Reason.CLAIMED, by=winner)] * 7


def test_an_operation_is_new_to_whoever_reads_what_changed_since(database):
    keep(database, observe_all(engine(), (0, 120)))
    seen = only_row(database).change
    carry_out(database, PLACE, wish(Verb.ACKNOWLEDGE), at(1))
    with database.reading() as connection:
        (alarm,) = alarms(connection, after_change=seen)
    assert alarm.acknowledged_by == "operator-1"


def test_a_refusal_writes_nothing(database):
    keep(database, observe_all(engine(), (0, 120)))
    before = journal(database)
    assert isinstance(carry_out(database, PLACE, wish(Verb.UNSHELVE), at(1)), Refused)
    assert journal(database) == before


def test_a_shelved_alarm_goes_on_being_judged_and_comes_back_unacknowledged(database):
    watcher = engine()
    keep(database, observe_all(watcher, (0, 120)))
    carry_out(database, PLACE, wish(Verb.ACKNOWLEDGE), at(1))
    shelve(database, 2)
    assert only_row(database).state is AlarmState.SHELVED
    keep(database, observe_all(watcher, (5, 50), (10, 120)))
    carry_out(database, PLACE, wish(Verb.UNSHELVE, by="operator-2"), at(20))
    assert only_row(database).state is AlarmState.ACTIVE_UNACKNOWLEDGED
    assert types(journal(database))[-2:] == [EventType.UNSHELVED, EventType.RETURNED]


def test_an_acknowledged_alarm_is_unacknowledged_after_the_shelf_although_it_never_cleared(database):
    keep(database, observe_all(engine(), (0, 120)))
    carry_out(database, PLACE, wish(Verb.ACKNOWLEDGE), at(1))
    shelve(database, 2)
    assert types(end_expired_shelves(database, at(62))) == [EventType.SHELF_EXPIRED, EventType.RETURNED]
    assert only_row(database).state is AlarmState.ACTIVE_UNACKNOWLEDGED


def test_a_shelf_ends_once_whatever_restarts_in_between(database, tmp_path):
    shelve(database, 0)
    assert end_expired_shelves(database, at(59)) == []
    again = Database.in_folder(tmp_path)
    assert types(end_expired_shelves(again, at(60))) == [EventType.SHELF_EXPIRED]
    assert end_expired_shelves(database, at(61)) == []
    again.close()
    assert alarm_rows(database) == []


def test_two_shelves_that_end_together_are_heard_a_minute_apart(database):
    keep(database, observe_all(engine(HIGH_WATER, SIAGA1), (0, 1000)))
    shelve(database, 1)
    shelve(database, 1, place=("siaga1", "gate"))
    ended = [end_expired_shelves(database, at(61 + second / 60)) for second in (0, 1, 59, 60)]
    assert [bool(happened) for happened in ended] == [True, False, False, True]
    assert [happened[0].rule_id for happened in ended if happened] == ["siaga1", "high_water"]


def test_what_never_spoke_can_be_taken_out_of_service_and_put_back(database):
    out = wish(Verb.TAKE_OUT_OF_SERVICE, text="pintu direnovasi")
    carry_out(database, PLACE, out, at(0))
    row = only_row(database)
    assert (row.state, row.shelf.reason, row.shelf.until) == (
        AlarmState.OUT_OF_SERVICE,
        "pintu direnovasi",
        None,
    )
    assert end_expired_shelves(database, at(1e6)) == []
    assert carry_out(database, PLACE, out, at(1)).reason is Reason.OUT_OF_SERVICE
    assert carry_out(database, PLACE, wish(Verb.UNSHELVE), at(1)).reason is Reason.OUT_OF_SERVICE
    carry_out(database, PLACE, wish(Verb.PUT_IN_SERVICE), at(2))
    assert alarm_rows(database) == []


def test_events_of_a_shelf_invent_no_alarm(database):
    shelve(database, 0)
    with database.reading() as connection:
        assert alarms(connection) == []
    assert folded(journal(database)) == {}


def test_rows_come_unacknowledged_first_then_worst_first(database):
    watcher = engine(HIGH_WATER, SIAGA1)
    keep(database, observe_all(watcher, (0, 1000)))
    assert [row.rule_id for row in alarm_rows(database)] == ["siaga1", "high_water"]
    carry_out(database, ("siaga1", "gate"), wish(Verb.ACKNOWLEDGE), at(1))
    assert [row.rule_id for row in alarm_rows(database)] == ["high_water", "siaga1"]
    keep(database, observe_all(watcher, (5, 0)))
    assert [row.rule_id for row in alarm_rows(database)] == ["high_water"]
    assert len(alarm_rows(database, everything=True)) == 2
