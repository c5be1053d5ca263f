"""How well the alarms serve the people who hear them: the figures of ISA-18.2, from the journal alone."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.desk.chatter import STANDARD, Chatter, ChatterLimits, chatters
from alerts.journal.alarms import Alarm, AlarmEvent, EventType, Severity, folded

PERIOD = timedelta(minutes=10)
FLOOD_ABOVE = 10  # alarms per operator in one period
STANDING_AFTER = timedelta(hours=24)
_DAY = timedelta(days=1)
_TOP = 10
_ANNOUNCES = (EventType.RAISED, EventType.BECAME_LIVE, EventType.RETURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annunciation:
    """One time that an alarm asked for an operator.

    Attributes:
        alarm_id: The alarm.
        key: `<rule_id>/<site_id>`.
        at: When Pantau told it; aware.
        severity: How bad.
        acknowledged_at: When somebody saw it; None when nobody had by the end.
    """

    alarm_id: str
    key: str
    at: datetime
    severity: Severity
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """The figures of one span of time.

    Attributes:
        start: First instant of it.
        end: First instant after it.
        operators: How many share the alarms.
        annunciated: How often an alarm asked for an operator: raised, became live, or came back from a shelf;
            not what was shelved, out of service or of the past.
        per_period: Those per operator and 10 minutes, on average.
        peak: The most per operator in any one period, counted from `start`.
        periods: How many periods there are, the last one perhaps shorter.
        flooded: In how many of them an operator had more than 10.
        standing: Rows that were active for more than a day at some moment, longest first, with how long.
        most_standing: The most of them on any one day, counted from `start`.
        top: The ten rows that spoke most often, with how often.
        severities: Severity to how often.
        chattering: Rows that chattered, worst first.
        median_s: Half of the acknowledged ones were seen within so many seconds; None when none was.
        ninetieth_s: Nine in ten of them were; None when none was.
        unacknowledged: How many nobody had seen by the end.
    """

    start: datetime
    end: datetime
    operators: int
    annunciated: int
    per_period: float
    peak: float
    periods: int
    flooded: int
    standing: tuple[tuple[str, timedelta], ...]
    most_standing: int
    top: tuple[tuple[str, int], ...]
    severities: Mapping[Severity, int]
    chattering: tuple[tuple[str, int], ...]
    median_s: float | None
    ninetieth_s: float | None
    unacknowledged: int

    def share(self, count: int) -> float:
        """Return a count as a part of all annunciations, 0 to 1; 0 when there were none."""
        return count / self.annunciated if self.annunciated else 0.0

    @property
    def top_share(self) -> float:
        """What part of all comes from the ten rows that spoke most often, 0 to 1."""
        return self.share(sum(count for _, count in self.top))

    @property
    def flooded_share(self) -> float:
        """What part of the periods was a flood, 0 to 1."""
        return self.flooded / self.periods


def performance(
    events: Sequence[AlarmEvent],
    *,
    start: datetime,
    end: datetime,
    operators: int = 1,
    chatter_limits: ChatterLimits = STANDARD,
) -> Performance:
    """Return the figures of start <= told < end.

    Args:
        events: The journal from its beginning: what stands, and what is shelved, may be older than `start`.
        start: First instant wanted; aware.
        end: First instant no longer wanted; what was told from then on is not known yet.
        operators: How many share the alarms, at least 1.
        chatter_limits: What chatter is.

    Raises:
        ValueError: There is no operator or no time.

    Source:
        ANSI/ISA-18.2-2016, table 7; the period of ten minutes and the flood are those of EEMUA 191.
    """
    if operators < 1 or start >= end:
        raise ValueError("performance needs at least one operator and a start before the end")
    known = [event for event in events if event.recorded_at < end]
    told = [one for one in annunciations(known) if one.at >= start]
    periods = math.ceil((end - start) / PERIOD)
    asked = loads(told, start)
    counts = Counter(one.key for one in told)
    lives = [alarm for alarm in folded(known).values() if not alarm.retrospective]
    waits = sorted((one.acknowledged_at - one.at).total_seconds() for one in told if one.acknowledged_at)
    return Performance(
        start=start,
        end=end,
        operators=operators,
        annunciated=len(told),
        per_period=len(told) / operators / ((end - start) / PERIOD),
        peak=max(asked.values(), default=0) / operators,
        periods=periods,
        flooded=sum(load / operators > FLOOD_ABOVE for load in asked.values()),
        standing=_standing(lives, start, end),
        most_standing=_most_standing(lives, start, end),
        top=tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP]),
        severities={level: sum(one.severity is level for one in told) for level in Severity},
        chattering=_chattering(told, chatter_limits),
        median_s=statistics.median(waits) if waits else None,
        ninetieth_s=waits[math.ceil(0.9 * len(waits)) - 1] if waits else None,
        unacknowledged=sum(one.acknowledged_at is None for one in told),
    )


def loads(told: Iterable[Annunciation], start: datetime) -> Counter[int]:
    """Return how often alarms asked in each period of ten minutes, by its number from `start` on."""
    return Counter((one.at - start) // PERIOD for one in told)


def annunciations(events: Iterable[AlarmEvent]) -> list[Annunciation]:
    """Return every time that an alarm asked for an operator, in the journal's order.

    Args:
        events: The journal from its beginning, so that what is shelved is known.
    """
    found: list[Annunciation] = []
    aside: frozenset[str] = frozenset()
    waiting: dict[str, int] = {}
    for event in events:
        aside = aside_after(event, aside)
        if is_annunciated(event, aside):
            waiting[event.alarm_id] = len(found)
            found.append(_annunciation(event, _key(event)))
        elif event.type is EventType.ACKNOWLEDGED and event.alarm_id in waiting:
            place = waiting.pop(event.alarm_id)
            found[place] = replace(found[place], acknowledged_at=event.recorded_at)
    return found


def aside_after(event: AlarmEvent, aside: frozenset[str]) -> frozenset[str]:
    """Return the keys of the rows that are shelved or out of service after an event.

    Args:
        event: The next event of the journal.
        aside: Those before it.
    """
    if not event.type.is_of_shelf:
        return aside
    is_begun = event.type in (EventType.SHELVED, EventType.OUT_OF_SERVICE)
    return aside | {_key(event)} if is_begun else aside - {_key(event)}


def is_annunciated(event: AlarmEvent, aside: frozenset[str]) -> bool:
    """Tell whether an event asks for an operator: what is of the past or put aside does not."""
    return event.type in _ANNOUNCES and not event.retrospective and _key(event) not in aside


def _key(event: AlarmEvent) -> str:
    return f"{event.rule_id}/{event.site_id}"


def _annunciation(event: AlarmEvent, key: str) -> Annunciation:
    return Annunciation(
        alarm_id=event.alarm_id, key=key, at=event.recorded_at, severity=event.severity, acknowledged_at=None
    )


def _standing(alarms: Iterable[Alarm], start: datetime, end: datetime) -> tuple[tuple[str, timedelta], ...]:
    """Return the rows that stood for more than a day at some moment of a span, and how long by its end."""
    lasting: dict[str, timedelta] = {}
    for alarm in alarms:
        until = min(alarm.cleared_at or end, end)
        if until > start and until - alarm.raised_at > STANDING_AFTER:
            key = f"{alarm.rule_id}/{alarm.site_id}"
            lasting[key] = max(until - alarm.raised_at, lasting.get(key, STANDING_AFTER))
    return tuple(sorted(lasting.items(), key=lambda pair: (-pair[1], pair[0])))


def _most_standing(alarms: Sequence[Alarm], start: datetime, end: datetime) -> int:
    days = [start + number * _DAY for number in range(math.ceil((end - start) / _DAY))]
    return max(len(_standing(alarms, day, min(day + _DAY, end))) for day in days)


def _chattering(told: Iterable[Annunciation], limits: ChatterLimits) -> tuple[tuple[str, int], ...]:
    times: dict[str, list[datetime]] = {}
    for one in told:
        times.setdefault(one.key, []).append(one.at)
    found: dict[str, list[Chatter]] = {key: chatters(spoken, limits) for key, spoken in times.items()}
    worst = {key: max(run.count for run in runs) for key, runs in found.items() if runs}
    return tuple(sorted(worst.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure beside what the standard asks for.

    Attributes:
        name: What is measured.
        value: The figure as people read it.
        target: What it should be, "" where the standard asks for nothing.
        is_met: Whether it is; None where nothing is asked.
    """

    name: str
    value: str
    target: str = ""
    is_met: bool | None = None


