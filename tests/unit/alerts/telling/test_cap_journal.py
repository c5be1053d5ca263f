from dataclasses import replace
from datetime import timedelta

import pytest
from support.alarming import HIGH_WATER, START, engine, observe_all
from support.operating import PLACE, wish

from alerts.desk.desk import carry_out
from alerts.desk.operations import Refused, Verb
from alerts.journal.alarms import AlarmEvent, EventType
from alerts.journal.journal_table import append_events
from alerts.telling.cap_journal import KEPT, read_cap_books
from config.settings import Cap
from storage.database import Database
from storage.heartbeat_table import beat

RULES = {"high_water": HIGH_WATER}
DAY = timedelta(days=1)


@pytest.fixture
def database(tmp_path):
    database = Database.in_folder(tmp_path)
    database.upgrade()
    yield database
    database.close()


def happens(database, events: list[AlarmEvent], *, shifted: timedelta = timedelta(0)) -> None:
    moved = [
        replace(event, observed_at=event.observed_at + shifted, recorded_at=event.recorded_at + shifted)
        for event in events
    ]
    with database.transaction() as connection:
        append_events(connection, moved)


def causes(database, now, rules=RULES) -> list[str]:
    with database.transaction() as connection:
        beat(connection, "ingest", now)
    return [message.cause.value for message in read_cap_books(database, Cap(), rules, now).messages]


RAISED, CLEARED = observe_all(engine(), (0, 120), (5, 50))


def test_the_last_seven_days_are_told_and_no_more(database):
    happens(database, [RAISED, CLEARED])
    assert causes(database, START + DAY) == ["raised", "cleared"]
    assert causes(database, CLEARED.recorded_at + KEPT) == ["cleared"]
    assert causes(database, CLEARED.recorded_at + KEPT + DAY) == []


def test_an_alarm_of_last_month_that_goes_on_is_still_told(database):
    happens(database, [RAISED])
    told = causes(database, START + 30 * DAY)
    assert told == ["goes_on"] * (7 * 8)
    happens(database, [CLEARED], shifted=30 * DAY)
    assert causes(database, START + 30 * DAY + timedelta(hours=1))[-1] == "cleared"


def test_an_alarm_that_began_long_before_and_ended_now_names_what_it_cancels(database):
    happens(database, [RAISED])
    happens(database, [CLEARED], shifted=20 * DAY)
    now = START + 20 * DAY + timedelta(hours=1)
    causes(database, now)
    assert read_cap_books(database, Cap(), RULES, now).messages[-1].references


def test_a_row_that_was_taken_out_of_service_last_month_warns_nobody(database):
    happens(database, [RAISED, CLEARED])
    out = wish(Verb.TAKE_OUT_OF_SERVICE, text="tiang dipindah")
    assert not isinstance(carry_out(database, PLACE, out, START + DAY), Refused)
    happens(database, [replace(RAISED, alarm_id="new")], shifted=40 * DAY)
    now = START + 40 * DAY + timedelta(hours=1)
    assert causes(database, now) == []
    happens(database, [replace(RAISED, alarm_id="new", type=EventType.CLEARED)], shifted=40 * DAY)
    back = carry_out(database, PLACE, wish(Verb.PUT_IN_SERVICE), now)
    assert not isinstance(back, Refused)
    happens(database, [replace(RAISED, alarm_id="newer")], shifted=41 * DAY)
    assert causes(database, START + 41 * DAY) == ["raised"]


def test_outages_and_pantau_itself_are_no_warning_for_others(database):
    own = replace(HIGH_WATER, id="disk", kind="pantau")
    happens(
        database,
        [replace(RAISED, rule_id="outage_city", alarm_id="o"), replace(RAISED, rule_id="disk", alarm_id="d")],
    )
    assert causes(database, START, RULES | {"disk": own}) == []


def test_while_ingest_is_away_nothing_is_said_to_go_on(database):
    happens(database, [RAISED])
    assert [m.cause.value for m in read_cap_books(database, Cap(), RULES, START + DAY).messages] == ["raised"]
