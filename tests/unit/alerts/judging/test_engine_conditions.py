"""The rule language on the real engine: each condition begins and ends where its words say."""

import json
from dataclasses import replace

import pytest
from support.alarming import at, types
from support.ruling import (
    KINDS,
    RAIN,
    SITES,
    SPEED,
    engine_of,
    observed,
    rule_of,
    said_by,
    series,
    site,
    told,
)

from alerts.journal.alarms import EventType
from alerts.judging.engine import AlarmEngine
from storage.readings import Flag

RAISED, CLEARED = EventType.RAISED, EventType.CLEARED
SILENT = "when: {silent: {after: 30m}}"


@pytest.fixture
def tried(tmp_path):
    def make(text, **of):
        return engine_of(rule_of(tmp_path, text, **of))

    return make


# limits


def test_two_limits_alarm_at_both_ends_and_clear_between_them(tried):
    events = observed(tried("outside: [50, 200]\ndeadband: 5"), series([100, 200, 196, 195, 50, 54, 55]))
    assert [(event.type, event.value, event.limit) for event in events] == [
        (RAISED, 200, 200),
        (CLEARED, 195, 200),
        (RAISED, 50, 50),
        (CLEARED, 55, 50),
    ]


def test_a_condition_written_long_means_the_same_as_written_short(tried):
    values = [100, 199, 200, 198, 195, 190, 250, 10]
    short = observed(tried("above: {site: high}\ndeadband: 5\npending: 5m"), series(values))
    long = observed(tried("when: {value: {above: {site: high}, deadband: 5}}\npending: 5m"), series(values))
    assert long == short


# off-delay


def test_alarm_clears_only_after_its_values_were_clear_for_the_off_delay(tried):
    engine = tried("above: 200\noff_delay: 10m")
    events = observed(engine, series([200, 100, 100, 200, 100, 100, 100]))
    assert told(events) == [("raised", 0), ("cleared", 30)]


def test_off_delay_does_not_mature_by_silence_and_survives_a_restart(tmp_path):
    rule = rule_of(tmp_path, "above: 200\noff_delay: 10m")
    engine, after = engine_of(rule), engine_of(rule)
    observed(engine, series([200, 100]))
    after.restore(json.loads(json.dumps(engine.snapshot())))
    assert types(after.tick(at(60))) == [EventType.DATA_LOST]
    events = after.observe(said_by(61, 100), at(61))
    assert types(events) == [EventType.DATA_BACK, CLEARED]


# rise and fall


def test_rise_is_told_in_the_unit_per_hour(tried):
    engine = tried("when: {rise: {by_per_h: 30, over: 30m}}")
    events = observed(engine, series([100, 100, 100, 103, 106, 109, 112, 115, 118]))
    assert types(events) == [RAISED]
    assert 30 <= events[0].value <= 36
    assert events[0].limit == 30


def test_a_single_spike_is_no_rise(tried):
    engine = tried("when: {rise: {by_per_h: 60, over: 1h}}")
    assert observed(engine, series([100] * 12 + [125] + [100] * 12)) == []


def test_fall_is_a_rise_upside_down_and_a_rise_is_no_fall(tried):
    falling = [300 - 10 * step for step in range(12)]
    assert types(observed(tried("when: {fall: {by_per_h: 60, over: 30m}}"), series(falling))) == [RAISED]
    assert observed(tried("when: {fall: {by_per_h: 60, over: 30m}}"), series(falling[::-1])) == []


def test_rise_by_a_sites_own_limit_watches_only_sites_that_have_one(tried):
    engine = tried("when: {rise: {by_per_h: {site: rise}, over: 30m}}")
    rising = [100 + 5 * step for step in range(10)]
    assert types(observed(engine, series(rising))) == [RAISED]
    assert observed(engine, series(rising, site="upper")) == []


# windows


def test_mean_of_a_window_ignores_a_peak_that_a_limit_would_tell(tried):
    engine = tried("when: {window: {take: mean, over: 1h, above: 200}}")
    events = observed(engine, series([100] * 10 + [900] + [100] + [250] * 12))
    assert told(events)[0][0] == "raised"
    assert told(events)[0][1] == 70


