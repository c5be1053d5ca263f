"""From the journal to messages that are kept, on a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.alarming import HIGH_WATER, SIAGA1, at
from support.notifying import announcer, event, route, step, told_without_cause

from alerts.desk.performance import annunciations
from alerts.journal.alarms import EventType, Severity
from alerts.journal.journal_table import append_events, events
from alerts.telling.deliveries_table import deliveries
from alerts.telling.notices import Purpose
from notification.texts import load_texts
from storage.database import METADATA, Database

TEXTS = load_texts()
RULES = (HIGH_WATER, SIAGA1)
TOLD = (Purpose.NEW, Purpose.UPDATE)


class Room:
    """An announcer over a journal, that can be restarted at any moment."""

    def __init__(self, database, *routes, available=("duty", "head"), **more):
        self.database, self.routes, self.more = database, routes, {"available": available, **more}
        self.restart()

    def restart(self):
        self.announcer = announcer(self.database, RULES, *self.routes, **self.more)

    def happen(self, *happened):
        with self.database.transaction() as connection:
            append_events(connection, happened)

    def look(self, minute):
        return self.announcer.look(at(minute))

    def kept(self):
        with self.database.reading() as connection:
            return list(reversed(deliveries(connection)))

    def journal(self):
        with self.database.reading() as connection:
            return events(connection)


@pytest.fixture
def room(database):
    room = Room(database, route())
    room.look(0)
    return room


def test_the_first_start_on_an_old_journal_tells_no_history(database):
    room = Room(database, route())
    room.happen(event(EventType.RAISED, 0))
    room.look(1)
    room.look(60)
    assert room.kept() == []
    room.happen(event(EventType.RAISED, 61, site="post"))
    room.look(62)
    assert [one.channel for one in room.kept()] == ["duty"]


def test_what_happened_while_the_service_was_down_is_told(room):
    room.happen(event(EventType.RAISED, 1))
    room.restart()
    room.look(600)
    (message,) = room.kept()
    assert "TINGGI" in message.title
    assert message.created_at == at(600)


def test_nothing_is_told_twice_however_often_it_starts(room):
    room.happen(event(EventType.RAISED, 1))
    for _ in range(5):
        room.restart()
        room.look(3)
    assert len(room.kept()) == 1


def test_an_alarm_that_reaches_nobody_is_kept_as_such(database):
    room = Room(database, route(agencies=("DLH",)))
    room.look(0)
    room.happen(event(EventType.RAISED, 1))
    room.look(2)
    (message,) = room.kept()
    assert (message.channel, message.given_up_at) == ("", at(2))
    assert "no route" in message.error


def test_what_need_reach_nobody_is_not_missed(database):
    room = Room(database, route(agencies=("DLH",)), silent_below=Severity.CRITICAL)
    room.look(0)
    room.happen(event(EventType.RAISED, 1))
    room.happen(event(EventType.RAISED, 1, site="post", severity=Severity.CRITICAL))
    room.look(2)
    assert [one.alarm_ids[0].split("/")[1] for one in room.kept()] == ["post"]


def test_without_any_route_nothing_is_told_and_nothing_is_missed(database):
    room = Room(database)
    room.look(0)
    room.happen(event(EventType.RAISED, 1))
    room.look(2)
    assert room.kept() == []


def test_where_no_channel_is_set_nobody_is_missed(database):
    room = Room(database, route(), available=())
    room.look(0)
    room.happen(event(EventType.RAISED, 1))
    room.look(2)
    assert room.kept() == []


def test_what_is_of_the_past_or_put_aside_wakes_nobody(room):
    room.happen(event(EventType.RAISED, 1, retrospective=True))
    room.happen(event(EventType.SHELVED, 2, site="post", until=at(100)))
    room.happen(event(EventType.RAISED, 3, site="post"))
    room.look(10)
    assert room.kept() == []


def test_what_was_put_aside_before_the_first_start_is_known(database):
    room = Room(database, route())
    room.happen(event(EventType.SHELVED, 0, until=at(100)))
    room.look(1)
    room.happen(event(EventType.RAISED, 2))
    room.look(10)
    assert room.kept() == []
    room.happen(event(EventType.SHELF_EXPIRED, 100), event(EventType.RETURNED, 100, raised=2))
    room.look(102)
    assert len(room.kept()) == 1


class DiskFullError(Exception):
    """The disk is full in the middle of a look."""


class FullOnce:
    """A database whose first change fails after all was worked out."""

    def __init__(self, database):
        self.reading = database.reading

    def transaction(self):
        raise DiskFullError


def test_a_look_that_could_not_be_kept_is_made_again(room):
    room.happen(event(EventType.RAISED, 1))
    with pytest.raises(DiskFullError):
        announcer(FullOnce(room.database), RULES, route(), available=["duty"]).look(at(3))
    assert room.kept() == []
    room.look(3)
    assert len(room.kept()) == 1


SITES = ("gate", "post")
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["raise", "clear", "ack", "shelve", "return", "late", "look", "restart", "twice"]),
        st.sampled_from([(rule.id, site) for rule in RULES for site in SITES]),
        st.integers(1, 9),
    ),
    max_size=30,
)


class City:
    """Rows that are raised, cleared and put aside at random, in ways that the journal allows."""

    def __init__(self, room):
        self.room, self.minute = room, 1.0
        self.active, self.aside = {}, set()

    def act(self, name, place, minutes):
        # A look may come at once, while the first of a place still waits for others.
        self.minute += minutes % 3 if name in ("look", "twice", "restart") else minutes
        rule, site = place
        more = {"rule": rule, "site": site}
        if name in ("raise", "late") and place not in self.active:
            self.active[place] = self.minute
            self.room.happen(event(EventType.RAISED, self.minute, retrospective=name == "late", **more))
        elif name == "clear" and place in self.active:
            self.room.happen(event(EventType.CLEARED, self.minute, raised=self.active.pop(place), **more))
        elif name == "ack" and place in self.active:
            self.room.happen(event(EventType.ACKNOWLEDGED, self.minute, raised=self.active[place], **more))
        elif name == "shelve" and place not in self.aside:
            self.aside.add(place)
            self.room.happen(event(EventType.SHELVED, self.minute, until=at(9999), **more))
        elif name == "return" and place in self.aside:
            self.aside.discard(place)
            self.room.happen(event(EventType.UNSHELVED, self.minute, **more))
            if place in self.active:
                self.room.happen(event(EventType.RETURNED, self.minute, raised=self.active[place], **more))
        elif name == "restart":
            self.room.restart()
        if name in ("look", "twice"):
            for _ in range(1 + (name == "twice")):
                self.room.look(self.minute)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(actions=ACTIONS)
def test_every_alarm_is_told_and_none_is_told_twice_or_made_up(actions):
    database = Database("sqlite://")
    METADATA.create_all(database.engine)
    room = Room(
        database,
        route("one", remind=timedelta(minutes=20)),
        route("two", to=("duty", "head"), escalate=(step(5, "head"),)),
    )
    room.look(0)
    city = City(room)
    for action in actions:
        city.act(*action)
    for minute in (city.minute + 10, city.minute + 20):
        room.look(minute)
    assert told_without_cause(room.journal(), room.kept()) == []
    asked = {one.alarm_id for one in annunciations(room.journal())}
    for channel in ("duty", "head"):
        mine = [one for one in room.kept() if one.channel == channel]
        assert {alarm_id for one in mine if one.purpose in TOLD for alarm_id in one.alarm_ids} == asked
    database.close()
