from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.alarming import GATE, HIGH_WATER, KINDS, POST, SIAGA1, SIAGA2, SITES, at, reading

from alerts.journal.alarms import Alarm, AlarmEvent, applied
from alerts.judging.engine import AlarmEngine
from storage.clock import to_us
from storage.readings import Flag

RULES = {
    rule.id: rule
    for rule in (
        SIAGA2,
        SIAGA1,
        replace(HIGH_WATER, deadband=50.0, pending=timedelta(minutes=10)),
        replace(HIGH_WATER, id="low_water", above=None, below=-100.0),
    )
}
FEWER_RULES = {rule_id: rule for rule_id, rule in RULES.items() if rule_id != "siaga2"}


@st.composite
def scripts(draw, ages):
    """A run of (minute, reading observed `age` minutes before it, or None for a tick), in order."""
    script, minute = [], 0
    for _ in range(draw(st.integers(0, 30))):
        minute += draw(st.integers(0, 12))
        observed = reading(
            minute - draw(ages),
            draw(st.sampled_from([-200.0, 0.0, 60.0, 120.0, 860.0, 940.0, 960.0])),
            site=draw(st.sampled_from(["gate", "post"])),
            device=draw(st.sampled_from(["d1", "d2"])),
            flag=draw(st.sampled_from([Flag.GOOD, Flag.GOOD, Flag.SUSPECT, Flag.FAIL])),
        )
        script.append((minute, draw(st.sampled_from([observed, observed, observed, None]))))
    return script


believed = scripts(st.integers(-5, 40))
anything = scripts(st.integers(-60, 40))


def of_the_present(engine):
    """What the engine knows, but for what it wants to look at again."""
    return {key: {**state, "late": None} for key, state in engine.snapshot().items()}


def run(engine, script):
    events = []
    for minute, step in script:
        events += engine.tick(at(minute)) if step is None else engine.observe(step, at(minute))
    return events


def folded(events: list[AlarmEvent]) -> dict[str, Alarm]:
    alarms: dict[str, Alarm] = {}
    for number, event in enumerate(events, start=1):
        alarm = applied(alarms.get(event.alarm_id), event, change=number)
        assert alarm is not None, "an alarm spoke before it was raised"
        alarms[event.alarm_id] = alarm
    return alarms


@given(believed, st.data())
def test_any_duplication_of_readings_changes_no_alarm_and_nothing_known_of_the_present(script, data):
    repeated, seen = [], []
    for minute, step in script:
        seen += [step] if step else []
        again = data.draw(st.lists(st.sampled_from(seen), max_size=3)) if seen else []
        repeated += [(minute, step), *((minute, earlier) for earlier in again)]
    once, twice = AlarmEngine(RULES, SITES, KINDS), AlarmEngine(RULES, SITES, KINDS)
    assert run(twice, repeated) == run(once, script)
    assert of_the_present(twice) == of_the_present(once)


@given(anything, st.integers(0, 30))
def test_restart_at_any_point_gives_the_same_later_events(script, cut):
    whole = AlarmEngine(RULES, SITES, KINDS)
    expected = run(whole, script)
    first, second = AlarmEngine(RULES, SITES, KINDS), AlarmEngine(RULES, SITES, KINDS)
    events = run(first, script[:cut])
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    events += run(second, script[cut:])
    assert events == expected
    assert second.snapshot() == whole.snapshot()


@given(anything, anything)
def test_nothing_active_disappears_without_an_event(script, later):
    before = AlarmEngine(RULES, SITES, KINDS)
    events = run(before, script)
    _assert_journal_tells_the_state(before, events)
    after = AlarmEngine(FEWER_RULES, {"gate": GATE, "post": POST}, KINDS)
    after.restore(before.snapshot())
    end = max((minute for minute, _ in [*script, *later]), default=0)
    events += run(after, [*later, (end, None)])
    _assert_journal_tells_the_state(after, events)


def _assert_journal_tells_the_state(engine: AlarmEngine, events: list[AlarmEvent]) -> None:
    from_journal = {
        f"{alarm.rule_id}/{alarm.site_id}": (
            to_us(alarm.raised_at),
            int(alarm.severity),
            alarm.retrospective,
            alarm.data_lost_at is not None,
        )
        for alarm in folded(events).values()
        if alarm.is_active
    }
    from_engine = {
        key: (state["since"], state["severity"], state["retrospective"], state["data_lost"])
        for key, state in engine.snapshot().items()
        if state["phase"] == "active"
    }
    assert from_journal == from_engine


@given(anything)
def test_changed_states_saved_after_every_step_equal_the_snapshot(script):
    engine, saved = AlarmEngine(RULES, SITES, KINDS), {}
    for step in script:
        run(engine, [step])
        saved |= engine.changed_states()
    assert saved == engine.snapshot()


@given(anything)
def test_late_data_never_raise_a_live_alarm(script):
    for event in run(AlarmEngine(RULES, SITES, KINDS), script):
        if event.recorded_at - event.observed_at > timedelta(minutes=15) and event.value is not None:
            assert event.retrospective
