from dataclasses import replace
from datetime import timedelta

import pytest
from support.alarming import (
    GATE,
    HIGH_WATER,
    KINDS,
    POST,
    SIAGA1,
    SIAGA2,
    SITES,
    at,
    engine,
    observe_all,
    reading,
    types,
)

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.judging.engine import AlarmEngine
from storage.clock import to_us
from storage.readings import Flag

RAISED, CLEARED = EventType.RAISED, EventType.CLEARED
DATA_LOST, DATA_BACK = EventType.DATA_LOST, EventType.DATA_BACK
WAITING = replace(HIGH_WATER, pending=timedelta(minutes=10))


def test_alarm_is_raised_at_the_observed_time_of_the_value_that_reaches_the_limit():
    watcher = engine()
    assert watcher.observe(reading(0, 99.9), at(0)) == []
    assert watcher.observe(reading(5, 100.0), at(6)) == [
        AlarmEvent(
            alarm_id=f"high_water/gate/{to_us(at(5))}",
            rule_id="high_water",
            site_id="gate",
            type=RAISED,
            observed_at=at(5),
            recorded_at=at(6),
            severity=Severity.HIGH,
            value=100.0,
            limit=100.0,
        )
    ]


def test_alarm_that_stays_beyond_its_limit_is_not_repeated():
    assert types(observe_all(engine(), (0, 120), (5, 130), (10, 120))) == [RAISED]


def test_alarm_clears_when_the_limit_is_no_longer_reached():
    raised, cleared = observe_all(engine(), (0, 120), (5, 99))
    assert cleared.type is CLEARED
    assert cleared.alarm_id == raised.alarm_id
    assert cleared.observed_at == at(5)


def test_second_flood_is_another_alarm():
    first, _, second = observe_all(engine(), (0, 120), (5, 99), (10, 120))
    assert first.alarm_id != second.alarm_id


def test_value_inside_the_deadband_neither_clears_nor_raises():
    rule = replace(HIGH_WATER, deadband=5.0)
    assert observe_all(engine(rule), (0, 97)) == []
    assert types(observe_all(engine(rule), (0, 100), (5, 95.1))) == [RAISED]
    assert types(observe_all(engine(rule), (0, 100), (5, 95.0))) == [RAISED, CLEARED]


def test_hundred_crossings_within_the_deadband_are_one_alarm():
    ripple = [(minute, 101 if minute % 2 else 98) for minute in range(200)]
    assert types(observe_all(engine(replace(HIGH_WATER, deadband=5.0)), *ripple)) == [RAISED]


# pending


def test_pending_rule_raises_at_the_first_value_after_the_pending_time():
    events = observe_all(engine(WAITING), (0, 120), (5, 120), (9.9, 120), (10, 120))
    assert [(event.type, event.observed_at) for event in events] == [(RAISED, at(10))]


def test_one_good_value_starts_the_waiting_again():
    assert observe_all(engine(WAITING), (0, 120), (5, 99), (10, 120), (19, 120)) == []


def test_pending_does_not_mature_by_silence():
    watcher = engine(WAITING)
    observe_all(watcher, (0, 120))
    assert watcher.tick(at(500)) == []


def test_pending_time_is_counted_in_the_sensors_time_not_in_the_arrival():
    watcher = engine(WAITING)
    assert watcher.observe(reading(0, 120), at(0)) == []
    assert watcher.observe(reading(1, 120), at(11)) == []


# quality


@pytest.mark.parametrize("flag", [Flag.FAIL, Flag.MISSING])
@pytest.mark.parametrize("value", [999.0, 0.0], ids=["beyond", "good"])
def test_failed_value_neither_raises_nor_clears_nor_ends_the_waiting(flag, value):
    watcher = engine(WAITING)
    observe_all(watcher, (0, 120))
    before = watcher.snapshot()
    assert watcher.observe(reading(9, value, flag=flag), at(9)) == []
    assert watcher.snapshot() == before
    assert types(observe_all(watcher, (10, 120))) == [RAISED]
    assert watcher.observe(reading(11, value, flag=flag), at(11)) == []


@pytest.mark.parametrize("flag", [Flag.SUSPECT, Flag.NOT_EVALUATED])
def test_suspect_value_still_warns(flag):
    assert types(engine().observe(reading(0, 120, flag=flag), at(0))) == [RAISED]


def test_sensor_that_only_sends_failed_values_has_lost_its_data():
    watcher = engine()
    observe_all(watcher, (0, 120))
    for minute in range(5, 20, 5):
        watcher.observe(reading(minute, -999, flag=Flag.FAIL), at(minute))
    assert types(watcher.tick(at(16))) == [DATA_LOST]


# order, duplicates, clocks


def test_duplicate_changes_nothing():
    watcher = engine()
    observe_all(watcher, (0, 120))
    before = watcher.snapshot()
    assert observe_all(watcher, (0, 120), (0, 50)) == []
    assert watcher.snapshot() == before


def test_value_older_than_the_newest_changes_nothing():
    watcher = engine()
    observe_all(watcher, (10, 120))
    assert watcher.observe(reading(5, 50), at(11)) == []
    assert types(watcher.observe(reading(12, 50), at(12))) == [CLEARED]


