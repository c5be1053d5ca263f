"""Every figure against a count by hand on a fixed log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alarming import START, at, engine, observe_all

from alerts.desk.performance import measures, performance
from alerts.journal.alarms import AlarmEvent, EventType, Severity

HOUR = 60


def event(
    type_: EventType, minute: float, *, key: str = "a/x", raised: float | None = None, **more
) -> AlarmEvent:
    """One line of the log; `raised` is the minute at which its alarm began, itself by default."""
    rule_id, site_id = key.split("/")
    begun = minute if raised is None else raised
    is_of_shelf = type_.is_of_shelf
    return AlarmEvent(
        alarm_id=key if is_of_shelf else f"{key}/{begun:g}",
        rule_id=rule_id,
        site_id=site_id,
        type=type_,
        observed_at=at(minute),
        recorded_at=at(minute),
        **{"severity": Severity.LOW, **more},
    )


RAISED, CLEARED, ACK = EventType.RAISED, EventType.CLEARED, EventType.ACKNOWLEDGED
# Two hours, two operators. By hand: minute 0-10 has 21 of rule b and 1 of rule a = 22, 11 per operator, the
# only flood; minute 30 has 1, minute 119 has 1; together 24.
LOG = [
    event(RAISED, -2000, key="old/x"),  # active for 33 hours at the start, and cleared after one
    event(RAISED, -30, key="before/x"),
    event(RAISED, 1, severity=Severity.CRITICAL),
    event(ACK, 3, raised=1),  # after 120 s
    *(event(RAISED, 2 + 0.1 * n, key="b/x") for n in range(21)),
    *(event(ACK, 10, key="b/x", raised=round(2 + 0.1 * n, 6)) for n in range(2)),  # after 480 and 474 s
    event(RAISED, 30, key="c/x", severity=Severity.MEDIUM),
    event(CLEARED, 31, key="c/x", raised=30),
    event(RAISED, 40, key="late/x", retrospective=True),
    event(EventType.SHELVED, 50, key="d/x", until=at(200)),
    event(RAISED, 55, key="d/x"),
    event(CLEARED, 60, key="old/x", raised=-2000),
    event(RAISED, 119, key="c/x", severity=Severity.HIGH),
    event(RAISED, 120, key="after/x"),
]
SPAN = {"start": at(0), "end": at(2 * HOUR), "operators": 2}


def test_every_figure_equals_the_count_by_hand():
    found = performance(LOG, **SPAN)
    assert found.annunciated == 24
    assert found.per_period == 24 / 2 / 12
    assert (found.periods, found.flooded, found.peak) == (12, 1, 11)
    assert found.flooded_share == 1 / 12
    assert found.top == (("b/x", 21), ("c/x", 2), ("a/x", 1))
    assert found.top_share == 1
    assert {level.name: count for level, count in found.severities.items()} == {
        "LOW": 21,
        "MEDIUM": 1,
        "HIGH": 1,
        "CRITICAL": 1,
    }
    assert (found.median_s, found.ninetieth_s) == (474, 480)
    assert found.unacknowledged == 21
    assert found.chattering == (("b/x", 21),)
    assert found.standing == (("old/x", timedelta(minutes=2060)),)
    assert found.most_standing == 1


def test_the_same_load_on_one_operator_is_twice_the_load():
    assert performance(LOG, **{**SPAN, "operators": 1}).per_period == 2


def test_exactly_ten_in_ten_minutes_are_no_flood():
    ten = [event(RAISED, 0.5 * n, key=f"r{n}/x") for n in range(10)]
    eleven = [*ten, event(RAISED, 9.9, key="one_more/x")]
    span = {"start": at(0), "end": at(10)}
    assert performance(ten, **span).flooded == 0
    assert performance(eleven, **span).flooded == 1


def test_only_ten_are_in_the_top_ten():
    spread = [event(RAISED, n, key=f"r{n:02}/x") for n in range(20)]
    found = performance(spread, start=at(0), end=at(60))
    assert ([key for key, _ in found.top], found.top_share) == ([f"r{n:02}/x" for n in range(10)], 0.5)


def test_an_alarm_stands_only_on_days_on_which_it_is_older_than_a_day():
    log = [event(RAISED, 0), event(CLEARED, 49 * HOUR, raised=0)]

    def most(start: int, end: int) -> int:
        return performance(log, start=at(start * HOUR), end=at(end * HOUR)).most_standing

    assert most(0, 24) == 0
    assert most(0, 25) == 1
    assert most(48, 72) == 1
    assert most(50, 72) == 0


def test_five_standing_on_different_days_are_one_a_day():
    log = []
    for number in range(5):
        begun = number * 48 * HOUR
        log += [
            event(RAISED, begun, key=f"r{number}/x"),
            event(CLEARED, begun + 30 * HOUR, key=f"r{number}/x", raised=begun),
        ]
    found = performance(log, start=at(0), end=at(10 * 24 * HOUR))
    assert (len(found.standing), found.most_standing) == (5, 1)


def test_what_comes_back_from_a_shelf_asks_again_and_waits_anew():
    log = [
        event(RAISED, 0),
        event(ACK, 1, raised=0),
        event(EventType.SHELVED, 2, until=at(30)),
        event(EventType.SHELF_EXPIRED, 30),
        event(EventType.RETURNED, 30, raised=0),
        event(ACK, 35, raised=0),
    ]
    found = performance(log, start=at(0), end=at(60))
    assert (found.annunciated, found.median_s, found.unacknowledged) == (2, 180, 0)


def test_the_past_asks_for_nobody_until_it_becomes_the_present():
    log = [event(RAISED, 0, retrospective=True), event(EventType.BECAME_LIVE, 20, raised=0)]
    found = performance(log, start=at(0), end=at(60))
    assert (found.annunciated, found.unacknowledged) == (1, 1)


def test_an_acknowledgement_after_the_end_is_not_known_yet():
    log = [event(RAISED, 0), event(ACK, 61, raised=0)]
    assert performance(log, start=at(0), end=at(60)).unacknowledged == 1
    assert performance(log, start=at(0), end=at(62)).median_s == 61 * 60


def test_a_quiet_month_meets_every_target_and_has_no_share_of_nothing():
    found = performance([], start=START, end=START + timedelta(days=30))
    assert (found.per_period, found.top_share, found.median_s) == (0, 0, None)
    assert [measure.name for measure in measures(found) if measure.is_met is False] == []


def test_measures_say_which_targets_are_missed():
    missed = {measure.name for measure in measures(performance(LOG, **SPAN)) if measure.is_met is False}
    assert missed == {
        "Time in flood (more than 10 in 10 minutes)",
        "Share of the ten most frequent",
        "Chattering",
    }


@pytest.mark.parametrize("wrong", [{"operators": 0}, {"end": at(0)}], ids=["nobody", "no-time"])
def test_figures_need_an_operator_and_a_span(wrong):
    with pytest.raises(ValueError, match="at least one operator"):
        performance(LOG, **{**SPAN, **wrong})


def test_the_journal_of_the_real_engine_is_counted_alike():
    watcher = engine()
    log = observe_all(watcher, (0, 120), (5, 50), (10, 130), (15, 50))
    found = performance(log, start=at(0), end=at(60))
    assert found.top == (("high_water/gate", 2),)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 300)), max_size=40), st.integers(1, 299))
def test_two_spans_side_by_side_add_up_to_the_whole(log, cut):
    told = sorted(
        (event(RAISED, minute, key=f"r{rule}/x") for rule, minute in set(log)), key=lambda e: e.recorded_at
    )
    whole = performance(told, start=at(0), end=at(301))
    parts = [
        performance(told, start=at(0), end=at(cut)),
        performance(told, start=at(cut), end=at(301)),
    ]
    assert whole.annunciated == sum(part.annunciated for part in parts)
    assert whole.unacknowledged == len(told)
