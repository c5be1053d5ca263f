"""How one rule at one site goes from state to state, and what it says on the way."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.judging.conditions import Finding, Verdict
from alerts.judging.states import Phase, State
from alerts.judging.watches import Watch
from storage.clock import from_us, to_us


class Moment(NamedTuple):
    """When something became known.

    Attributes:
        observed_at: When it was true, in the sensor's time.
        now: When the engine sees it.
        late: True when it is so old that it no longer tells the present.
    """

    observed_at: datetime
    now: datetime
    late: bool


def observe(watch: Watch, state: State, finding: Finding, moment: Moment) -> list[AlarmEvent]:
    """Bring the state up to what was found and return what happened."""
    state.observed_at = moment.observed_at
    if finding.verdict is Verdict.UNKNOWN:
        return []
    if state.phase is Phase.ACTIVE:
        return _while_active(watch, state, finding, moment)
    return _while_not_active(watch, state, finding, moment)


def _while_not_active(watch: Watch, state: State, finding: Finding, moment: Moment) -> list[AlarmEvent]:
    if finding.verdict is not Verdict.HOLDS:
        if state.phase is not Phase.NORMAL:
            state.end()
        return []
    if state.phase is Phase.NORMAL:
        state.phase, state.since = Phase.PENDING, moment.observed_at
    assert state.since is not None  # a pending state knows since when
    if moment.observed_at - state.since < watch.rule.pending:
        return []
    state.begin(moment.observed_at, watch.rule.severity, retrospective=moment.late)
    return [_decided(EventType.RAISED, watch, state, finding, moment=moment)]


def _while_active(watch: Watch, state: State, finding: Finding, moment: Moment) -> list[AlarmEvent]:
    events = []
    clears = _has_cleared(watch, state, finding, moment)
    # A late value that leaves the alarm active brings no data back: the next tick would lose them again.
    if state.data_lost and (clears or not moment.late):
        state.data_lost = False
        events.append(_decided(EventType.DATA_BACK, watch, state, finding, moment=moment))
    if clears:
        ended = moment._replace(late=moment.late or state.retrospective)
        events.append(_decided(EventType.CLEARED, watch, state, finding, moment=ended))
        state.end()
    elif state.retrospective and not moment.late:
        state.retrospective = False
        events.append(_decided(EventType.BECAME_LIVE, watch, state, finding, moment=moment))
    return events


def _has_cleared(watch: Watch, state: State, finding: Finding, moment: Moment) -> bool:
    """Tell whether the values have been clear for the off-delay; one that is not begins it anew."""
    if finding.verdict is not Verdict.CLEARS:
        state.clear_since = None
        return False
    if not watch.rule.off_delay:
        return True
    if state.clear_since is None:
        state.clear_since = moment.observed_at
    return moment.observed_at - state.clear_since >= watch.rule.off_delay


def _decided(type_: EventType, watch: Watch, state: State, finding: Finding, *, moment: Moment) -> AlarmEvent:
    return _event(
        type_,
        watch.key,
        state,
        observed_at=moment.observed_at,
        recorded_at=moment.now,
        value=finding.value,
        limit=finding.limit,
        retrospective=moment.late,
    )


def notice_silence(watch: Watch, state: State, now: datetime) -> list[AlarmEvent]:
    """Say once that a live alarm's data have stopped; a rule that does not ask for it hears no more of it."""
    if state.phase is not Phase.ACTIVE or state.retrospective or state.data_lost:
        return []
    lost_at = _lost_at(watch, state, now)
    if lost_at is None or state.since is None:
        return []
    # An alarm that began by silence had no data from its begin on.
    lost_at = max(lost_at, state.since)
    state.data_lost = True
    return [_event(EventType.DATA_LOST, watch.key, state, observed_at=lost_at, recorded_at=now)]


def _lost_at(watch: Watch, state: State, now: datetime) -> datetime | None:
    """Return since when the values no longer tell the present, None while they do."""
    if watch.tree is None:
        assert state.observed_at is not None  # an active state has seen a value
        overdue_at = state.observed_at + watch.overdue_after
        return overdue_at if now > overdue_at else None
    if watch.tree.measured is None:
        return None
    finding = watch.tree.measured.judge(state.memories, to_us(now))
    is_lost = finding.verdict is Verdict.UNKNOWN and finding.lost_at is not None
    return from_us(finding.lost_at) if is_lost and finding.lost_at is not None else None


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
    assert state.severity is not None  # only active states speak
    rule_id, site_id = key.split("/")
    return AlarmEvent(
        alarm_id=f"{key}/{state.begun_us}",
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