@pytest.mark.parametrize(
    ("condition", "values", "first"),
    [
        pytest.param("take: max, over: 30m, above: 200", [100, 250], 5, id="maximum, although half empty"),
        pytest.param("take: min, over: 30m, below: 50", [100, 40], 5, id="minimum, although half empty"),
        pytest.param("take: sum, over: 30m, above: 300", [100, 100, 100], 10, id="sum, although half empty"),
        pytest.param("take: min, over: 30m, above: 200", [250] * 6, 20, id="all above"),
        pytest.param("take: p50, over: 30m, above: 200", [0, 250, 250, 250, 0, 250], 20, id="median"),
        pytest.param("take: mean, over: 30m, above: 9", [9, None, None, 9, None, 9, 9, 9, 9], 40, id="holes"),
    ],
)
def test_window_says_what_its_values_prove(tried, condition, values, first):
    events = observed(tried(f"when: {{window: {{{condition}}}}}"), series(values))
    assert told(events)[:1] == [("raised", first)]


def test_total_of_a_rate_is_what_fell_in_the_window(tried):
    engine = tried("when: {window: {take: total, over: 1h, above: 10}}", kind="rain", metric=RAIN)
    (event,) = observed(engine, series([20] * 7, kind="rain", metric=RAIN, site="gauge"))
    assert event.value == pytest.approx(10.0)
    assert told([event]) == [("raised", 30)]


def test_sum_that_shrinks_because_data_are_missing_clears_nothing(tried):
    engine = tried("when: {window: {take: sum, over: 30m, above: 500}}")
    events = observed(engine, series([100] * 6 + [None, None, None] + [100] * 7))
    assert [word for word, _ in told(events)] == ["raised"]


# flat line and the usual


def test_stuck_sensor_is_told_only_after_the_whole_time(tried):
    engine = tried("when: {flat: {over: 1h, within: 0.5}}")
    values = [100, 103, *[101.2] * 30, 108]
    events = observed(engine, series(values))
    assert [word for word, _ in told(events)] == ["raised", "cleared"]
    assert told(events)[0][1] == 65


def test_difference_from_the_same_hour_of_past_weeks(tried):
    engine = tried("when: {unusual: {percent: true, below: -40}}\npending: 10m", kind="traffic", metric=SPEED)
    week = 7 * 24 * 60
    where = {"kind": "traffic", "metric": SPEED, "site": "link", "every": 10}
    for number, speed in enumerate([50, 48, 10, 52]):  # one of the weeks was a jam itself
        observed(engine, series([speed] * 12, start=number * week, **where))
    observed(engine, series([40] * 4, start=4 * week, **where))
    events = observed(engine, series([20] * 3, start=4 * week + 40, **where))
    assert types(events) == [RAISED]
    assert events[0].value == pytest.approx(100 * (20 - 49) / 49, abs=0.1)


def test_unusual_says_nothing_before_two_weeks_are_known(tried):
    engine = tried("when: {unusual: {below: -5}}", kind="traffic", metric=SPEED)
    where = {"kind": "traffic", "metric": SPEED, "site": "link", "every": 10}
    observed(engine, series([50] * 12, **where))
    assert observed(engine, series([5] * 6, start=7 * 24 * 60, **where)) == []


# silence


def test_silence_is_an_alarm_of_its_own_dated_when_it_began_to_count(tried):
    engine = tried(SILENT)
    observed(engine, series([100]))
    assert engine.tick(at(29.9)) == []
    (event,) = engine.tick(at(30.4))
    assert (event.type, event.observed_at, event.value, event.retrospective) == (RAISED, at(30), None, False)
    assert engine.tick(at(500)) == []
    assert told(engine.observe(said_by(501, 100), at(501))) == [("cleared", 501)]


def test_a_value_in_time_puts_the_silence_off(tried):
    engine = tried(SILENT)
    observed(engine, series([100, 100], every=20))
    assert engine.tick(at(45)) == []
    assert told(engine.tick(at(51))) == [("raised", 50)]


def test_pending_silence_matures_by_the_clock(tried):
    engine = tried(f"{SILENT}\npending: 10m")
    observed(engine, series([100]))
    assert engine.tick(at(35)) == []
    assert told(engine.tick(at(40.1))) == [("raised", 40)]


def test_failed_values_and_a_backlog_do_not_end_a_silence(tried):
    engine = tried(SILENT)
    observed(engine, series([100]))
    engine.tick(at(60))
    assert engine.observe(said_by(59, 0, flag=Flag.FAIL), at(60)) == []
    assert engine.observe(said_by(40, 100), at(60)) == []
    assert types(engine.observe(said_by(59, 100), at(60))) == [CLEARED]


