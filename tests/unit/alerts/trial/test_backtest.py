"""A back-test is the live engine on the stored readings, and its counts equal a count by hand."""

import random
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from support.alarming import HIGH_WATER, at
from support.ruling import KINDS, RAIN, SITES, SPEED, said_by, series

from alerts.journal.journal_table import append_events, events
from alerts.judging.engine import AlarmEngine
from alerts.rulebook.rules import NoDataPolicy
from alerts.rulebook.when import Count, Grouping, Silent, Slope, Take, Value, When, Window
from alerts.trial.backtest import KnownEvent, Past, activations, events_of, held_against, reach_of, trials
from alerts.trial.backtest_chart import as_svg
from alerts.trial.backtest_report import as_json, as_text, sparkline
from alerts.trial.known_events import read_known_events
from config.problems import ConfigError
from storage.database import Database
from storage.embedded import EmbeddedReadings
from storage.readings import Flag

WIB = ZoneInfo("Asia/Jakarta")


def minutes(number):
    return timedelta(minutes=number)


HIGH = When(value=Value(above=180.0))
RULES = {
    rule.id: rule
    for rule in (
        replace(HIGH_WATER, above=180.0, deadband=5.0, pending=minutes(5)),
        replace(HIGH_WATER, id="rising", above=None, when=When(rise=Slope(by_per_h=60.0, over=minutes(30)))),
        replace(HIGH_WATER, id="silent", above=None, when=When(silent=Silent(after=minutes(20)))),
        replace(HIGH_WATER, id="no_data", above=190.0, on_no_data=NoDataPolicy.ALARM, off_delay=minutes(10)),
        replace(
            HIGH_WATER,
            id="many",
            above=None,
            when=When(count=Count(of=HIGH, at_least=2, by=Grouping.WATERWAY)),
        ),
        replace(
            HIGH_WATER,
            id="storm",
            above=None,
            sites=("post",),
            when=When(all=(When(value=Value(kind="rain", at="gauge", above=20.0)), HIGH)),
        ),
        replace(
            HIGH_WATER,
            id="rain",
            kind="rain",
            metric=RAIN,
            above=None,
            when=When(window=Window(take=Take.TOTAL, over=minutes(60), above=10.0)),
        ),
        replace(HIGH_WATER, id="jam", kind="traffic", metric=SPEED, above=None, below=15.0),
    )
}


def restless_day(seed):
    """Return ten hours of three gauges, one rain gauge and a road, with holes, failed values and noise."""
    rng = random.Random(seed)
    readings = []
    for number, site in enumerate(("upper", "post", "lower")):
        level = 150.0
        for step in range(120):
            level = max(100.0, level + rng.gauss(0.3, 12))
            if rng.random() < 0.8 and not 40 + number * 9 < step < 48 + number * 9:
                flag = Flag.FAIL if rng.random() < 0.05 else Flag.GOOD
                readings.append(said_by(step * 5 + number * 0.5, round(level, 1), site=site, flag=flag))
    for step in range(120):
        wet = rng.choice([0.0, 5.0, 30.0])
        readings.append(said_by(step * 5 + 1.5, wet, site="gauge", kind="rain", metric=RAIN))
    for step in range(600):
        speed = rng.choice([8.0, 20.0, 40.0])
        readings.append(said_by(step, speed, site="link", kind="traffic", metric=SPEED))
    return sorted(readings, key=lambda reading: reading.observed_at)


@pytest.fixture
def store(tmp_path):
    made = EmbeddedReadings(tmp_path / "readings.sqlite")
    yield made
    made.close()


def past_of(store, hours=12):
    return Past(reader=store, sites=SITES, kinds=KINDS, start=at(0), end=at(hours * 60))


def live_journal(readings, folder, end):
    """Run the live engine, its clock ticking every seven seconds, and return what stands in the journal."""
    database = Database.in_folder(folder)
    database.upgrade()
    engine, now = AlarmEngine(RULES, SITES, KINDS), at(-1)
    with database.transaction() as connection:
        for reading in [*readings, None]:
            until = end if reading is None else reading.observed_at
            while now + timedelta(seconds=7) < until:
                now += timedelta(seconds=7)
                append_events(connection, engine.tick(now))
            if reading is not None:
                append_events(connection, engine.observe(reading, reading.observed_at))
        journal = events(connection)
    database.close()
    return journal


def told(journal):
    """Return the events without the moment at which a clock happened to be looked at."""
    return sorted(repr(replace(event, recorded_at=at(0))) for event in journal)


@pytest.mark.parametrize("seed", [1, 2])
def test_back_test_equals_the_live_journal_event_for_event(seed, store, tmp_path):
    readings = restless_day(seed)
    store.write(readings)
    live = live_journal(readings, tmp_path, at(720))
    assert {event.rule_id for event in live} == set(RULES)
    assert told(events_of(RULES, past_of(store))) == told(live)


def test_alarms_per_shift_are_those_of_shifts_that_had_readings(store):
    """One day of readings at the end of a month of nothing; the test begins at 13:00 WIB."""
    store.write(series([100, 200] * 12, every=60, start=20 * 24 * 60))
    rule = replace(HIGH_WATER, above=180.0)
    past = past_of(store, hours=30 * 24)
    (trial,) = trials({rule.id: rule}, past)
    assert len(trial.alarms) == 12
    assert trial.per_shift(WIB) == 12 / 4
    report = as_text([trial], past, None, WIB)
    assert "90 shifts of 8 hours, readings on 2 of 31 days and in 4 shifts" in report
    assert "12 times, 3.00 per shift" in report
    assert as_json([trial], past, None, WIB)["rules"][0]["per_shift"] == 3


