import pytest
from support.alarming import at, engine, observe_all, reading, types
from support.operating import HOUR, row, wish

from alerts.desk.operations import Operation, Reason, Refused, Verb, decided, overtaken
from alerts.journal.alarms import AlarmEvent, EventType
from alerts.journal.rows import AlarmState
from alerts.journal.shelving import MAX_SHELF

RAISED = observe_all(engine(), (0, 120))
CLEARED = observe_all(engine(), (0, 120), (5, 50))
TWICE = observe_all(engine(), (0, 120), (5, 50), (10, 130))


def done(events: list[AlarmEvent], operation: Operation, minute: float = 20) -> list[AlarmEvent]:
    decision = decided(row(events), operation, at(minute))
    assert not isinstance(decision, Refused), decision
    return [*events, *decision]


def refusal(events: list[AlarmEvent], operation: Operation) -> Refused:
    decision = decided(row(events), operation, at(30))
    assert isinstance(decision, Refused), decision
    return decision


ACK = wish(Verb.ACKNOWLEDGE)


def test_states_follow_the_standard_on_both_ways_to_normal():
    assert row([]).state is AlarmState.NORMAL
    assert row(RAISED).state is AlarmState.ACTIVE_UNACKNOWLEDGED
    assert row(done(RAISED, ACK)).state is AlarmState.ACTIVE_ACKNOWLEDGED
    assert row(CLEARED).state is AlarmState.CLEARED_UNACKNOWLEDGED
    assert row(done(CLEARED, ACK)).state is AlarmState.NORMAL
    watcher = engine()
    acknowledged = done(observe_all(watcher, (0, 120)), ACK, minute=2)
    assert row([*acknowledged, *observe_all(watcher, (5, 50))]).state is AlarmState.NORMAL


def test_acknowledging_tells_who_and_when():
    (alarm,) = row(done(RAISED, wish(Verb.ACKNOWLEDGE, by="operator-7"), minute=3)).alarms
    assert (alarm.acknowledged_by, alarm.acknowledged_at) == ("operator-7", at(3))


def test_one_acknowledgement_covers_every_alarm_of_the_row_and_only_these():
    events = done(TWICE, ACK)
    assert row(events).state is AlarmState.ACTIVE_ACKNOWLEDGED
    assert types(events[3:]) == [EventType.ACKNOWLEDGED] * 2
    assert [event.alarm_id for event in events[3:]] == [TWICE[0].alarm_id, TWICE[2].alarm_id]


def test_a_new_alarm_of_an_acknowledged_row_is_unacknowledged():
    watcher = engine()
    events = done(observe_all(watcher, (0, 120)), ACK, minute=1)
    events += observe_all(watcher, (5, 50), (10, 120))
    assert row(events).state is AlarmState.ACTIVE_UNACKNOWLEDGED


def test_acknowledging_again_tells_who_was_first():
    said = refusal(done(RAISED, wish(Verb.ACKNOWLEDGE, by="operator-1"), minute=3), ACK)
    assert said == Refused(reason=Reason.ACKNOWLEDGED, by="operator-1", at=at(3))


def test_an_alarm_of_the_past_that_is_over_asks_for_nobody():
    watcher = engine()
    events = watcher.observe(reading(0, 120), at(60))
    assert row(events).state is AlarmState.ACTIVE_UNACKNOWLEDGED
    events += watcher.observe(reading(1, 50), at(61))
    assert row(events).state is AlarmState.NORMAL
    assert refusal(events, ACK).reason is Reason.NOTHING_OPEN


def test_acknowledging_the_past_is_not_acknowledging_the_present():
    watcher = engine()
    events = done(watcher.observe(reading(0, 120), at(60)), ACK, minute=61)
    events += observe_all(watcher, (62, 120))
    assert types(events)[-1] is EventType.BECAME_LIVE
    assert row(events).state is AlarmState.ACTIVE_UNACKNOWLEDGED


def test_silence_neither_acknowledges_nor_clears():
    watcher = engine()
    events = observe_all(watcher, (0, 120)) + watcher.tick(at(60))
    assert row(events).state is AlarmState.ACTIVE_UNACKNOWLEDGED
    assert row(events).alarms[0].data_lost_at is not None


