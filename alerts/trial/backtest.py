"""What rules would have done on past readings: the live engine, replayed, and its alarms counted."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo

from alerts.desk.chatter import Chatter, ChatterLimits, chatters, proposed_deadband
from alerts.journal.alarms import AlarmEvent, EventType
from alerts.judging.conditions import is_evidence
from alerts.judging.engine import AlarmEngine
from alerts.judging.replaying import replayed
from alerts.judging.tree_building import inputs_of, reach_of
from alerts.rulebook.rules import Rule
from devices.kinds import Kind
from devices.registry import Site
from storage.ports import ReadingReader
from storage.readings import Reading

SHIFT = timedelta(hours=8)
_HOUR_S = 3600
CHATTER = ChatterLimits(activations=3, within=timedelta(minutes=10), quiet=timedelta(minutes=10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a back-test looks at.

    Attributes:
        reader: The store of readings.
        sites: Sites by id, with the thresholds of today.
        kinds: Kinds by name.
        start: First instant whose alarms count; aware.
        end: First instant no longer looked at; aware.
    """

    reader: ReadingReader
    sites: Mapping[str, Site]
    kinds: Mapping[str, Kind]
    start: datetime
    end: datetime

    @property
    def shifts(self) -> float:
        """How many shifts of eight hours it spans."""
        return (self.end - self.start) / SHIFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """One alarm as it would have been.

    Attributes:
        rule_id: Its rule.
        site_id: Its site.
        raised_at: When it began.
        ended_at: When it ended; None while it would be active still.
    """

    rule_id: str
    site_id: str
    raised_at: datetime
    ended_at: datetime | None

    def lasted(self, until: datetime) -> timedelta:
        """Return how long it was active, up to an instant."""
        return (self.ended_at or until) - self.raised_at


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """Something that is known to have happened, for alarms to be held against.

    Attributes:
        name: What it was.
        start: When it began; aware.
        end: When it was over; aware.
        sites: Where; None for anywhere.
        rules: Which rules should have told it; None for any.
        moment: What leads and lags are counted from; the start by default.
        slack: How long after the moment an alarm still tells it in time; up to the end by default.
    """

    name: str
    start: datetime
    end: datetime
    sites: tuple[str, ...] | None = None
    rules: tuple[str, ...] | None = None
    moment: datetime | None = None
    slack: timedelta | None = None

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"the event '{self.name}' ends before it begins")

    def is_told_by(self, alarm: Activation) -> bool:
        """Tell whether an alarm was active in its time, at its place and by its rules."""
        is_here = self.sites is None or alarm.site_id in self.sites
        is_meant = self.rules is None or alarm.rule_id in self.rules
        is_then = alarm.raised_at <= self.end and (alarm.ended_at is None or alarm.ended_at >= self.start)
        return is_here and is_meant and is_then

    @property
    def counted_from(self) -> datetime:
        """What leads and lags are counted from."""
        return self.start if self.moment is None else self.moment

    def is_told_in_time_by(self, alarm: Activation) -> bool:
        """Tell whether an alarm that tells it began soon enough."""
        latest = self.end if self.slack is None else self.counted_from + self.slack
        return self.is_told_by(alarm) and alarm.raised_at <= latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one rule would have done.

    Attributes:
        rule: The rule.
        alarms: Its alarms, oldest first.
        chatter: Where and when it came three times or more within ten minutes, by site.
        deadband: A deadband that the noise of the chattering sites asks for; None when nothing does.
        with_deadband: How many alarms were left with it; None without one.
        heard: Hours since the epoch in which a reading came of the kinds that the rule looks at.
    """

    rule: Rule
    alarms: tuple[Activation, ...]
    chatter: Mapping[str, tuple[Chatter, ...]]
    deadband: float | None = None
    with_deadband: int | None = None
    heard: frozenset[int] = frozenset()

    @property
    def per_site(self) -> dict[str, int]:
        """How many alarms each site had, most first."""
        return dict(Counter(alarm.site_id for alarm in self.alarms).most_common())

    def by_shift(self, zone: tzinfo) -> tuple[int, int, int]:
        """Return how many alarms began between 0 and 8, 8 and 16, 16 and 24 o'clock of a zone."""
        begun = Counter(alarm.raised_at.astimezone(zone).hour // 8 for alarm in self.alarms)
        return begun[0], begun[1], begun[2]

    def per_shift(self, zone: tzinfo) -> float:
        """Return how many alarms there were for each shift of eight hours of a zone that had readings."""
        return len(self.alarms) / max(len(shifts_with(self.heard, zone)), 1)


def shifts_with(heard: Iterable[int], zone: tzinfo) -> set[tuple[date, int]]:
    """Return the shifts, by day and number, that hours since the epoch lie in on the clock of a zone."""
    local = (datetime.fromtimestamp(hour * _HOUR_S, zone) for hour in heard)
    return {(at.date(), at.hour // 8) for at in local}


def trials(rules: Mapping[str, Rule], past: Past) -> list[Trial]:
    """Return what each rule would have done, and what with a deadband against its chatter."""
    heard: dict[str, set[int]] = defaultdict(set)
    alarms = activations(events_of(rules, past, heard))
    found = [
        replace(
            _trial(rule, [a for a in alarms if a.rule_id == rule.id]),
            heard=frozenset().union(*(heard[kind] for kind, _, _ in inputs_of(rule, past.kinds))),
        )
        for rule in rules.values()
    ]
    proposed = {trial.rule.id: band for trial in found if (band := _deadband_for(trial, past)) is not None}
    wider = {id_: replace(rules[id_], deadband=band, clear=None) for id_, band in proposed.items()}
    left = Counter(alarm.rule_id for alarm in activations(events_of(wider, past))) if wider else Counter()
    return [
        replace(trial, deadband=proposed[trial.rule.id], with_deadband=left[trial.rule.id])
        if trial.rule.id in proposed
        else trial
        for trial in found
    ]


def events_of(
    rules: Mapping[str, Rule], past: Past, heard: dict[str, set[int]] | None = None
) -> list[AlarmEvent]:
    """Return what the live engine says of the past, from `start` on.

    It begins to listen earlier, by as much as the longest window of the rules, so that none is empty at the
    start; what it says before the start is left out.

    Args:
        rules: Rules by id.
        past: What it looks at.
        heard: Where the hours since the epoch are added in which a reading came, by kind.
    """
    engine = AlarmEngine(rules, past.sites, past.kinds)
    listens_from = past.start - max((reach_of(rule) for rule in rules.values()), default=timedelta(0))
    readings = _merged(rules, past, listens_from)
    if heard is not None:
        readings = _noted(readings, past.start, heard)
    said = replayed(engine, readings, start=listens_from, end=past.end)
    return [event for event in said if event.observed_at >= past.start]


def _merged(rules: Mapping[str, Rule], past: Past, start: datetime) -> Iterator[Reading]:
    """Yield the readings of all kinds that the rules look at, in the order of their observed times."""
    kinds = sorted({kind for rule in rules.values() for kind, _, _ in inputs_of(rule, past.kinds)})
    streams = [past.reader.read(kind, start=start, end=past.end) for kind in kinds]
    return heapq.merge(*streams, key=lambda reading: reading.observed_at)


def _noted(readings: Iterable[Reading], start: datetime, heard: dict[str, set[int]]) -> Iterator[Reading]:
    for reading in readings:
        if reading.observed_at >= start:
            heard[reading.kind].add(int(reading.observed_at.timestamp()) // _HOUR_S)
        yield reading


def activations(events: Iterable[AlarmEvent]) -> list[Activation]:
    """Return the alarms that begin among events, in the order in which they do."""
    found: dict[str, Activation] = {}
    for event in events:
        if event.type is EventType.RAISED:
            found[event.alarm_id] = Activation(
                rule_id=event.rule_id, site_id=event.site_id, raised_at=event.observed_at, ended_at=None
            )
        elif event.type.is_end and event.alarm_id in found:
            found[event.alarm_id] = replace(found[event.alarm_id], ended_at=event.observed_at)
    return sorted(found.values(), key=lambda alarm: alarm.raised_at)


def _trial(rule: Rule, alarms: Sequence[Activation]) -> Trial:
    sites = dict.fromkeys(alarm.site_id for alarm in alarms)
    chatter = {
        site_id: tuple(chatters([a.raised_at for a in alarms if a.site_id == site_id], CHATTER))
        for site_id in sites
    }
    return Trial(rule=rule, alarms=tuple(alarms), chatter={s: runs for s, runs in chatter.items() if runs})


def _deadband_for(trial: Trial, past: Past) -> float | None:
    """Return the widest deadband that noise at the chattering sites asks for, if wider than the rule has."""
    rule = trial.rule
    if rule.when is not None:
        return None
    proposals = [
        proposed_deadband(_values(past, rule, site_id, run))
        for site_id, runs in trial.chatter.items()
        for run in runs
    ]
    widest = max((band for band in proposals if band is not None), default=0.0)
    if rule.outside is not None and 2 * widest > rule.outside[1] - rule.outside[0]:
        return None  # it would leave nothing between the two limits
    return widest if widest > rule.deadband else None


def _values(past: Past, rule: Rule, site_id: str, run: Chatter) -> list[float]:
    readings = past.reader.read(rule.kind, start=run.start, end=run.end + CHATTER.quiet, site_ids=[site_id])
    return [
        reading.values[rule.metric]
        for reading in readings
        if rule.metric in reading.values and is_evidence(reading.flag(rule.metric))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Alarms held against what is known to have happened.

    Attributes:
        caught: Each event that was told, with its first alarm.
        missed: Events that no alarm told.
        beside: Alarms that belong to no event.
    """

    caught: tuple[tuple[KnownEvent, Activation], ...]
    missed: tuple[KnownEvent, ...]
    beside: tuple[Activation, ...]


def held_against(known: Sequence[KnownEvent], alarms: Sequence[Activation]) -> Verdicts:
    """Return which known events were told by an alarm, and which alarms tell none of them."""
    first = {event: next((a for a in alarms if event.is_told_by(a)), None) for event in known}
    return Verdicts(
        caught=tuple((event, alarm) for event, alarm in first.items() if alarm is not None),
        missed=tuple(event for event, alarm in first.items() if alarm is None),
        beside=tuple(a for a in alarms if not any(event.is_told_by(a) for event in known)),
    )