def test_values_of_all_devices_of_a_site_feed_one_state():
    watcher = engine()
    assert types(watcher.observe(reading(0, 120, device="d1"), at(0))) == [RAISED]
    assert watcher.observe(reading(1, 130, device="d2"), at(1)) == []
    assert types(watcher.observe(reading(2, 50, device="d2"), at(2))) == [CLEARED]


def test_future_reading_is_ignored_and_does_not_make_right_ones_look_old():
    watcher = engine()
    assert watcher.observe(reading(60, 999), at(0)) == []
    assert types(observe_all(watcher, (1, 120))) == [RAISED]


def test_clock_that_is_five_minutes_ahead_is_still_believed():
    assert types(engine().observe(reading(5, 120), at(0))) == [RAISED]
    assert engine().observe(reading(5.01, 120), at(0)) == []


# late data


def test_late_value_raises_a_retrospective_alarm_only():
    (event,) = engine().observe(reading(0, 120), at(15.1))
    assert event.type is RAISED
    assert event.retrospective


def test_value_exactly_at_the_overdue_age_is_timely():
    (event,) = engine().observe(reading(0, 120), at(15))
    assert not event.retrospective


def test_flood_of_2020_gives_a_full_journal_that_wakes_nobody():
    watcher = engine(SIAGA2, SIAGA1)
    flood = [(0, 700), (10, 860), (20, 960), (30, 940), (40, 800)]
    events = []
    for minute, value in flood:
        events += watcher.observe(reading(minute, value), at(60 * 24 * 365 * 6))
        events += watcher.tick(at(60 * 24 * 365 * 6))
    assert [(event.rule_id, event.type) for event in events] == [
        ("siaga2", RAISED),
        ("siaga1", RAISED),
        ("siaga1", CLEARED),
        ("siaga2", CLEARED),
    ]
    assert all(event.retrospective for event in events)


def test_retrospective_alarm_becomes_live_once_when_a_timely_value_confirms_it():
    watcher = engine()
    (raised,) = watcher.observe(reading(0, 120), at(60))
    assert watcher.observe(reading(5, 120), at(60)) == []
    events = observe_all(watcher, (61, 120), (62, 120))
    assert types(events) == [EventType.BECAME_LIVE]
    assert events[0].alarm_id == raised.alarm_id
    assert not events[0].retrospective


def test_retrospective_alarm_that_a_timely_value_ends_never_was_live():
    watcher = engine()
    watcher.observe(reading(0, 120), at(60))
    (cleared,) = observe_all(watcher, (61, 50))
    assert cleared.type is CLEARED
    assert cleared.retrospective


def test_pending_that_began_in_late_data_raises_a_live_alarm_at_a_timely_value():
    watcher = engine(WAITING)
    watcher.observe(reading(0, 120), at(60))
    (raised,) = observe_all(watcher, (61, 120))
    assert not raised.retrospective


# silence


def test_alarm_stays_active_when_its_data_stop():
    watcher = engine()
    observe_all(watcher, (0, 120))
    assert watcher.tick(at(15)) == []
    (lost,) = watcher.tick(at(20))
    assert lost.type is DATA_LOST
    assert lost.observed_at == at(15)
    assert lost.recorded_at == at(20)
    assert watcher.snapshot()["high_water/gate"]["phase"] == "active"


def test_lost_data_are_told_once():
    watcher = engine()
    observe_all(watcher, (0, 120))
    assert [event.type for minute in range(16, 400) for event in watcher.tick(at(minute))] == [DATA_LOST]


@pytest.mark.parametrize(
    ("value", "expected"),
    [pytest.param(120, [DATA_BACK], id="still beyond"), pytest.param(50, [DATA_BACK, CLEARED], id="over")],
)
def test_next_timely_value_brings_the_data_back(value, expected):
    watcher = engine()
    observe_all(watcher, (0, 120))
    watcher.tick(at(20))
    assert types(observe_all(watcher, (21, value))) == expected


def test_backlog_of_late_values_does_not_make_lost_data_flap():
    watcher = engine()
    observe_all(watcher, (0, 120))
    watcher.tick(at(60))
    events = []
    for minute in range(5, 40, 5):
        events += watcher.observe(reading(minute, 120), at(60))
        events += watcher.tick(at(60))
    assert events == []
    assert types(observe_all(watcher, (60, 120))) == [DATA_BACK]


def test_late_value_that_ends_an_alarm_is_marked_so():
    watcher = engine()
    observe_all(watcher, (0, 120))
    watcher.tick(at(60))
    events = watcher.observe(reading(5, 50), at(60))
    assert [(event.type, event.retrospective) for event in events] == [(DATA_BACK, True), (CLEARED, True)]


def test_data_lost_is_silent_for_retrospective_alarms_and_without_alarm():
    watcher = engine()
    watcher.observe(reading(0, 120), at(60))
    watcher.observe(reading(0, 20, site="post"), at(0))
    assert watcher.tick(at(600)) == []


# which rule watches which site