def measures(found: Performance) -> list[Measure]:
    """Return the figures beside the targets of ISA-18.2, per operator position."""
    severe = found.severities[Severity.HIGH] + found.severities[Severity.CRITICAL]
    shares = [
        ("Low", found.share(found.severities[Severity.LOW]), "about 80 %"),
        ("Medium", found.share(found.severities[Severity.MEDIUM]), "about 15 %"),
        ("High and critical", found.share(severe), "about 5 %"),
    ]
    return [
        Measure(name="Alarms", value=f"{found.annunciated}"),
        Measure(
            name="Alarms per operator and 10 minutes",
            value=f"{found.per_period:.2f}",
            target="1 is acceptable, 2 the most that is manageable",
            is_met=found.per_period <= 2,
        ),
        Measure(name="Most per operator in 10 minutes", value=f"{found.peak:g}"),
        Measure(
            name="Time in flood (more than 10 in 10 minutes)",
            value=f"{found.flooded} of {found.periods} periods, {found.flooded_share:.2%}",
            target="less than 1 %",
            is_met=found.flooded_share < 0.01,
        ),
        Measure(
            name="Standing over 24 hours, most on any day",
            value=f"{found.most_standing}",
            target="fewer than 5",
            is_met=found.most_standing < 5,
        ),
        Measure(
            name="Share of the ten most frequent",
            value=f"{found.top_share:.0%}",
            target="at most 5 %",
            is_met=found.top_share <= 0.05,
        ),
        Measure(
            name="Chattering", value=f"{len(found.chattering)}", target="none", is_met=not found.chattering
        ),
        *(Measure(name=name, value=f"{share:.0%}", target=target) for name, share, target in shares),
        Measure(name="Median time to acknowledge", value=_seconds(found.median_s)),
        Measure(name="Nine in ten acknowledged within", value=_seconds(found.ninetieth_s)),
        Measure(name="Never acknowledged", value=f"{found.unacknowledged}"),
    ]


def _seconds(span_s: float | None) -> str:
    return "none was" if span_s is None else f"{span_s:.0f} s"
