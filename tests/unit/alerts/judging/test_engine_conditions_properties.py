"""Whatever comes, in whatever order: conditions with a memory keep what the plain rules promise."""

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.alarming import HIGH_WATER, at
from support.ruling import KINDS, LEVEL, SITES, said_by

from alerts.journal.alarms import Alarm, applied
from alerts.judging.engine import AlarmEngine
from alerts.rulebook.rules import NoDataPolicy
from alerts.rulebook.when import Count, Flat, Grouping, Silent, Slope, Take, Unusual, Value, When, Window
from storage.clock import to_us


def minutes(number):
    return timedelta(minutes=number)


def rule(rule_id, when=None, **changes):
    return replace(HIGH_WATER, id=rule_id, above=None if when else 100.0, when=when, **changes)


HIGH = When(value=Value(above=100.0, deadband=20.0))
RISING = When(rise=Slope(by_per_h=60.0, over=minutes(30)))
BY_VALUES = {
    each.id: each
    for each in (
        rule("rise", RISING, off_delay=minutes(5)),
        rule("mean", When(window=Window(take=Take.MEAN, over=minutes(20), above=80.0, completeness=0.5))),
        rule("flat", When(flat=Flat(over=minutes(20), within=1.0))),
        rule("count", When(count=Count(of=HIGH, at_least=2, by=Grouping.WATERWAY))),
        rule("both", When(all=(HIGH, When(value=Value(at="upper", above=50.0)))), sites=("post",)),
        rule("either", When(any=(HIGH, RISING)), pending=minutes(5)),
        rule("usual", When(unusual=Unusual(above=10.0))),
    )
}
BY_SILENCE = {
    each.id: each
    for each in (
        rule("silent", When(silent=Silent(after=minutes(20))), pending=minutes(3)),
        rule("no_data", on_no_data=NoDataPolicy.ALARM),
    )
}
ALL = BY_VALUES | BY_SILENCE


@st.composite
def scripts(draw):
    """A run of (minute, reading observed `age` minutes before it, or None for a tick), in order."""
    script, minute = [], 0
    for _ in range(draw(st.integers(0, 40))):
        minute += draw(st.integers(0, 10))
        age = draw(st.sampled_from([0, 0, 0, 2, 30]))
        value = draw(st.sampled_from([0.0, 60.0, 90.0, 120.0, 300.0]))
        where = draw(st.sampled_from(["post", "upper", "lower"]))
        observed = said_by(minute - age, value, site=where, metric=LEVEL)
        script.append((minute, draw(st.sampled_from([observed, observed, observed, None]))))
    return script


def of_the_present(engine):
    """What the engine knows, but for what it wants to look at again."""
    return {key: {**state, "late": None} for key, state in engine.snapshot().items()}


def run(engine, script):
    events = []
    for minute, step in script:
        events += engine.tick(at(minute)) if step is None else engine.observe(step, at(minute))
    return events


def engine_of(rules):
    return AlarmEngine(rules, SITES, KINDS)


@given(scripts(), st.data())
def test_any_duplication_of_readings_changes_no_alarm_and_nothing_known_of_the_present(script, data):
    repeated, seen = [], []
    for minute, step in script:
        seen += [step] if step else []
        again = data.draw(st.lists(st.sampled_from(seen), max_size=3)) if seen else []
        repeated += [(minute, step), *((minute, earlier) for earlier in again)]
    once, twice = engine_of(BY_VALUES), engine_of(BY_VALUES)
    assert run(twice, repeated) == run(once, script)
    assert of_the_present(twice) == of_the_present(once)


@given(scripts(), st.integers(0, 40))
def test_restart_at_any_point_gives_the_same_later_events(script, cut):
    whole = engine_of(BY_VALUES)
    expected = run(whole, script)
    first, second = engine_of(BY_VALUES), engine_of(BY_VALUES)
    events = run(first, script[:cut])
    second.restore(json.loads(json.dumps(first.snapshot())))
    assert second.snapshot() == first.snapshot()
    assert events + run(second, script[cut:]) == expected
    assert second.snapshot() == whole.snapshot()


@given(scripts())
def test_changed_states_saved_after_every_step_equal_the_snapshot(script):
    engine, saved = engine_of(ALL), {}
    for step in script:
        run(engine, [step])
        saved |= engine.changed_states()
    assert saved == engine.snapshot()


@given(scripts())
def test_how_often_the_clock_is_looked_at_changes_no_silence(script):
    """A tick every minute, or only where the script has one, date the same alarms the same way."""
    silent = {"silent": BY_SILENCE["silent"]}
    seldom, often = engine_of(silent), engine_of(silent)
    ended = [*script, (script[-1][0] + 60, None)] if script else []
    told_seldom = [e for e in run(seldom, ended) if e.type.value == "raised"]
    minute_by_minute, before = [], 0
    for minute, step in ended:
        minute_by_minute += [(passed, None) for passed in range(before, minute + 1)]
        minute_by_minute.append((minute, step))
        before = minute
    told_often = [e.alarm_id for e in run(often, minute_by_minute) if e.type.value == "raised"]
    assert {e.alarm_id for e in told_seldom} <= set(told_often)


@given(scripts())
def test_journal_tells_what_is_active(script):
    engine = engine_of(ALL)
    alarms: dict[str, Alarm] = {}
    for number, event in enumerate(run(engine, script), start=1):
        alarm = applied(alarms.get(event.alarm_id), event, change=number)
        assert alarm is not None, "an alarm spoke before it was raised"
        alarms[event.alarm_id] = alarm
    from_journal = {f"{a.rule_id}/{a.site_id}": to_us(a.raised_at) for a in alarms.values() if a.is_active}
    snapshot = engine.snapshot().items()
    assert from_journal == {key: s["since"] for key, s in snapshot if s["phase"] == "active"}


@given(scripts())
def test_late_values_never_raise_a_live_alarm(script):
    for event in run(engine_of(BY_VALUES), script):
        if event.recorded_at - event.observed_at > minutes(15) and event.value is not None:
            assert event.retrospective