def test_counts_equal_a_count_by_hand(store):
    store.write(series([100, 200, 200, 100, 200, 100, 200], every=60))
    rule = replace(HIGH_WATER, above=180.0)
    (trial,) = trials({rule.id: rule}, past_of(store, hours=16))
    assert [(a.raised_at, a.ended_at) for a in trial.alarms] == [
        (at(60), at(180)),
        (at(240), at(300)),
        (at(360), None),
    ]
    assert trial.per_site == {"post": 3}
    assert trial.by_shift(WIB) == (0, 1, 2)  # the test begins at 13:00 WIB
    report = as_text([trial], past_of(store, hours=16), None, WIB)
    assert "would have fired 3 times, 1.50 per shift" in report
    assert "longest    10 h 0 min at post and is active still" in report


def test_noise_around_a_limit_is_told_as_chatter_with_a_deadband_that_ends_it(store):
    rng = random.Random(7)
    store.write(series([100 + rng.gauss(0, 2) for _ in range(240)], every=0.5))
    rule = replace(HIGH_WATER, above=101.0)
    (trial,) = trials({rule.id: rule}, past_of(store))
    assert trial.chatter["post"][0].count > 10
    assert 5 <= trial.deadband <= 12
    assert trial.with_deadband <= 3 < len(trial.alarms)
    assert "instead of" in as_text([trial], past_of(store), None, WIB)


def test_windows_are_full_at_the_start_because_the_engine_listens_earlier(store):
    store.write(series([200] * 24, start=-120))
    mean = When(window=Window(take=Take.MEAN, over=minutes(60), above=180.0))
    rule = replace(HIGH_WATER, above=None, when=mean)
    assert reach_of(rule) == minutes(60)
    store.write(series([100] * 12 + [250] * 12))
    (first, *_) = events_of({rule.id: rule}, past_of(store))
    assert first.observed_at > at(0)


def test_nothing_fired_is_one_calm_line(store):
    rule = replace(HIGH_WATER, above=900.0)
    (trial,) = trials({rule.id: rule}, past_of(store))
    assert as_text([trial], past_of(store), None, WIB).splitlines()[-1] == (
        "high_water: would have fired 0 times, 0.00 per shift"
    )
    assert sparkline(trial, past_of(store), WIB) == "▁▁  at most 0"


# known events


FLOOD = KnownEvent(name="flood", start=at(50), end=at(200))
ELSEWHERE = replace(FLOOD, name="elsewhere", sites=("upper",))


def test_known_events_are_caught_or_missed_and_other_alarms_stand_beside_them(store):
    store.write(series([100, 200, 100, 100, 100, 200, 100], every=60))
    rule = replace(HIGH_WATER, above=180.0)
    found = trials({rule.id: rule}, past_of(store))
    verdicts = held_against([FLOOD, ELSEWHERE], found[0].alarms)
    assert [(event.name, alarm.raised_at) for event, alarm in verdicts.caught] == [("flood", at(60))]
    assert verdicts.missed == (ELSEWHERE,)
    assert [alarm.raised_at for alarm in verdicts.beside] == [at(300)]
    told = as_text(found, past_of(store), verdicts, WIB)
    assert "caught 1 of 2 known events; 1 alarms beside them" in told
    assert "flood: high_water at post, 10 min after its begin" in told
    assert as_json(found, past_of(store), verdicts, WIB)["events"]["missed"] == ["elsewhere"]


def test_known_events_are_read_from_yaml_and_csv_alike(tmp_path):
    yaml, csv = tmp_path / "events.yaml", tmp_path / "events.csv"
    yaml.write_text(
        "events:\n  - name: flood\n    start: '2026-01-01T13:50'\n    end: '2026-01-01T09:20:00+00:00'\n"
        "    sites: [a, b]\n"
    )
    csv.write_text("name,start,end,sites\nflood,2026-01-01T13:50,2026-01-01T16:20:00+07:00,a; b\n")
    (event,) = read_known_events(yaml, WIB)
    assert (event.start, event.end, event.sites) == (at(50), at(200), ("a", "b"))
    assert read_known_events(csv, WIB) == (event,)


def test_fault_in_known_events_is_told(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("name,start,end\nflood,yesterday,2026-01-01\nflood,2026-01-02,2026-01-01\n")
    with pytest.raises(ConfigError) as caught:
        read_known_events(path, WIB)
    assert [str(problem).split(": ", 1)[1] for problem in caught.value.problems] == [
        "event 1: Invalid isoformat string: 'yesterday'",
        "event 2: the event 'flood' ends before it begins",
    ]
    path.write_text("what,when\nflood,yesterday\n")
    with pytest.raises(ConfigError, match="needs the columns name, start and end"):
        read_known_events(path, WIB)


def test_chart_is_a_picture_with_a_bar_for_every_alarm(store):
    store.write(series([100, 200, 100, 200, 100], every=60))
    rule = replace(HIGH_WATER, above=180.0)
    found = trials({rule.id: rule}, past_of(store))
    root = ET.fromstring(as_svg(found, past_of(store), [FLOOD], WIB))
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == 3
    assert titles[0] == "flood"


def test_alarms_are_told_in_the_order_in_which_they_begin(store):
    store.write(restless_day(1))
    found = activations(events_of(RULES, past_of(store)))
    assert [alarm.raised_at for alarm in found] == sorted(alarm.raised_at for alarm in found)
