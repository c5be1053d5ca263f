"""When messages are made: time is an argument, and nothing is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.alarming import at
from support.notifying import MINUTE, event, route, step

from alerts.journal.alarms import EventType, Severity
from alerts.judging.outages import CHANNEL
from alerts.telling.letters import Circumstances, announced, made, noted
from alerts.telling.notices import Purpose, group_as_json, group_from_json

RAISED, CLEARED, ACKNOWLEDGED = EventType.RAISED, EventType.CLEARED, EventType.ACKNOWLEDGED
RIVER = ("waterway", "Bengawan Madiun")


class Desk:
    """The groups of one route, driven by events and time."""

    def __init__(self, own=None, available=("duty", "head", "mayor")):
        self.route = own or route()
        self.around = {"routes": {self.route.name: self.route}, "available": available}
        self.groups = {}
        self.change = 0
        self.held, self.chattering = frozenset(), frozenset()

    def happen(self, happened, channels=("duty",)):
        self.change += 1
        if happened.type in (RAISED, EventType.RETURNED, EventType.BECAME_LIVE):
            reach = {self.route.name: channels}
            self.groups = announced(self.groups, happened, self.change, reach, place=RIVER)
        else:
            self.groups = noted(self.groups, happened)
        return happened

    def look(self, minute):
        around = Circumstances(**self.around, held=self.held, chattering=self.chattering)
        before = {key: group_from_json(group_as_json(group)) for key, group in self.groups.items()}
        assert before == self.groups  # what is kept is what is known: a restart changes nothing
        self.groups, letters = made(before, around, at(minute))
        return letters


def told(letters):
    return [
        (letter.purpose, letter.channel, len(letter.alarm_ids), len(letter.ended_ids)) for letter in letters
    ]


def test_the_first_alarm_waits_a_moment_and_those_that_follow_come_with_it():
    desk = Desk()
    desk.happen(event(RAISED, 0, site="hulu"))
    assert desk.look(0) == []
    desk.happen(event(RAISED, 0.3, site="hilir"))
    assert desk.look(0.4) == []
    assert told(desk.look(0.5)) == [(Purpose.NEW, "duty", 2, 0)]
    assert desk.look(9) == []


def test_further_alarms_of_a_place_come_as_one_update():
    desk = Desk()
    desk.happen(event(RAISED, 0, site="hulu"))
    desk.look(1)
    for minute, site in [(2, "tengah"), (3, "hilir")]:
        desk.happen(event(RAISED, minute, site=site))
        assert desk.look(minute + 0.9) == []
    (letter,) = desk.look(6)
    assert (letter.purpose, len(letter.alarm_ids), letter.standing) == (Purpose.UPDATE, 2, 3)


def test_something_worse_does_not_wait_for_the_update():
    desk = Desk()
    desk.happen(event(RAISED, 0))
    desk.look(1)
    desk.happen(event(RAISED, 1.5, rule="siaga3", severity=Severity.CRITICAL))
    assert desk.look(1.6) == []
    assert told(desk.look(2)) == [(Purpose.UPDATE, "duty", 1, 0)]


def test_a_second_critical_alarm_does_not_wait_behind_the_first():
    desk = Desk()
    desk.happen(event(RAISED, 0, site="hulu", severity=Severity.CRITICAL))
    desk.look(1)
    desk.happen(event(RAISED, 1.2, site="hilir", severity=Severity.CRITICAL))
    assert told(desk.look(1.7)) == [(Purpose.UPDATE, "duty", 1, 0)]


def test_what_is_raised_again_after_it_was_over_does_not_wait_for_the_end_to_be_told():
    desk = Desk()
    desk.happen(event(RAISED, 0))
    desk.look(1)
    desk.happen(event(CLEARED, 2, raised=0))
    desk.happen(event(RAISED, 2.5))
    assert told(desk.look(3)) == [(Purpose.UPDATE, "duty", 1, 1)]


def test_many_alarms_no_worse_than_the_first_do_not_become_many_messages():
    desk = Desk()
    desk.happen(event(RAISED, 0, site="hulu"))
    desk.look(1)
    letters = []
    for number in range(12):
        desk.happen(event(RAISED, 1.1 + number / 10, site=f"s{number}"))
        letters += desk.look(1.1 + number / 10)
    assert letters == []


def test_the_worst_alarm_comes_first():
    desk = Desk()
    low = desk.happen(event(RAISED, 0, site="a", severity=Severity.LOW))
    worst = desk.happen(event(RAISED, 0.1, site="b", severity=Severity.CRITICAL))
    (letter,) = desk.look(1)
    assert letter.alarm_ids == (worst.alarm_id, low.alarm_id)


def test_an_end_is_told_to_those_who_heard_of_the_alarm():
    desk = Desk()
    raised = desk.happen(event(RAISED, 0))
    desk.look(1)
    desk.happen(event(CLEARED, 4, raised=0))
    assert desk.look(5) == []
    (letter,) = desk.look(6)
    assert (letter.ended_ids, letter.standing) == ((raised.alarm_id,), 0)
    assert desk.look(60) == []
    assert desk.groups == {}


def test_an_end_is_not_told_where_nobody_wants_it():
    desk = Desk(route(resolved=False))
    desk.happen(event(RAISED, 0))
    desk.look(1)
    desk.happen(event(CLEARED, 4, raised=0))
    assert desk.look(60) == []


def test_an_alarm_that_is_over_before_it_was_told_is_told_once():
    desk = Desk()
    desk.happen(event(RAISED, 0))
    desk.happen(event(CLEARED, 0.2, raised=0))
    assert told(desk.look(1)) == [(Purpose.NEW, "duty", 1, 0)]
    assert desk.look(60) == []


def test_nobody_is_told_that_the_danger_has_passed_when_only_the_watch_has():
    desk = Desk()
    raised = desk.happen(event(RAISED, 0))
    desk.look(1)
    desk.happen(event(EventType.WITHDRAWN, 4, raised=0))
    (letter,) = desk.look(10)
    assert letter.withdrawn_ids == (raised.alarm_id,)


def test_whoever_is_next_is_asked_when_nobody_acknowledges():
    desk = Desk(route(escalate=(step(10, "head"), step(30, "mayor"))))
    desk.happen(event(RAISED, 0))
    desk.look(1)
    assert desk.look(9.9) == []
    assert told(desk.look(10)) == [(Purpose.ESCALATION, "head", 1, 0)]
    assert desk.look(29.9) == []
    assert told(desk.look(30)) == [(Purpose.ESCALATION, "mayor", 1, 0)]
    assert desk.look(300) == []


@pytest.mark.parametrize(
    "stops",
    [
        pytest.param(event(ACKNOWLEDGED, 5, raised=0), id="somebody has seen it"),
        pytest.param(event(CLEARED, 5, raised=0), id="it is over"),
        pytest.param(event(EventType.SHELVED, 5), id="somebody put it aside"),
    ],
)
def test_nobody_else_is_asked_once_it_is_looked_after(stops):
    desk = Desk(route(escalate=(step(10, "head"),), remind=timedelta(minutes=20), resolved=False))
    desk.happen(event(RAISED, 0))
    desk.look(1)
    desk.happen(stops)
    assert desk.look(60) == []


def test_an_alarm_that_comes_back_from_the_shelf_is_escalated_anew():
    desk = Desk(route(escalate=(step(10, "head"),)))
    desk.happen(event(RAISED, 0))
    desk.look(1)
    desk.happen(event(EventType.SHELVED, 2))
    desk.happen(event(EventType.RETURNED, 62, raised=0))
    assert told(desk.look(63)) == [(Purpose.UPDATE, "duty", 1, 0)]
    assert told(desk.look(72)) == [(Purpose.ESCALATION, "head", 1, 0)]


def test_an_escalation_after_a_long_stop_asks_everyone_at_once():
    desk = Desk(route(escalate=(step(10, "head"), step(30, "mayor"))))
    desk.happen(event(RAISED, 0))
    assert [letter.channel for letter in desk.look(600)] == ["duty", "head", "mayor"]


def test_an_escalation_to_nobody_is_seen():
    desk = Desk(route(escalate=(step(10, "head"),)), available=("duty",))
    desk.happen(event(RAISED, 0))
    desk.look(1)
    assert told(desk.look(10)) == [(Purpose.ESCALATION, "", 1, 0)]
    assert desk.look(60) == []


def test_the_failure_of_a_channel_is_never_escalated_through_it():
    desk = Desk(route(escalate=(step(10, "head", "mayor"),)))
    desk.happen(event(RAISED, 0, rule=f"{CHANNEL}head"))
    desk.look(1)
    assert [letter.channel for letter in desk.look(10)] == ["mayor"]


def test_an_alarm_that_nobody_acknowledges_is_told_again():
    desk = Desk(route(remind=timedelta(minutes=30)))
    desk.happen(event(RAISED, 0))
    desk.look(1)
    keys = set()
    for minute in (31, 61, 91):
        assert desk.look(minute - 0.1) == []
        (letter,) = desk.look(minute)
        assert letter.purpose is Purpose.REMINDER
        keys.add(letter.key)
    assert len(keys) == 3


@pytest.mark.parametrize("why", ["held", "chattering"])
def test_nobody_is_reminded_of_what_an_outage_explains_or_what_chatters(why):
    desk = Desk(route(remind=timedelta(minutes=30)))
    desk.happen(event(RAISED, 0))
    desk.look(1)
    setattr(desk, why, {"high_water/gate"})
    assert desk.look(90) == []
    setattr(desk, why, frozenset())
    assert [letter.purpose for letter in desk.look(91)] == [Purpose.REMINDER]


def test_what_an_outage_explains_is_told_only_when_it_stands_for_itself():
    desk = Desk()
    desk.held = {"high_water/gate"}
    desk.happen(event(RAISED, 0))
    assert desk.look(30) == []
    desk.held = frozenset()
    assert told(desk.look(31)) == [(Purpose.NEW, "duty", 1, 0)]


def test_what_an_outage_explained_to_its_end_is_never_told():
    desk = Desk()
    desk.held = {"high_water/gate"}
    desk.happen(event(RAISED, 0))
    desk.look(30)
    desk.happen(event(CLEARED, 40, raised=0))
    assert desk.look(41) == []
    desk.held = frozenset()
    assert desk.look(60) == []


@pytest.mark.parametrize("pace", [0.02, 0.1, 0.4])
def test_a_hundred_crossings_of_a_limit_are_two_messages_at_most(pace):
    desk = Desk(route(wait=timedelta(0), update=MINUTE))
    letters = []
    for crossing in range(100):
        minute = crossing * pace
        desk.happen(event(RAISED, minute))
        desk.chattering = {"high_water/gate"} if crossing >= 2 else frozenset()
        letters += desk.look(minute)
        desk.happen(event(CLEARED, minute + pace / 2, raised=minute))
        letters += desk.look(minute + pace / 2)
    assert len(letters) == 2
    desk.chattering = frozenset()
    assert desk.look(100 * pace + 15) == []
    desk.happen(event(RAISED, 100 * pace + 20))
    assert told(desk.look(100 * pace + 20)) == [(Purpose.NEW, "duty", 1, 0)]


def test_another_rule_speaks_while_one_chatters():
    desk = Desk(route(wait=timedelta(0), update=MINUTE))
    desk.chattering = {"high_water/gate"}
    for crossing in range(15):
        desk.happen(event(RAISED, crossing * 0.1))
        desk.look(crossing * 0.1)
    desk.happen(event(RAISED, 2, rule="siaga3"))
    assert told(desk.look(2)) == [(Purpose.UPDATE, "duty", 1, 0)]


def test_what_a_removed_route_still_had_to_say_is_seen_as_told_to_nobody():
    desk = Desk()
    raised = desk.happen(event(RAISED, 0))
    desk.around["routes"] = {}
    (letter,) = desk.look(1)
    assert (letter.channel, letter.alarm_ids) == ("", (raised.alarm_id,))
    assert desk.groups == {}