def test_only_one_person_is_on_it_until_released():
    events = done(RAISED, wish(Verb.CLAIM, by="operator-1"))
    assert row(events).claimed_by == "operator-1"
    assert refusal(events, wish(Verb.CLAIM, by="operator-2")) == Refused(
        reason=Reason.CLAIMED, by="operator-1"
    )
    events = done(events, wish(Verb.RELEASE, by="operator-2"))
    assert row(events).claimed_by == ""
    assert refusal(events, wish(Verb.RELEASE)).reason is Reason.NOT_CLAIMED
    assert row(done(events, wish(Verb.CLAIM, by="operator-2"))).claimed_by == "operator-2"


def test_assigned_agency_stands_with_the_alarm():
    assert row(done(RAISED, wish(Verb.ASSIGN, text="DPUPR"))).alarms[0].assigned_to == "DPUPR"


def test_a_comment_stays_in_the_journal_and_changes_no_state():
    events = done(RAISED, wish(Verb.COMMENT, text="pintu dibuka"))
    assert (events[-1].type, events[-1].text, events[-1].by) == (
        EventType.COMMENTED,
        "pintu dibuka",
        "operator-1",
    )
    assert row(events).state is AlarmState.ACTIVE_UNACKNOWLEDGED


def test_a_comment_may_still_be_written_when_all_is_over():
    assert types(done(done(CLEARED, ACK), wish(Verb.COMMENT, text="salah baca")))[-1] is EventType.COMMENTED


@pytest.mark.parametrize(
    ("events", "operation", "reason"),
    [
        pytest.param(RAISED, wish(Verb.ACKNOWLEDGE, by=" "), Reason.NEEDS_NAME, id="nobody"),
        pytest.param(RAISED, wish(Verb.COMMENT, text=" "), Reason.NEEDS_TEXT, id="empty-comment"),
        pytest.param(RAISED, wish(Verb.ASSIGN), Reason.NEEDS_TEXT, id="no-agency"),
        pytest.param(RAISED, wish(Verb.SHELVE, lasting=HOUR), Reason.NEEDS_TEXT, id="no-reason"),
        pytest.param(RAISED, wish(Verb.SHELVE, text="x"), Reason.NEEDS_TIME, id="no-time"),
        pytest.param(
            RAISED, wish(Verb.SHELVE, text="x", lasting=-HOUR), Reason.NEEDS_TIME, id="back-in-time"
        ),
        pytest.param(
            RAISED, wish(Verb.SHELVE, text="x", lasting=MAX_SHELF + HOUR), Reason.TOO_LONG, id="too-long"
        ),
        pytest.param(RAISED, wish(Verb.TAKE_OUT_OF_SERVICE), Reason.NEEDS_TEXT, id="out-without-reason"),
        pytest.param(RAISED, wish(Verb.UNSHELVE), Reason.NOT_SHELVED, id="not-shelved"),
        pytest.param(RAISED, wish(Verb.PUT_IN_SERVICE), Reason.IN_SERVICE, id="in-service"),
        pytest.param([], ACK, Reason.NOTHING_OPEN, id="never-raised"),
        pytest.param([], wish(Verb.CLAIM), Reason.NOTHING_OPEN, id="claim-nothing"),
        pytest.param([], wish(Verb.COMMENT, text="x"), Reason.NOTHING_OPEN, id="comment-on-nothing"),
    ],
)
def test_refusal_says_why(events, operation, reason):
    assert refusal(events, operation).reason is reason


def test_who_looked_before_a_new_alarm_has_not_acknowledged_it():
    said = overtaken(wish(Verb.ACKNOWLEDGE, seen=1), TWICE[1:])
    assert said == Refused(reason=Reason.OVERTAKEN, at=at(10), after=EventType.RAISED)


def test_what_the_sensor_did_in_between_does_not_stand_in_the_way():
    watcher = engine()
    events = observe_all(watcher, (0, 120)) + watcher.tick(at(60)) + observe_all(watcher, (61, 50))
    assert overtaken(wish(Verb.ACKNOWLEDGE, seen=1), events[1:]) is None


def test_a_comment_overtakes_nothing_and_is_never_overtaken():
    commented = done(RAISED, wish(Verb.COMMENT, text="x"))
    assert overtaken(ACK, commented[1:]) is None
    assert overtaken(wish(Verb.COMMENT, text="x"), done(RAISED, ACK)[1:]) is None
