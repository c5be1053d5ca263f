"""A worse alarm holds the milder ones that it includes, for as long as it stands and no longer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarming import HIGH_WATER, KINDS, SITES, at, reading
from support.operating import HOUR, wish

from alerts.desk.desk import alarm_rows, carry_out_all
from alerts.desk.folding import held_under
from alerts.desk.operations import Refused, Verb
from alerts.journal.alarms import Severity, folded
from alerts.journal.journal_table import append_events
from alerts.journal.rows import AlarmState, rows
from alerts.judging.engine import AlarmEngine
from devices.registry import Registry
from storage.database import Database

GREEN = replace(HIGH_WATER, id="green", above=100.0, severity=Severity.LOW)
YELLOW = replace(HIGH_WATER, id="yellow", above=200.0, severity=Severity.HIGH, includes=("green",))
RED = replace(HIGH_WATER, id="red", above=300.0, severity=Severity.CRITICAL, includes=("yellow", "green"))
LADDER = {rule.id: rule for rule in (GREEN, YELLOW, RED)}
REGISTRY = Registry(tuple(SITES.values()), (), ())


@pytest.fixture
def database(tmp_path):
    database = Database.in_folder(tmp_path)
    database.upgrade()
    yield database
    database.close()


class Gauge:
    """One gauge under the three rules, whose events are kept."""

    def __init__(self, database):
        self.database = database
        self.engine = AlarmEngine(LADDER, SITES, KINDS)

    def say(self, minute, level):
        with self.database.transaction() as connection:
            append_events(connection, self.engine.observe(reading(minute, level), at(minute)))

    def do(self, rule_id, operation, minute):
        (answer,) = carry_out_all(self.database, [((rule_id, "gate"), operation)], at(minute), rules=LADDER)
        return answer

    def seen(self):
        """What an operator sees: the rows that stand for themselves, with their state."""
        listed = alarm_rows(self.database)
        held = held_under(listed, REGISTRY, LADDER)
        return {row.rule_id: row.state for row in listed if row.key not in held}


@pytest.fixture
def gauge(database):
    return Gauge(database)


ACTIVE, SEEN = AlarmState.ACTIVE_UNACKNOWLEDGED, AlarmState.ACTIVE_ACKNOWLEDGED


def test_a_gauge_that_passed_three_levels_is_one_row_and_falls_back_through_them(gauge):
    gauge.say(0, 350.0)
    assert gauge.seen() == {"red": ACTIVE}
    gauge.say(5, 250.0)
    assert gauge.seen() == {"red": AlarmState.CLEARED_UNACKNOWLEDGED, "yellow": ACTIVE}
    gauge.say(10, 350.0)
    assert gauge.seen() == {"red": ACTIVE}


def test_who_acknowledges_the_worst_level_is_not_asked_again_on_the_way_down(gauge):
    gauge.say(0, 350.0)
    events = gauge.do("red", wish(Verb.ACKNOWLEDGE, by="operator-1"), 1)
    assert [(event.rule_id, event.by) for event in events] == [
        ("red", "operator-1"),
        ("yellow", "operator-1"),
        ("green", "operator-1"),
    ]
    gauge.say(5, 250.0)
    assert gauge.seen() == {"yellow": SEEN}
    gauge.say(10, 350.0)
    assert gauge.seen() == {"red": ACTIVE}


def test_a_milder_alarm_that_came_after_the_look_is_not_acknowledged_with_the_worse_one(gauge):
    gauge.say(0, 350.0)
    seen = max(row.change for row in alarm_rows(gauge.database))
    gauge.do("green", wish(Verb.COMMENT, text="ditinjau"), 1)
    gauge.say(2, 250.0)
    gauge.say(3, 50.0)
    gauge.say(4, 150.0)  # a new green alarm, while nobody looked
    gauge.say(5, 350.0)  # and a new red one: what the operator saw is over
    assert isinstance(gauge.do("red", wish(Verb.ACKNOWLEDGE, seen=seen), 6), Refused)
    assert gauge.seen()["red"] is ACTIVE


def test_a_shelved_level_holds_nothing(gauge):
    gauge.say(0, 350.0)
    gauge.do("red", wish(Verb.SHELVE, text="pos diperbaiki", lasting=HOUR), 1)
    assert gauge.seen() == {"red": AlarmState.SHELVED, "yellow": ACTIVE}


def test_a_milder_row_at_another_site_stands_for_itself():
    journal = [
        *AlarmEngine(LADDER, SITES, KINDS).observe(reading(0, 350.0), at(0)),
        *AlarmEngine(LADDER, SITES, KINDS).observe(reading(0, 150.0, site="post"), at(0)),
    ]
    held = held_under(rows(folded(journal).values(), ()), REGISTRY, LADDER)
    assert held == {"green/gate": "red/gate", "yellow/gate": "red/gate"}


def test_an_alarm_of_the_past_holds_nothing_of_the_present():
    journal = AlarmEngine(LADDER, SITES, KINDS).observe(reading(0, 350.0), at(600))
    assert held_under(rows(folded(journal).values(), ()), REGISTRY, LADDER) == {}


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12))
def test_whatever_the_level_did_every_active_alarm_is_seen_or_held_by_one_that_is(levels):
    engine = AlarmEngine(LADDER, SITES, KINDS)
    journal = [e for n, level in enumerate(levels) for e in engine.observe(reading(n, float(level)), at(n))]
    listed = rows(sorted(folded(journal).values(), key=lambda a: a.raised_at, reverse=True), ())
    held = held_under(listed, REGISTRY, LADDER)
    active = {row.key: row for row in listed if row.active}
    tops = active.keys() - held.keys()
    assert len(tops) == (1 if active else 0)
    for key, head in held.items():
        assert head in tops
        assert active[head].severity > active[key].severity
