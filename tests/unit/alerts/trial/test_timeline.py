from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from support.alarming import at

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.trial.timeline import ActiveSpan, active_spans, severity_at

LOW, HIGH, CRITICAL = Severity.LOW, Severity.HIGH, Severity.CRITICAL


def event(type_: EventType, minute: float, severity: Severity = HIGH, alarm: str = "a") -> AlarmEvent:
    return AlarmEvent(
        alarm_id=alarm,
        rule_id="rule",
        site_id="gate",
        type=type_,
        observed_at=at(minute),
        recorded_at=at(minute),
        severity=severity,
    )


RAISED, CLEARED, WITHDRAWN = EventType.RAISED, EventType.CLEARED, EventType.WITHDRAWN


def at_minutes(events: list[AlarmEvent], *minutes: float) -> list[Severity | None]:
    return severity_at(events, [at(minute) for minute in minutes])


def test_alarm_is_active_from_its_raise_up_to_but_not_at_its_end():
    events = [event(RAISED, 5), event(CLEARED, 10)]
    assert at_minutes(events, 4, 5, 9, 10) == [None, HIGH, HIGH, None]


def test_worst_active_alarm_is_told():
    events = [
        event(RAISED, 0, LOW, "a"),
        event(RAISED, 5, CRITICAL, "b"),
        event(RAISED, 6, HIGH, "c"),
        event(CLEARED, 10, CRITICAL, "b"),
        event(CLEARED, 11, HIGH, "c"),
    ]
    assert at_minutes(events, 1, 5, 7, 10, 11) == [LOW, CRITICAL, CRITICAL, HIGH, LOW]


def test_instants_may_come_in_any_order_and_twice():
    events = [event(RAISED, 5), event(CLEARED, 10)]
    assert at_minutes(events, 7, 1, 12, 7) == [HIGH, None, None, HIGH]


def test_lost_data_do_not_end_an_alarm():
    assert at_minutes([event(RAISED, 5), event(EventType.DATA_LOST, 20)], 1000) == [HIGH]


def test_withdrawn_alarm_is_over():
    assert at_minutes([event(RAISED, 5), event(WITHDRAWN, 20)], 19, 20) == [HIGH, None]


def test_alarm_withdrawn_before_a_sensor_clock_that_ran_ahead_has_no_span_below_zero():
    events = [event(RAISED, 5), event(WITHDRAWN, 3)]
    assert active_spans(events) == [ActiveSpan(severity=HIGH, start=at(5), end=at(5))]
    assert at_minutes([*events, event(RAISED, 0, alarm="b")], 4, 6) == [HIGH, HIGH]


def test_end_without_beginning_is_left_out():
    assert at_minutes([event(CLEARED, 5)], 4, 6) == [None, None]


def test_no_events_and_no_times_give_nothing():
    assert severity_at([], []) == []
    assert at_minutes([], 5) == [None]


spans = st.lists(
    st.tuples(st.integers(0, 50), st.one_of(st.none(), st.integers(0, 50)), st.sampled_from(Severity))
)


@given(spans, st.lists(st.integers(-5, 120)))
def test_severity_equals_the_worst_span_that_holds_the_instant(drawn, minutes):
    events = []
    for number, (start, length, severity) in enumerate(drawn):
        events.append(event(RAISED, start, severity, str(number)))
        events += [] if length is None else [event(CLEARED, start + length, severity, str(number))]

    def worst(instant: datetime) -> Severity | None:
        holding = (
            severity
            for start, length, severity in drawn
            if at(start) <= instant and (length is None or instant < at(start + length))
        )
        return max(holding, default=None)

    times = [at(minute) for minute in minutes]
    assert severity_at(events, times) == [worst(instant) for instant in times]