def test_what_is_not_overdue_yet_is_not_silent(tried):
    engine = tried("when: {silent: {after: 6m}}")
    observed(engine, series([100]))
    assert engine.tick(at(14)) == []
    assert told(engine.tick(at(15.1))) == [("raised", 15)]


def test_flood_of_2020_makes_no_site_silent(tried):
    engine = tried(SILENT)
    for reading in series([100, 300, 100]):
        engine.observe(reading, at(60 * 24 * 365))
    assert engine.tick(at(60 * 24 * 366)) == []


def test_after_a_restart_the_engine_listens_before_it_calls_anyone_silent(tmp_path):
    rule = rule_of(tmp_path, SILENT)
    before, after = engine_of(rule), engine_of(rule)
    observed(before, series([100]))
    after.restore(before.snapshot())
    assert after.tick(at(120)) == []
    assert after.tick(at(134)) == []
    assert told(after.tick(at(136))) == [("raised", 30)]


def test_value_that_comes_while_listening_after_a_restart_spares_the_alarm(tmp_path):
    rule = rule_of(tmp_path, SILENT)
    before, after = engine_of(rule), engine_of(rule)
    observed(before, series([100]))
    after.restore(before.snapshot())
    after.tick(at(120))
    after.observe(said_by(121, 100), at(121))
    assert after.tick(at(140)) == []


def test_silence_is_known_whether_states_or_sites_are_restored_first(tmp_path):
    rule = rule_of(tmp_path, SILENT)
    before, after = engine_of(rule), engine_of(rule, sites={})
    observed(before, series([100]))
    after.restore(before.snapshot())
    after.update_sites(SITES)
    after.tick(at(1))
    assert told(after.tick(at(40))) == [("raised", 30)]


def test_no_data_may_be_an_alarm(tried):
    engine = tried("above: 200\non_no_data: alarm")
    observed(engine, series([100]))
    assert engine.tick(at(14)) == []
    events = engine.tick(at(16))
    assert told(events) == [("raised", 15), ("data_lost", 15)]
    assert types(engine.observe(said_by(20, 100), at(20))) == [EventType.DATA_BACK, CLEARED]


# all, any, count


STORM = """
when:
  all:
    - value: {kind: rain, at: gauge, above: 20}
    - rise: {by_per_h: 30, over: 30m}
sites: [post]
"""


def test_rain_upstream_and_level_rising_here(tried):
    engine = tried(STORM)
    rising = series([100 + 5 * step for step in range(8)])
    rain = series([5, 5, 5, 5, 5, 30, 30, 30], kind="rain", metric=RAIN, site="gauge", start=1)
    events = observed(engine, sorted([*rising, *rain], key=lambda reading: reading.observed_at))
    assert told(events) == [("raised", 26)]
    assert (events[0].site_id, events[0].value, events[0].limit) == ("post", 30, 20)


def test_old_rain_is_no_evidence_for_a_rise_now(tried):
    engine = tried(STORM)
    observed(engine, series([30], kind="rain", metric=RAIN, site="gauge"))
    assert observed(engine, series([100 + 5 * step for step in range(8)], start=20)) == []


def test_alarm_of_two_conditions_has_lost_its_data_when_one_of_them_stops(tried):
    engine = tried(STORM)
    rising = series([100 + 5 * step for step in range(8)])
    rain = series([30] * 8, kind="rain", metric=RAIN, site="gauge")
    observed(engine, sorted([*rising, *rain], key=lambda reading: reading.observed_at))
    more = series([140 + 5 * step for step in range(6)], start=40)
    assert observed(engine, more) == []
    (event,) = engine.tick(at(65))
    assert (event.type, event.observed_at) == (EventType.DATA_LOST, at(50))


def test_any_goes_by_what_the_site_measures(tried):
    engine = tried(
        "when: {any: [{value: {above: 55}}, {value: {metric: pm10_ug_m3, above: 75}}]}",
        kind="air",
        metric="pm2_5_ug_m3",
    )
    events = observed(engine, series([60, 10], kind="air", metric="pm2_5_ug_m3"))
    assert types(events) == [RAISED, CLEARED]


COUNT = "when: {count: {of: {value: {above: 200}}, at_least: 2, by: waterway}}"


