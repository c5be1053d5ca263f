"""What values say that came too late to be judged in their order: alarms of the past, never of now.

The live engine goes by the newest value and never turns back; it only remembers of which time it missed
something. When nothing more comes of it, that time is judged once more, in the order in which it happened,
and what no alarm has told yet is told as retrospective. So the order of arrival makes no difference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from alerts.journal.alarms import Alarm, AlarmEvent, EventType
from alerts.judging.engine import AlarmEngine, Missed
from alerts.judging.states import calmed
from alerts.judging.tree_building import reach_of
from alerts.judging.watches import Watch
from alerts.rulebook.rules import NoDataPolicy, Rule
from alerts.rulebook.when import Silent, Unusual
from devices.kinds import Kind
from devices.registry import Site
from storage.clock import from_us, to_us
from storage.readings import Reading

_FOREVER = datetime.max.replace(tzinfo=from_us(0).tzinfo)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """A time of one rule at one site that is to be judged once more.

    Attributes:
        rule: The rule, without what it says about silence: what came late was not silent.
        watch: The rule at its site.
        missed: What the engine missed there.
        patience: How long values of the rule's kinds tell the present.
    """

    rule: Rule
    watch: Watch
    missed: Missed
    patience: timedelta

    @property
    def judged_from(self) -> datetime:
        """From when on alarms can begin: early enough that one may have waited for its pending time."""
        return from_us(self.missed.span.first_us) - self.rule.pending - self.patience

    @property
    def start(self) -> datetime:
        """From when on readings are needed: every window is full, every value known, when judging begins."""
        return self.judged_from - (reach_of(self.rule) - self.rule.pending) - self.patience

    @property
    def end(self) -> datetime:
        """Up to when they are needed: just after the newest moment that the live engine has judged."""
        return self.missed.until + _MOMENT

    @property
    def touched_until(self) -> datetime:
        """Up to when an alarm can begin because of what was late."""
        return from_us(self.missed.span.last_us) + reach_of(self.rule) + self.patience

    def touches(self, activity: Activity) -> bool:
        """Tell whether an alarm can be there because of what was late."""
        ends = activity.cleared is None or to_us(activity.cleared.observed_at) >= self.missed.span.first_us
        return ends and activity.raised.observed_at <= self.touched_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An alarm as it would have been, had every value come in its order.

    Attributes:
        raised: How it began.
        cleared: How it ended; None while it goes on.
    """

    raised: AlarmEvent
    cleared: AlarmEvent | None


def second_looks(missed: Missed, kinds: Mapping[str, Kind]) -> Iterator[SecondLook]:
    """Yield what to judge once more; rules that are not judged afterwards are left out.

    What comes late says nothing about silence. A rule that compares with past weeks would need weeks of
    readings to judge a moment that is long over.
    """
    for watch in missed.watches:
        if not any(isinstance(leaf, Silent | Unusual) for leaf in watch.rule.condition.leaves()):
            rule = replace(watch.rule, on_no_data=NoDataPolicy.KEEP)
            patience = max(kinds[kind].overdue_after for kind, _, _ in watch.inputs)
            yield SecondLook(rule=rule, watch=watch, missed=missed, patience=patience)


def activities(
    look: SecondLook, readings: Iterable[Reading], sites: Mapping[str, Site], kinds: Mapping[str, Kind]
) -> Iterator[Activity]:
    """Yield the alarms that readings in their order lead to, as far as what was late can have a part in them.

    Args:
        look: What is judged; readings after the last alarm that it can touch are not asked for.
        readings: From its `start` to its `end`, in the order of their observed times.
        sites: Sites by id.
        kinds: Kinds by name.
    """
    raised: AlarmEvent | None = None
    for event in _events(look, readings, AlarmEngine({look.rule.id: look.rule}, sites, kinds)):
        if event is None:
            if raised is None:
                return
        elif event.type is EventType.RAISED:
            raised = event
        elif event.type is EventType.CLEARED and raised is not None:
            yield from _if_touched(look, Activity(raised=raised, cleared=event))
            raised = None
    if raised is not None:
        yield from _if_touched(look, Activity(raised=raised, cleared=None))


def _events(
    look: SecondLook, readings: Iterable[Reading], engine: AlarmEngine
) -> Iterator[AlarmEvent | None]:
    """Yield what the engine says of the site; None for each moment that nothing late can reach any more."""
    is_judging = False
    for reading in readings:
        if not is_judging and reading.observed_at >= look.judged_from:
            # A window that was not full yet may have raised what is no alarm.
            engine.restore(calmed(engine.snapshot()))
            is_judging = True
        if reading.observed_at > look.touched_until:
            yield None
        events = engine.observe(reading, reading.observed_at)
        if is_judging:
            yield from (event for event in events if event.site_id == look.watch.site_id)


def _if_touched(look: SecondLook, activity: Activity) -> Iterator[Activity]:
    if look.touches(activity):
        yield activity


def untold(
    look: SecondLook, found: Iterable[Activity], told: Iterable[Alarm], now: datetime
) -> list[AlarmEvent]:
    """Return retrospective alarms for all the time of which no alarm was told, each with begin and end.

    One that goes on at the end of the look ends there: from there on the live engine speaks.

    Args:
        look: What was judged once more.
        found: The alarms as they should have been, oldest first.
        told: The alarms of this rule and site that were told, live and retrospective.
        now: The present; aware.
    """
    known = list(told)
    spans = sorted((alarm.raised_at, _end_of(alarm)) for alarm in known)
    ids = {alarm.id for alarm in known}
    events: list[AlarmEvent] = []
    for activity in found:
        end = look.missed.until if activity.cleared is None else activity.cleared.observed_at
        for since, until in _left(activity.raised.observed_at, end, spans):
            events += _told_afterwards(activity, (since, until), ids, now)
    return events


def _end_of(alarm: Alarm) -> datetime:
    return _FOREVER if alarm.cleared_at is None else alarm.cleared_at


def _left(
    since: datetime, until: datetime, taken: Iterable[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield what sorted spans leave of a span."""
    for begun, ended in taken:
        if since < min(begun, until):
            yield since, min(begun, until)
        since = max(since, ended)
    if since < until:
        yield since, until


def _told_afterwards(
    activity: Activity, span: tuple[datetime, datetime], taken: Collection[str], now: datetime
) -> tuple[AlarmEvent, AlarmEvent]:
    """Return begin and end of a retrospective alarm; a value only where one decided."""
    raised, cleared = activity.raised, activity.cleared
    since, until = span
    begun = replace(
        raised,
        alarm_id=_free_id(raised, since, taken),
        observed_at=since,
        recorded_at=now,
        value=raised.value if since == raised.observed_at else None,
        retrospective=True,
    )
    decided = cleared if cleared is not None and cleared.observed_at == until else None
    ended = replace(
        begun, type=EventType.CLEARED, observed_at=until, value=None if decided is None else decided.value
    )
    return begun, ended


def _free_id(raised: AlarmEvent, since: datetime, taken: Collection[str]) -> str:
    """Return the id of an alarm that began at `since`.

    Where two sensors speak of one moment, an alarm may have begun and ended in it: its id is taken.
    """
    numbers = count(to_us(since))
    ids = (f"{raised.rule_id}/{raised.site_id}/{number}" for number in numbers)
    return next(id_ for id_ in ids if id_ not in taken)
