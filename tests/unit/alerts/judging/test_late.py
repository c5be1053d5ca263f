"""What came too late to be judged in its order becomes alarms of the past, and never anything else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.alarming import FLOOD, HIGH_WATER, KINDS, SITES, at, engine, reading, types

from alerts.journal.alarms import EventType, folded
from alerts.judging.engine import LOOKS_BACK, AlarmEngine
from alerts.judging.late import activities, second_looks, untold
from alerts.rulebook.rules import NoDataPolicy
from alerts.rulebook.when import Count, Grouping, Silent, Slope, Take, Unusual, Value, When, Window
from storage.clock import from_us, to_us


def minutes(number):
    return timedelta(minutes=number)


def looked(watcher, readings, journal, now, rules_sites=SITES):
    """Let everything that is settled be judged once more, with these readings as the store."""
    told = []
    for missed in watcher.missed(now):
        for look in second_looks(missed, KINDS):
            wanted = {site_id for _, _, site_id in look.watch.inputs}
            stored = sorted(
                (r for r in readings if look.start <= r.observed_at < look.end and r.site_id in wanted),
                key=lambda r: (r.observed_at, r.site_id),
            )
            found = activities(look, stored, rules_sites, KINDS)
            mine = [a for a in folded(journal).values() if f"{a.rule_id}/{a.site_id}" == look.watch.key]
            told += untold(look, found, mine, now)
        watcher.forget_missed([missed.key])
    return told


def delivered(watcher, arrivals):
    """Let the engine see (arrives at minute, reading) pairs in the order of their arrival."""
    return [e for minute, said in arrivals for e in watcher.observe(said, at(minute))]


def spans(events):
    """Return the alarms as (begin, end) in minutes, open ends as None."""
    found = [(a.raised_at, a.cleared_at) for a in folded(events).values()]
    return sorted(((s - at(0)) / minutes(1), e and (e - at(0)) / minutes(1)) for s, e in found)


CREST = [reading(m, v) for m, v in ((10, 90.0), (20, 120.0), (30, 130.0), (40, 95.0))]


def crest_after(newer=60):
    """An engine that knows a newer, harmless value when the hour-old crest comes."""
    watcher = engine()
    store = [reading(0, 50.0), reading(newer, 60.0), *CREST]
    said = delivered(watcher, [(0, store[0]), (newer, store[1]), *((newer + 5, r) for r in CREST)])
    return watcher, store, said


def test_a_flood_crest_that_comes_after_newer_values_is_told_as_one_of_the_past():
    watcher, store, said = crest_after()
    assert said == []
    raised, cleared = looked(watcher, store, said, at(90))
    assert types([raised, cleared]) == [EventType.RAISED, EventType.CLEARED]
    assert (raised.observed_at, raised.value, raised.limit) == (at(20), 120.0, 100.0)
    assert (cleared.observed_at, cleared.value) == (at(40), 95.0)
    assert raised.alarm_id == cleared.alarm_id == f"high_water/gate/{to_us(at(20))}"
    assert raised.retrospective
    assert cleared.retrospective
    assert raised.recorded_at == at(90)


def test_the_live_state_knows_nothing_of_it():
    watcher, store, said = crest_after()
    before = engine()
    delivered(before, [(0, store[0]), (60, store[1])])
    looked(watcher, store, said, at(90))
    assert watcher.snapshot() == before.snapshot()


def test_a_second_look_tells_nothing_twice():
    watcher, store, said = crest_after()
    said += looked(watcher, store, said, at(90))
    delivered(watcher, [(91, r) for r in CREST])
    assert watcher.missed(at(120)) != []
    assert looked(watcher, store, said, at(120)) == []


def test_nothing_is_looked_at_before_it_has_settled_nor_put_off_for_ever():
    watcher, _, _ = crest_after()
    assert watcher.missed(at(65 + 15)) == []
    assert [missed.key for missed in watcher.missed(at(65 + 15.1))] == ["flood/water_level_cm/gate"]
    for late in range(66, 125, 10):
        delivered(watcher, [(late, CREST[0])])
    assert watcher.missed(at(125)) == []
    assert watcher.missed(at(125.1)) != []


def test_what_waits_for_a_second_look_survives_a_restart():
    watcher, store, said = crest_after()
    after = engine()
    after.restore(watcher.snapshot())
    assert after.snapshot() == watcher.snapshot()
    assert spans(looked(after, store, said, at(90))) == [(20, 40)]


def test_only_the_time_of_which_no_alarm_was_told_is_told():
    watcher, store = engine(), [reading(m, v) for m, v in ((0, 50.0), (30, 120.0), (50, 90.0), (60, 90.0))]
    said = delivered(watcher, [(m, r) for m, r in zip((0, 30, 50, 60), store, strict=True)])
    late = [reading(20, 110.0), reading(55, 105.0)]
    said += delivered(watcher, [(61, r) for r in late])
    assert spans(looked(watcher, store + late, said, at(90))) == [(20, 30), (55, 60)]


def test_what_goes_on_at_the_newest_moment_ends_there_for_the_past():
    rule = replace(HIGH_WATER, deadband=50.0)
    watcher, store = engine(rule), [reading(0, 40.0), reading(60, 70.0)]
    delivered(watcher, [(0, store[0]), (60, store[1])])
    late = reading(30, 120.0)
    delivered(watcher, [(61, late)])
    raised, cleared = looked(watcher, [*store, late], [], at(90))
    assert (raised.observed_at, cleared.observed_at, cleared.value) == (at(30), at(60), None)


def test_an_archive_of_last_year_is_left_to_the_back_test():
    watcher = engine()
    delivered(watcher, [(0, reading(0, 50.0)), (1, reading(-LOOKS_BACK / minutes(1), 500.0))])
    assert watcher.missed(at(100)) == []
    delivered(watcher, [(1, reading(1 - LOOKS_BACK / minutes(1), 500.0))])
    assert watcher.missed(at(100)) != []


def test_two_sensors_at_one_site_that_speak_at_the_same_moment_ask_for_no_second_look():
    watcher = engine()
    delivered(watcher, [(0, reading(0, 50.0)), (0, reading(0, 120.0, device="d2"))])
    assert watcher.missed(at(100)) == []


@pytest.mark.parametrize(
    "when",
    [When(silent=Silent(after=minutes(20))), When(unusual=Unusual(above=10.0))],
    ids=["silent", "usual"],
)
def test_silence_and_past_weeks_are_not_judged_afterwards(when):
    watcher = engine(replace(HIGH_WATER, above=None, when=when))
    delivered(watcher, [(0, reading(0, 50.0)), (60, reading(60, 50.0)), (61, reading(30, 500.0))])
    assert looked(watcher, [], [], at(120)) == []
    assert watcher.missed(at(120)) == []


def test_a_rule_that_alarms_without_data_is_judged_afterwards_by_its_values_alone():
    watcher = engine(replace(HIGH_WATER, on_no_data=NoDataPolicy.ALARM))
    store = [reading(0, 50.0), reading(60, 60.0), *CREST]
    said = delivered(watcher, [(0, store[0]), (60, store[1]), *((65, r) for r in CREST)])
    assert spans(looked(watcher, store, said, at(90))) == [(20, 40)]


def test_a_rule_that_is_gone_is_not_looked_for():
    watcher, store, _ = crest_after()
    watcher.update_rules({})
    assert looked(watcher, store, [], at(90)) == []
    assert "late" not in watcher.snapshot()["flood/water_level_cm/gate"]


def test_a_window_that_is_only_half_read_raises_nothing():
    """The alarm would begin in the first minutes of what is read again, and its deadband would keep it."""
    mean = Window(take=Take.MEAN, over=minutes(60), above=100.0, deadband=90.0, completeness=0.5)
    watcher = engine(replace(HIGH_WATER, above=None, when=When(window=mean)))
    store = [reading(m, 10.0 if m < 300 else 150.0 if m < 330 else 20.0) for m in range(0, 600, 5)]
    said = [event for r in store for event in watcher.observe(r, r.observed_at)]
    late = reading(391, 20.0)
    delivered(watcher, [(600, late)])
    assert said == []
    assert looked(watcher, [*store, late], said, at(700)) == []


# One source each: any order of arrival. Several: those that are late are overdue, see docs/decisions/0011.
HIGH = When(value=Value(above=100.0, deadband=20.0))
OF_ONE = {
    each.id: each
    for each in (
        HIGH_WATER,
        replace(HIGH_WATER, id="pending", deadband=50.0, pending=minutes(10)),
        replace(HIGH_WATER, id="off_delay", off_delay=minutes(10)),
        replace(HIGH_WATER, id="low", above=None, below=20.0),
        replace(
            HIGH_WATER,
            id="mean",
            above=None,
            when=When(window=Window(take=Take.MEAN, over=minutes(20), above=80.0, completeness=0.5)),
        ),
        replace(HIGH_WATER, id="rise", above=None, when=When(rise=Slope(by_per_h=60.0, over=minutes(30)))),
    )
}
POSTS = {name: replace(site, waterway="Ciliwung") for name, site in SITES.items()}
OF_SEVERAL = {
    each.id: each
    for each in (
        replace(
            HIGH_WATER,
            id="count",
            above=None,
            when=When(count=Count(of=HIGH, at_least=2, by=Grouping.WATERWAY)),
        ),
        replace(
            HIGH_WATER,
            id="both",
            above=None,
            sites=("gate",),
            when=When(all=(HIGH, When(value=Value(at="post", above=50.0)))),
        ),
    )
}
assert FLOOD.overdue_after == minutes(15)


@st.composite
def days(draw, delays):
    """Readings of two posts, never silent for long, and when each of them arrives, perhaps twice."""
    store, arrivals = [], []
    for place in ("gate", "post"):
        minute = draw(st.integers(0, 3))
        for number in range(draw(st.integers(4, 25))):
            minute += draw(st.integers(1, 12)) + 0.25 * (place == "post")
            value = draw(st.sampled_from([0.0, 40.0, 60.0, 90.0, 120.0, 150.0]))
            said = reading(minute, value, site=place)
            store.append(said)
            # The first and the last come in time, so that there is a present that the rest is late for.
            delay = 0 if number == 0 else draw(delays)
            arrivals += [(minute + delay, said)] * draw(st.sampled_from([1, 1, 1, 2]))
    for place in ("gate", "post"):
        said = reading(400, 0.0, site=place)
        store.append(said)
        arrivals.append((400, said))
    return store, sorted(arrivals, key=lambda pair: pair[0])


def covered(spans_, moment):
    return any(s <= moment and (e is None or moment < e) for s, e in spans_)


def by_key(events):
    found = {}
    for alarm in folded(events).values():
        found.setdefault((alarm.rule_id, alarm.site_id), []).append((alarm.raised_at, alarm.cleared_at))
    return found


def assert_every_alarm_is_told_and_no_other(rules, day):
    store, arrivals = day
    in_order, live = AlarmEngine(rules, POSTS, KINDS), AlarmEngine(rules, POSTS, KINDS)
    ordered = sorted(store, key=lambda r: (r.observed_at, r.site_id))
    should = by_key(e for r in ordered for e in in_order.observe(r, r.observed_at))
    said = delivered(live, arrivals)
    afterwards = looked(live, store, said, at(10_000), POSTS)
    assert all(event.retrospective for event in afterwards)
    assert live.missed(at(20_000)) == []
    told, past = by_key([*said, *afterwards]), by_key(afterwards)
    moments = [r.observed_at for r in ordered if r.observed_at < at(400)]
    for key in should.keys() | told.keys():
        for moment in moments:
            is_so, is_told = covered(should.get(key, ()), moment), covered(told.get(key, ()), moment)
            assert is_told or not is_so, f"{key} at {moment} was never told"
            assert is_so or not covered(past.get(key, ()), moment), f"{key} at {moment} never was"
    # Nothing is told twice of one alarm, so no alarm ever takes another's name.
    assert len({(e.alarm_id, e.type) for e in [*said, *afterwards]}) == len(said) + len(afterwards)


@settings(deadline=None)
@given(days(st.sampled_from([0, 0, 0, 1, 7, 14, 20, 60, 200])))
def test_whatever_the_order_every_alarm_of_one_sensor_is_told_and_none_that_never_was(day):
    assert_every_alarm_is_told_and_no_other(OF_ONE, day)


@settings(deadline=None)
@given(days(st.sampled_from([0, 0, 0, 16, 60, 200])))
def test_whatever_is_overdue_every_alarm_of_several_sensors_is_told_and_none_that_never_was(day):
    assert_every_alarm_is_told_and_no_other(OF_SEVERAL, day)


def test_an_alarm_told_afterwards_never_takes_the_id_of_one_that_ended_as_it_began():
    gate = {minute: reading(minute, value, site="gate") for minute, value in ((1, 0.0), (5, 120.0), (8, 0.0))}
    said = ((2.5, 60.0), (3.75, 0.0), (5, 60.0), (6, 0.0))
    post = {minute: reading(minute, value, site="post") for minute, value in said}
    ends = [reading(400, 0.0, site=place) for place in ("gate", "post")]
    arrivals = [(1, gate[1]), (2.5, post[2.5]), (5, gate[5])]
    # By the newest of each the alarm of minute 5 ends as it begins; then the value that confirms it comes.
    arrivals += [(20, post[3.75]), (21, post[6]), (22, post[5]), (23, gate[8]), *((400, r) for r in ends)]
    assert_every_alarm_is_told_and_no_other(OF_SEVERAL, ([*gate.values(), *post.values(), *ends], arrivals))


def test_an_alarm_that_begins_in_the_very_moment_in_which_one_ended_is_another_alarm():
    gate = [reading(0, 0.0, site="gate"), reading(5, 120.0, site="gate")]
    post = [reading(m, v, site="post") for m, v in ((2, 60.0), (3, 0.0), (5, 60.0), (6, 0.0))]
    live = AlarmEngine({"both": OF_SEVERAL["both"]}, POSTS, KINDS)
    arrivals = [(0, gate[0]), (2, post[0]), (5, gate[1])]
    # Minute 5 is judged three times: with the newest of the post from minute 2, 3 and 5.
    said = delivered(live, [*arrivals, (6, post[1]), (7, post[2]), (8, post[3])])
    ends = EventType.CLEARED
    assert types(said) == [EventType.RAISED, ends, EventType.RAISED, ends]
    first, second = said[0].alarm_id, said[2].alarm_id
    assert first != second
    assert [e.alarm_id for e in said] == [first, first, second, second]
    assert said[0].observed_at == said[2].observed_at == at(5)
    after = AlarmEngine({"both": OF_SEVERAL["both"]}, POSTS, KINDS)
    after.restore(live.snapshot())
    assert after.snapshot() == live.snapshot()


@settings(deadline=None)
@given(days(st.sampled_from([0, 0, 3, 20, 60, 200])))
def test_late_data_never_raise_a_live_alarm_in_any_order(day):
    _, arrivals = day
    for event in delivered(AlarmEngine(OF_ONE | OF_SEVERAL, POSTS, KINDS), arrivals):
        if event.recorded_at - event.observed_at > minutes(15):
            assert event.retrospective


def test_a_span_remembers_the_oldest_and_the_newest():
    watcher, _, _ = crest_after()
    (missed,) = watcher.missed(at(90))
    assert (from_us(missed.span.first_us), from_us(missed.span.last_us)) == (at(10), at(40))
    assert missed.until == at(60)