def test_site_without_the_threshold_of_a_rule_is_not_watched():
    watcher = engine(SIAGA2)
    assert watcher.observe(reading(0, 2000, site="post"), at(0)) == []
    assert watcher.snapshot() == {}


def test_rule_with_a_scope_watches_only_its_sites():
    watcher = engine(replace(HIGH_WATER, sites=("post",)))
    assert watcher.observe(reading(0, 120), at(0)) == []
    assert types(watcher.observe(reading(0, 120, site="post"), at(0))) == [RAISED]


def test_value_of_another_metric_is_not_compared():
    assert engine().observe(reading(0, 120, metric="battery_v"), at(0)) == []


def test_all_levels_of_a_site_are_raised_by_one_leap():
    events = engine(SIAGA2, SIAGA1).observe(reading(0, 1000), at(0))
    assert [(event.rule_id, event.limit) for event in events] == [("siaga2", 850.0), ("siaga1", 950.0)]


def test_new_threshold_of_a_site_counts_from_the_next_value():
    watcher = engine(SIAGA2)
    observe_all(watcher, (0, 860))
    watcher.update_sites({"gate": replace(GATE, thresholds={"water_level_cm": {"jakarta_siaga2": 900.0}})})
    assert watcher.tick(at(1)) == []
    assert types(observe_all(watcher, (2, 860))) == [CLEARED]


def test_site_registered_later_is_watched_from_then_on():
    watcher = AlarmEngine({"high_water": HIGH_WATER}, {}, KINDS)
    assert observe_all(watcher, (0, 120)) == []
    watcher.update_sites(SITES)
    assert types(observe_all(watcher, (1, 120))) == [RAISED]


@pytest.mark.parametrize(
    ("rules", "sites"),
    [
        pytest.param([], SITES, id="rule removed"),
        pytest.param([SIAGA2], {"post": POST}, id="site removed"),
        pytest.param([SIAGA2], {"gate": replace(GATE, thresholds={})}, id="threshold removed"),
        pytest.param([replace(SIAGA2, sites=("post",))], SITES, id="out of scope"),
    ],
)
def test_alarm_that_nobody_watches_any_more_is_withdrawn_once(rules, sites):
    before = engine(SIAGA2)
    (raised,) = observe_all(before, (0, 860))
    after = AlarmEngine({rule.id: rule for rule in rules}, sites, KINDS)
    after.restore(before.snapshot())
    (event,) = after.tick(at(3))
    assert (event.type, event.alarm_id, event.severity) == (
        EventType.WITHDRAWN,
        raised.alarm_id,
        Severity.HIGH,
    )
    assert after.tick(at(4)) == []
    restarted = AlarmEngine({}, sites, KINDS)
    restarted.restore(before.snapshot() | after.changed_states())
    assert restarted.tick(at(5)) == []


def test_waiting_of_a_removed_rule_is_not_resumed_when_the_rule_returns():
    before = engine(WAITING)
    observe_all(before, (0, 120))
    without = AlarmEngine({}, SITES, KINDS)
    without.restore(before.snapshot())
    assert without.tick(at(1)) == []
    changed = without.changed_states()
    assert [state["phase"] for state in changed.values()] == ["normal"]
    assert without.snapshot() == before.snapshot() | changed
    again = engine(WAITING)
    again.restore(without.snapshot())
    assert observe_all(again, (1000, 120)) == []


def test_event_keeps_the_severity_with_which_its_alarm_was_raised():
    before = engine()
    observe_all(before, (0, 120))
    milder = engine(replace(HIGH_WATER, severity=Severity.LOW))
    milder.restore(before.snapshot())
    (cleared,) = observe_all(milder, (1, 50))
    assert cleared.severity is Severity.HIGH


# restart


def test_restart_neither_forgets_nor_repeats():
    before = engine()
    observe_all(before, (0, 120))
    after = engine()
    after.restore(before.snapshot())
    assert observe_all(after, (0, 120), (1, 120)) == []
    assert types(after.tick(at(30))) == [DATA_LOST]


def test_changed_states_are_told_once_and_hold_what_a_restart_needs():
    watcher = engine(WAITING)
    observe_all(watcher, (0, 120))
    assert list(watcher.changed_states()) == ["flood/water_level_cm/gate", "high_water/gate"]
    assert watcher.changed_states() == {}
    observe_all(watcher, (10, 120))
    assert watcher.changed_states() == watcher.snapshot()


def test_rules_that_never_had_anything_to_say_keep_one_newest_value_for_all_of_them():
    quiet = {f"rule{number}": replace(HIGH_WATER, id=f"rule{number}") for number in range(50)}
    watcher = AlarmEngine(quiet, SITES, KINDS)
    observe_all(watcher, (0, 50), (5, 60))
    assert list(watcher.snapshot()) == list(watcher.changed_states()) == ["flood/water_level_cm/gate"]


def test_tick_that_says_nothing_changes_no_state():
    watcher = engine()
    observe_all(watcher, (0, 120))
    watcher.changed_states()
    watcher.tick(at(1))
    assert watcher.changed_states() == {}
