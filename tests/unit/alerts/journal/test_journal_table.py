import json
from dataclasses import replace

import pytest
from support.alarming import HIGH_WATER, SIAGA1, SIAGA2, at, engine, observe_all, reading

from alerts.journal.alarms import EventType, Severity
from alerts.journal.journal_table import (
    alarms,
    append_events,
    events,
    last_event_change,
    load_states,
    save_states,
)
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


def all_alarms(database, **choice):
    with database.transaction() as connection:
        return alarms(connection, **choice)


def journal(database, **choice):
    with database.transaction() as connection:
        return events(connection, **choice)


def test_journal_gives_events_back_as_they_were_in_the_order_they_were_written(database):
    watcher = engine()
    happened = observe_all(watcher, (0, 120), (5, 50), (10, 120))
    happened += watcher.tick(at(60))
    keep(database, happened)
    assert journal(database) == happened


def test_alarm_follows_from_its_events(database):
    watcher = engine()
    keep(database, observe_all(watcher, (0, 120)))
    (alarm,) = all_alarms(database)
    assert (alarm.raised_at, alarm.is_active, alarm.last_value, alarm.limit) == (at(0), True, 120.0, 100.0)
    keep(database, watcher.tick(at(20)))
    assert all_alarms(database)[0].data_lost_at == at(15)
    keep(database, observe_all(watcher, (21, 50)))
    (alarm,) = all_alarms(database)
    assert (alarm.cleared_at, alarm.data_lost_at, alarm.last_value) == (at(21), None, 50.0)


def test_retrospective_alarm_becomes_live_in_the_journal(database):
    watcher = engine()
    keep(database, watcher.observe(reading(0, 120), at(60)))
    assert all_alarms(database)[0].retrospective
    keep(database, observe_all(watcher, (61, 120)))
    assert not all_alarms(database)[0].retrospective


def test_withdrawn_alarm_is_no_longer_active_and_its_journal_says_why(database):
    watcher = engine()
    keep(database, observe_all(watcher, (0, 120)))
    keep(database, watcher.tick(at(20)))
    watcher.update_sites({})
    keep(database, watcher.tick(at(21)))
    assert all_alarms(database, active=True) == []
    assert all_alarms(database)[0].data_lost_at is None
    assert journal(database)[-1].type is EventType.WITHDRAWN


def test_event_of_an_unknown_alarm_is_kept_and_invents_no_alarm(database):
    _, cleared = observe_all(engine(), (0, 120), (5, 50))
    keep(database, [cleared])
    assert journal(database) == [cleared]
    assert all_alarms(database) == []


def test_alarms_come_worst_first_then_newest_first(database):
    watcher = engine(SIAGA2, SIAGA1, replace(HIGH_WATER, severity=Severity.HIGH))
    keep(database, observe_all(watcher, (0, 120), (5, 1000)))
    assert [alarm.rule_id for alarm in all_alarms(database)] == ["siaga1", "siaga2", "high_water"]
    assert [alarm.rule_id for alarm in all_alarms(database, limit=1)] == ["siaga1"]


def test_alarms_are_chosen_by_state_site_and_change(database):
    watcher = engine()
    keep(database, observe_all(watcher, (0, 120), (5, 50), (10, 120)))
    keep(database, watcher.observe(reading(10, 120, site="post"), at(10)))
    assert len(all_alarms(database, active=True)) == 2
    assert [alarm.raised_at for alarm in all_alarms(database, active=False)] == [at(0)]
    assert [alarm.site_id for alarm in all_alarms(database, site_id="post")] == ["post"]
    assert [alarm.site_id for alarm in all_alarms(database, after_change=3)] == ["post"]
    with database.transaction() as connection:
        assert last_event_change(connection) == 4


def test_change_of_an_alarm_grows_with_every_event_of_it(database):
    watcher = engine()
    keep(database, observe_all(watcher, (0, 120)))
    (before,) = all_alarms(database)
    keep(database, watcher.tick(at(60)))
    assert [alarm.id for alarm in all_alarms(database, after_change=before.change)] == [before.id]


def test_events_are_chosen_by_site_and_half_open_time(database):
    watcher = engine()
    happened = observe_all(watcher, (0, 120), (5, 50), (10, 120))
    keep(database, happened)
    assert journal(database, start=at(0), end=at(10)) == happened[:2]
    assert journal(database, site_id="post") == []


def test_event_times_keep_their_microseconds(database):
    happened = observe_all(engine(), (1 / 60_000_000, 120))
    keep(database, happened)
    assert journal(database)[0].observed_at.microsecond == 1


def test_events_of_a_failed_transaction_are_not_kept(database):
    def fail_after_appending() -> None:
        with database.transaction() as connection:
            append_events(connection, observe_all(engine(), (0, 120)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_appending()
    assert journal(database) == []
    assert all_alarms(database) == []


def test_engine_goes_on_from_kept_states_as_if_it_had_not_stopped(database):
    watcher = engine()
    for minute, value in [(0, 120), (5, 50), (10, 120)]:
        happened = observe_all(watcher, (minute, value))
        with database.transaction() as connection:
            append_events(connection, happened)
            save_states(connection, watcher.changed_states())
    restarted = engine()
    with database.transaction() as connection:
        restarted.restore(load_states(connection))
    assert restarted.snapshot() == watcher.snapshot()
    assert restarted.tick(at(60)) == watcher.tick(at(60))


def test_states_are_plain_json():
    watcher = engine()
    observe_all(watcher, (0, 120))
    assert json.loads(json.dumps(watcher.snapshot())) == watcher.snapshot()


def test_saving_no_states_is_harmless(database):
    with database.transaction() as connection:
        save_states(connection, {})
        assert load_states(connection) == {}