def test_sites_of_a_river_are_counted_and_the_alarm_stands_furthest_upstream(tried):
    engine = tried(COUNT)
    readings = [
        said_by(0, 250, site="lower"),
        said_by(1, 250, site="nowhere"),
        said_by(2, 250, site="post"),
        said_by(3, 250, site="upper"),
        said_by(4, 100, site="lower"),
        said_by(5, 100, site="post"),
    ]
    events = observed(engine, readings)
    assert [(event.type, event.site_id, event.value) for event in events] == [
        (RAISED, "upper", 2.0),
        (CLEARED, "upper", 1.0),
    ]


def test_site_that_fell_silent_keeps_a_count_from_clearing(tried):
    engine = tried(COUNT)
    observed(engine, [said_by(0, 250, site="lower"), said_by(0, 250), said_by(0, 100, site="upper")])
    assert observed(engine, series([100] * 5, start=5, site="upper")) == []
    assert told(engine.tick(at(26))) == [("data_lost", 15)]
    events = observed(engine, [said_by(27, 100, site="upper"), said_by(28, 100, site="lower")])
    assert types(events) == [EventType.DATA_BACK, CLEARED]


# scope and change


def test_scope_is_every_list_that_is_given(tried):
    engine = tried("above: 200\nareas: [Taman]\nwaterways: [Madiun]")
    everywhere = [said_by(0, 250, site=name) for name in SITES]
    assert {event.site_id for event in observed(engine, everywhere)} == {"post", "upper"}


def test_alarm_is_judged_by_a_rules_new_limit_at_the_next_value(tmp_path):
    rule = rule_of(tmp_path, "above: 200")
    engine = engine_of(rule)
    observed(engine, series([250]))
    engine.update_rules({rule.id: replace(rule, above=300.0)})
    assert engine.tick(at(1)) == []
    assert types(observed(engine, series([250], start=5))) == [CLEARED]


def test_rule_that_is_taken_away_withdraws_its_alarm_and_nothing_else(tmp_path):
    rule = rule_of(tmp_path, "above: 200")
    other = replace(rule, id="other")
    engine = engine_of(rule, other)
    observed(engine, series([250]))
    engine.update_rules({"other": other})
    assert [(e.rule_id, e.type) for e in engine.tick(at(1))] == [("tried", EventType.WITHDRAWN)]
    assert engine.snapshot()["other/post"]["phase"] == "active"


def test_memory_of_a_window_is_kept_when_only_the_limit_changes_and_dropped_when_the_window_does(tmp_path):
    rule = rule_of(tmp_path, "when: {window: {take: mean, over: 1h, above: 200}}")
    engine = engine_of(rule)
    observed(engine, series([150] * 12))
    wider = rule_of(tmp_path, "when: {window: {take: mean, over: 1h, above: 140}}")
    engine.update_rules({rule.id: wider})
    assert types(observed(engine, series([150], start=60))) == [RAISED]
    longer = rule_of(tmp_path, "when: {window: {take: mean, over: 2h, above: 140}}")
    engine.update_rules({rule.id: longer})
    assert engine.snapshot()["tried/post"].get("memories") is None
    assert types(engine.tick(at(61))) == []


def test_rule_that_asks_for_silence_after_a_reload_counts_from_the_next_value(tmp_path):
    engine = engine_of(rule_of(tmp_path, "above: 200"))
    observed(engine, series([100]))
    engine.update_rules({"tried": rule_of(tmp_path, SILENT)})
    assert engine.tick(at(60)) == []
    engine.observe(said_by(61, 100), at(61))
    assert told(engine.tick(at(100))) == [("raised", 91)]


def test_new_neighbour_upstream_takes_over_the_count(tmp_path):
    rule = rule_of(tmp_path, COUNT)
    engine = AlarmEngine({rule.id: rule}, SITES, KINDS)
    observed(engine, [said_by(0, 250, site="lower"), said_by(0, 250)])
    engine.update_sites({**SITES, "spring": site("spring", waterway="Madiun", order=0)})
    assert [(e.type, e.site_id) for e in engine.tick(at(1))] == [(EventType.WITHDRAWN, "upper")]
    events = observed(engine, [said_by(5, 250, site="lower"), said_by(5, 250)])
    assert [(e.type, e.site_id) for e in events] == [(RAISED, "spring")]


def test_window_keeps_as_little_for_a_reading_a_second_as_for_one_in_five_minutes(tried):
    engine = tried("when: {window: {take: mean, over: 1h, above: 900}}")
    observed(engine, series([100] * 7200, every=1 / 60))
    assert len(engine.snapshot()["tried/post"]["memories"].popitem()[1]) <= 13
