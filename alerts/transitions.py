"""How one rule at one site goes from state to state, and what it says on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alarms import AlarmEvent, EventType, Severity
from alerts.conditions import Condition
from alerts.rules import Rule
from alerts.states import Phase, State
from storage.clock import to_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One rule at one site.

    Attributes:
        key: `<rule_id>/<site_id>`, the name of its state.
        rule: The rule.
        site_id: The site.
        condition: The rule's limit in this site's numbers.
        overdue_after: Age at which a value no longer tells the present.
    """

    key: str
    rule: Rule
    site_id: str
    condition: Condition
    overdue_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A usable value, newer than any before it, as it comes to the engine.

    Attributes:
        value: In the metric's unit.
        observed_at: When it was measured.
        now: When the engine sees it.
    """

    value: float
    observed_at: datetime
    now: datetime


def observe(watch: Watch, state: State, sample: Sample) -> list[AlarmEvent]:
    """Bring the state up to a value and return what happened."""
    late = sample.now - sample.observed_at > watch.overdue_after
    state.observed_at = sample.observed_at
    if state.phase is Phase.ACTIVE:
        return _while_active(watch, state, sample, late)
    return _while_not_active(watch, state, sample, late)


def _while_not_active(watch: Watch, state: State, sample: Sample, late: bool) -> list[AlarmEvent]:
    if not watch.condition.holds(sample.value):
        state.end()
        return []
    if state.phase is Phase.NORMAL:
        state.phase, state.since = Phase.PENDING, sample.observed_at
    assert state.since is not None  # a pending state knows since when
    if sample.observed_at - state.since < watch.rule.pending:
        return []
    state.phase, state.since = Phase.ACTIVE, sample.observed_at
    state.severity, state.retrospective = watch.rule.severity, late
    return [_decided(EventType.RAISED, watch, state, sample, retrospective=late)]


def _while_active(watch: Watch, state: State, sample: Sample, late: bool) -> list[AlarmEvent]:
    events = []
    clears = watch.condition.clears(sample.value)
    # A late value that leaves the alarm active brings no data back: the next tick would lose them again.
    if state.data_lost and (clears or not late):
        state.data_lost = False
        events.append(_decided(EventType.DATA_BACK, watch, state, sample, retrospective=late))
    if clears:
        retrospective = late or state.retrospective
        events.append(_decided(EventType.CLEARED, watch, state, sample, retrospective=retrospective))
        state.end()
    elif state.retrospective and not late:
        state.retrospective = False
        events.append(_decided(EventType.BECAME_LIVE, watch, state, sample, retrospective=False))
    return events


def _decided(
    type_: EventType, watch: Watch, state: State, sample: Sample, *, retrospective: bool
) -> AlarmEvent:
    return _event(
        type_,
        watch.key,
        state,
        observed_at=sample.observed_at,
        recorded_at=sample.now,
        value=sample.value,
        limit=watch.condition.limit,
        retrospective=retrospective,
    )


def notice_silence(watch: Watch, state: State, now: datetime) -> list[AlarmEvent]:
    """Say once that a live alarm's data have stopped; nothing else ever follows from silence."""
    if state.phase is not Phase.ACTIVE or state.retrospective or state.data_lost:
        return []
    assert state.observed_at is not None  # an active state has seen a value
    if now - state.observed_at <= watch.overdue_after:
        return []
    state.data_lost = True
    overdue_at = state.observed_at + watch.overdue_after
    return [_event(EventType.DATA_LOST, watch.key, state, observed_at=overdue_at, recorded_at=now)]


def withdraw(key: str, state: State, now: datetime) -> list[AlarmEvent]:
    """End what a rule had begun at a site that it no longer watches; an alarm does not go without a word."""
    events = []
    if state.phase is Phase.ACTIVE:
        events.append(
            _event(
                EventType.WITHDRAWN,
                key,
                state,
                observed_at=now,
                recorded_at=now,
                retrospective=state.retrospective,
            )
        )
    state.end()
    return events


def _event(
    type_: EventType,
    key: str,
    state: State,
    *,
    observed_at: datetime,
    recorded_at: datetime,
    value: float | None = None,
    limit: float | None = None,
    retrospective: bool = False,
) -> AlarmEvent:
    assert state.since is not None
    assert state.severity is not None  # only active states speak
    rule_id, site_id = key.split("/")
    return AlarmEvent(
        alarm_id=f"{key}/{to_us(state.since)}",
        rule_id=rule_id,
        site_id=site_id,
        type=type_,
        observed_at=observed_at,
        recorded_at=recorded_at,
        severity=Severity(state.severity),
        value=value,
        limit=limit,
        retrospective=retrospective,
    )
