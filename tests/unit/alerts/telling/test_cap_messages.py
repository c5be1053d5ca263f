from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from support.alarming import HIGH_WATER, START, at, engine, observe_all, reading
from support.operating import HOUR, row, wish

from alerts.desk.operations import Refused, Verb, decided
from alerts.journal.alarms import AlarmEvent, EventType, Severity, folded
from alerts.journal.shelving import Shelf, ended
from alerts.telling.cap_messages import Cause, MessageType, cap_messages
from storage.readings import Reading

SIX_HOURS = timedelta(hours=6)


def messages(events, *, until=START, severity_from=Severity.HIGH, begins_aside=()):
    return cap_messages(
        events, severity_from=severity_from, expires=SIX_HOURS, until=until, begins_aside=begins_aside
    )


def causes(found) -> list[str]:
    return [message.cause.value for message in found]


def shelve(events: list[AlarmEvent], minute: float) -> tuple[list[AlarmEvent], Shelf]:
    operation = wish(Verb.SHELVE, text="dibersihkan", lasting=HOUR)
    happened = decided(row(events), operation, at(minute))
    assert not isinstance(happened, Refused)
    (event,) = happened
    shelf = Shelf(
        rule_id=event.rule_id,
        site_id=event.site_id,
        is_maintenance=False,
        since=event.recorded_at,
        until=event.until,
        by=event.by,
        reason=event.text,
        severity=event.severity,
        change=1,
    )
    return happened, shelf


def test_an_alarm_is_an_alert_and_its_end_cancels_it():
    alert, cancel = messages(observe_all(engine(), (0, 120), (5, 50)))
    assert (alert.cause.type, cancel.cause.type) == (MessageType.ALERT, MessageType.CANCEL)
    assert alert.references == ()
    assert cancel.references == ((alert.identifier, alert.sent),)
    assert (alert.sent, cancel.sent) == (at(0), at(5))


def test_silence_is_an_update_and_never_an_end():
    watcher = engine()
    events = observe_all(watcher, (0, 120)) + watcher.tick(at(60)) + observe_all(watcher, (61, 130))
    found = messages(events)
    assert causes(found) == ["raised", "data_lost", "data_back"]
    assert len(found[-1].references) == 2


def test_what_operators_do_among_themselves_is_not_told():
    events = observe_all(engine(), (0, 120))
    for verb, text in (
        (Verb.ACKNOWLEDGE, ""),
        (Verb.CLAIM, ""),
        (Verb.COMMENT, "saya ke sana"),
        (Verb.ASSIGN, "DPUPR"),
    ):
        done = decided(row(events), wish(verb, text=text), at(1))
        assert not isinstance(done, Refused)
        events += done
    assert causes(messages(events)) == ["raised"]


def test_an_alarm_that_goes_on_is_told_anew_before_it_runs_out():
    found = messages(observe_all(engine(), (0, 120)), until=at(60 * 24))
    assert causes(found) == ["raised", *["goes_on"] * 7]
    gaps = {later.sent - sooner.sent for sooner, later in pairwise(found)}
    assert gaps == {timedelta(hours=3)}
    assert [identifier for identifier, _ in found[-1].references] == [found[-2].identifier]


def test_an_alert_runs_out_when_nobody_knows_any_more_whether_it_goes_on():
    found = messages(observe_all(engine(), (0, 120)), until=at(60 * 4))
    assert found[-1].sent + SIX_HOURS < at(60 * 24)


def test_what_is_less_severe_is_not_told():
    assert messages(observe_all(engine(), (0, 120)), severity_from=Severity.CRITICAL) == []
    low = engine(replace(HIGH_WATER, severity=Severity.LOW))
    assert causes(messages(observe_all(low, (0, 120)), severity_from=Severity.LOW)) == ["raised"]


def test_an_alarm_of_the_past_is_told_only_when_it_becomes_live():
    (raised, cleared) = observe_all(engine(), (0, 120), (5, 50))
    past = replace(raised, retrospective=True)
    assert messages([past, replace(cleared, retrospective=True)]) == []
    live = replace(raised, type=EventType.BECAME_LIVE, recorded_at=at(3))
    assert [m.sent for m in messages([past, live, cleared])] == [at(3), at(5)]


def test_putting_an_alarm_aside_withdraws_it_and_its_return_warns_again():
    events = observe_all(engine(), (0, 120))
    aside, shelf = shelve(events, 10)
    back = ended(shelf, EventType.SHELF_EXPIRED, folded(events).values(), now=at(70))
    found = messages(events + aside + back)
    assert causes(found) == ["raised", "put_aside", "raised"]
    assert found[1].cause.type is MessageType.CANCEL
    assert found[2].references == ()


def test_an_alarm_that_begins_while_it_is_put_aside_warns_nobody():
    watcher = engine()
    first = observe_all(watcher, (0, 120), (5, 50))
    aside, _ = shelve(first, 10)
    assert causes(messages(first + aside + observe_all(watcher, (20, 120), (30, 50)))) == [
        "raised",
        "cleared",
    ]


def test_what_was_put_aside_before_the_journal_that_is_read_is_still_aside():
    events = observe_all(engine(), (0, 120))
    assert messages(events, begins_aside={"high_water/gate"}) == []


STEPS = st.lists(
    st.tuples(st.integers(0, 240), st.sampled_from(["high", "low", "silent", "shelve", "return", "late"])),
    max_size=25,
)


@given(STEPS)
def test_every_message_follows_from_the_life_of_an_alarm_and_every_name_is_given_once(steps):
    watcher, journal, minute = engine(), [], 0
    shelf: Shelf | None = None
    for wait, step in steps:
        minute += wait
        if step in ("high", "low"):
            journal += observe_all(watcher, (minute, 120 if step == "high" else 50))
        elif step == "late":
            journal += watcher.observe(delayed(minute - 500, 130), at(minute))
        elif step == "silent":
            journal += watcher.tick(at(minute))
        elif step == "shelve" and shelf is None:
            happened, shelf = shelve(journal, minute)
            journal += happened
        elif step == "return" and shelf is not None:
            active = [alarm for alarm in folded(journal).values() if alarm.is_active]
            journal += ended(shelf, EventType.UNSHELVED, active, now=at(minute), by="operator-1")
            shelf = None
    found = messages(journal, until=at(minute + 600))
    assert max(Counter(message.identifier for message in found).values(), default=1) == 1
    assert [m.sent for m in found] == sorted(m.sent for m in found)
    standing: dict[str, list[str]] = {}
    for message in found:
        told = standing.setdefault(message.alarm.id, [])
        assert bool(told) == (message.cause.type is not MessageType.ALERT)
        assert {identifier for identifier, _ in message.references} <= set(told)
        assert bool(message.references) == bool(told)
        told.append(message.identifier)
        if message.cause.type is MessageType.CANCEL:
            standing[message.alarm.id] = []
    # What warns now is what is active, of the present, and not put aside.
    alive = {
        alarm.id
        for alarm in folded(journal).values()
        if alarm.is_active and not alarm.retrospective and not shelf
    }
    assert {alarm_id for alarm_id, told in standing.items() if told} == alive
    assert Cause.RAISED in {m.cause for m in found} or not found


def delayed(minute: float, value: float) -> Reading:
    """A reading that comes hours after it was measured."""
    return replace(reading(minute, value), received_at=at(minute + 500))
