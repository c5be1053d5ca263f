"""What a rule told, missed and told wrongly equals a count by hand."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarming import HIGH_WATER, at
from support.ruling import KINDS, SITES, said_by, series

from alerts.trial.backtest import Activation, KnownEvent
from alerts.trial.judgement import FIRST_HALF, SECOND_HALF, Span, judged, watched_spans
from alerts.trial.judgement_report import as_table, is_all_told, judgements_as_json

FLOOD = KnownEvent(name="flood", start=at(100), end=at(200), sites=("post",))
SPANS = {"post": Span(at(0), at(1440))}


def alarm(start, end=None, site="post", rule="high_water"):
    ended_at = None if end is None else at(end)
    return Activation(rule_id=rule, site_id=site, raised_at=at(start), ended_at=ended_at)


@pytest.mark.parametrize(
    ("told_by", "counts"),
    [
        pytest.param([alarm(120, 130)], (1, 0, 0), id="inside"),
        pytest.param([alarm(10, 100)], (1, 0, 0), id="over as it begins"),
        pytest.param([alarm(10, 99)], (0, 1, 1), id="over a minute too early"),
        pytest.param([alarm(201)], (0, 1, 1), id="a minute too late"),
        pytest.param([alarm(10)], (1, 0, 0), id="active all the time"),
        pytest.param(
            [alarm(120, 130), alarm(140, 150), alarm(300, 310)], (1, 0, 1), id="twice, and once more"
        ),
        pytest.param([alarm(120, 130, rule="another")], (0, 1, 0), id="another rule's"),
        pytest.param([], (0, 1, 0), id="none"),
    ],
)
def test_what_is_told_missed_and_false_equals_a_count_by_hand(told_by, counts):
    (one,) = judged("high_water", told_by, [FLOOD], SPANS)
    assert (len(one.told), len(one.missed), len(one.false_alarms)) == counts
    assert one.site_days == 1.0


def test_an_alarm_that_is_too_late_misses_its_event_and_is_no_false_alarm():
    event = replace(FLOOD, moment=at(120), slack=at(30) - at(0))
    in_time, late = ([alarm(start, 190)] for start in (150, 151))
    (one,) = judged("high_water", in_time, [event], SPANS)
    assert (len(one.told), one.median_lag_min) == (1, 30.0)
    (one,) = judged("high_water", late, [event], SPANS)
    assert (len(one.missed), len(one.false_alarms)) == (1, 0)


def test_events_of_other_rules_and_of_sites_not_watched_are_no_misses():
    other, elsewhere = replace(FLOOD, rules=("other",)), replace(FLOOD, sites=("upper",))
    (one,) = judged("high_water", [], [other, elsewhere], SPANS)
    assert one.events == 0
    assert is_all_told([one])


def test_halves_are_each_site_s_own():
    spans = {"post": Span(at(0), at(400)), "upper": Span(at(200), at(1000))}
    events = [FLOOD, replace(FLOOD, name="later", sites=("upper",), start=at(590), end=at(620))]
    alarms = [alarm(110, 120), alarm(210, 220), alarm(610, 630, site="upper")]
    first, second = judged("high_water", alarms, events, spans, in_halves=True)
    assert (first.part, second.part) == (FIRST_HALF, SECOND_HALF)
    assert [event.name for event, _ in first.told] == ["flood", "later"], "its moment decides, not its alarm"
    assert (first.alarms, second.alarms) == (1, 2)
    assert [a.raised_at for a in second.false_alarms] == [at(210)]
    assert first.site_days == second.site_days == pytest.approx(600 / 1440)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 300)), max_size=12), st.booleans())
def test_nothing_is_counted_twice_or_lost_whatever_the_alarms(lengths, in_halves):
    alarms = [alarm(start, start + length) for start, length in sorted(lengths)]
    events = [FLOOD, replace(FLOOD, name="second", start=at(800), end=at(820))]
    parts = judged("high_water", alarms, events, SPANS, in_halves=in_halves)
    assert sum(one.events for one in parts) == 2
    assert sum(one.alarms for one in parts) == len(alarms)
    touching = [a for a in alarms if any(event.is_told_by(a) for event in events)]
    assert sum(len(one.false_alarms) for one in parts) == len(alarms) - len(touching)


def test_a_rule_watches_only_sites_that_have_its_threshold_and_say_its_metric():
    limited = HIGH_WATER
    readings = [*series([100] * 3), said_by(5, 1.0, site="gauge", kind="rain", metric="rain_rate_mm_h")]
    spans = watched_spans({limited.id: limited}, readings, SITES, KINDS)
    assert spans == {limited.id: {"post": Span(readings[0].observed_at, readings[2].observed_at)}}


def test_the_table_and_the_json_tell_the_same():
    parts = judged("high_water", [alarm(110, 120), alarm(700, 720)], [FLOOD], SPANS)
    line = as_table(parts).splitlines()[-1]
    assert line == "| `high_water` | whole | 1.0 | 1 | 1 | 0 | 2 | 1 | 1.00 | +10 min |"
    (told,) = judgements_as_json(parts, UTC)
    assert (told["alarms"], told["median_lag_min"], len(told["false_alarms"])) == (2, 10.0, 1)
