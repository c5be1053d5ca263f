"""When a group's alarms become messages: functions of (group, what is so, now), without clock or channel.

A message about a place waits a moment for others, and further ones come as updates. What is worse, or
critical, does not wait for its turn. What is held under another row waits until it stands for itself. A row
that chatters is spoken of twice at most. Nothing is sent here: letters are decisions, with a key that makes
them unique.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.desk.chatter import STANDARD
from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.judging.outages import CHANNEL
from alerts.telling.notices import Group, Letter, Notice, Purpose, Spoken
from alerts.telling.routes import Route

_MOST_OF_A_CHATTER = 2
Groups = Mapping[str, Group]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is so at the moment of a decision.

    Attributes:
        routes: Routes by name.
        available: Names of the channels that are set.
        held: Keys of the rows that fold under another one.
        chattering: Keys of the rows that chatter.
        quiet: For how long a row must be silent until it no longer counts as chattering.
    """

    routes: Mapping[str, Route]
    available: Collection[str] = ()
    held: Collection[str] = ()
    chattering: Collection[str] = ()
    quiet: timedelta = STANDARD.quiet


def announced(
    groups: Groups,
    event: AlarmEvent,
    change: int,
    reach: Mapping[str, tuple[str, ...]],
    *,
    place: tuple[str, str],
) -> dict[str, Group]:
    """Return the groups after an alarm asked for people.

    Args:
        groups: All groups by key.
        event: What asked.
        change: Its number in the journal.
        reach: Name of each route that takes it to the channels that hear of it.
        place: Where it is, by sort and name.
    """
    after = dict(groups)
    for route, channels in reach.items():
        new = Group(route=route, place=place, opened_at=event.recorded_at)
        group = after.get(new.key, new)
        notice = Notice(
            alarm_id=event.alarm_id,
            key=f"{event.rule_id}/{event.site_id}",
            severity=event.severity,
            change=change,
            announced_at=event.recorded_at,
            channels=channels,
        )
        others = tuple(one for one in group.notices if one.alarm_id != event.alarm_id)
        after[group.key] = replace(group, notices=(*others, notice))
    return after


def noted(groups: Groups, event: AlarmEvent) -> dict[str, Group]:
    """Return the groups after an event that asks for nobody: an end, or an act of people."""
    return {key: replace(group, notices=_each_noted(group, event)) for key, group in groups.items()}


def _each_noted(group: Group, event: AlarmEvent) -> tuple[Notice, ...]:
    return tuple(_noted(notice, event) for notice in group.notices)


def _noted(notice: Notice, event: AlarmEvent) -> Notice:
    if event.type in (EventType.SHELVED, EventType.OUT_OF_SERVICE):
        is_this = notice.key == f"{event.rule_id}/{event.site_id}"
        return replace(notice, is_seen=True) if is_this else notice
    if notice.alarm_id != event.alarm_id:
        return notice
    if event.type is EventType.ACKNOWLEDGED:
        return replace(notice, is_seen=True)
    if event.type.is_end:
        is_withdrawn = event.type is EventType.WITHDRAWN
        return replace(notice, ended_at=event.recorded_at, is_withdrawn=is_withdrawn)
    return notice


def made(groups: Groups, around: Circumstances, now: datetime) -> tuple[dict[str, Group], list[Letter]]:
    """Return the groups as they are after all messages that are due were made, and these messages."""
    after: dict[str, Group] = {}
    letters: list[Letter] = []
    for key, group in groups.items():
        route = around.routes.get(group.route)
        if route is None:
            letters += _of_a_route_that_is_gone(group)
            continue
        rest, new = _made(group, route, around, now)
        letters += new
        if rest is not None:
            after[key] = rest
    return after, letters


def _made(
    group: Group, route: Route, around: Circumstances, now: datetime
) -> tuple[Group | None, list[Letter]]:
    group = _hushed(_forgetful(group, around, now), around, now)
    letters: list[Letter] = []
    for step in (_told, _reminded, _escalated):
        group, new = step(group, route, around, now)
        letters += new
    group = replace(group, notices=tuple(one for one in group.notices if not _is_done(one, route)))
    is_over = not group.notices and (group.told_at is None or now >= group.told_at + route.update)
    return None if is_over and not group.spoken else group, letters


def _is_done(notice: Notice, route: Route) -> bool:
    is_told = notice.is_end_told or not route.resolved
    return notice.told_at is not None and notice.ended_at is not None and is_told


def _forgetful(group: Group, around: Circumstances, now: datetime) -> Group:
    """Return the group without what was held and is over, and without the counts of rows that are quiet."""
    kept = [
        one
        for one in group.notices
        if not (one.told_at is None and one.ended_at is not None and one.key in around.held)
    ]
    spoken = {
        key: one
        for key, one in group.spoken.items()
        if key in around.chattering or now - one.last_at <= around.quiet
    }
    return replace(group, notices=tuple(kept), spoken=spoken)


def _hushed(group: Group, around: Circumstances, now: datetime) -> Group:
    """Return the group with all said that a chattering row no longer gets a message for."""
    hushed = {
        key
        for key, one in group.spoken.items()
        if key in around.chattering and one.count >= _MOST_OF_A_CHATTER
    }
    if not hushed:
        return group
    unsaid = [one for one in group.notices if one.key in hushed and one.told_at is None]
    notices = tuple(
        _said(one, now) if one.key in hushed and _wants_a_word(one) else one for one in group.notices
    )
    spoken = _spoken(group, unsaid, more=0)
    return replace(group, notices=notices, spoken=spoken, folded=group.folded + len(unsaid))


def _wants_a_word(notice: Notice) -> bool:
    return notice.told_at is None or notice.has_end_to_tell


def _said(notice: Notice, now: datetime) -> Notice:
    return replace(notice, told_at=notice.told_at or now, is_end_told=notice.ended_at is not None)


def _spoken(group: Group, notices: Sequence[Notice], *, more: int) -> dict[str, Spoken]:
    """Return how often each row was spoken of, after one message or none about some of its notices."""
    after = dict(group.spoken)
    for key in {one.key for one in notices}:
        last_at = max(one.announced_at for one in notices if one.key == key)
        before = group.spoken.get(key, Spoken(count=0, last_at=last_at))
        after[key] = Spoken(count=before.count + more, last_at=max(before.last_at, last_at))
    return after


def _told(group: Group, route: Route, around: Circumstances, now: datetime) -> tuple[Group, list[Letter]]:
    new = [one for one in group.notices if one.told_at is None and one.key not in around.held]
    over = [one for one in group.notices if route.resolved and one.has_end_to_tell]
    if not _is_due(group, route, new, over, now=now):
        return group, []
    purpose = Purpose.NEW if group.told_at is None else Purpose.UPDATE
    chosen = [*new, *over]
    told = {one.alarm_id for one in chosen}
    after = replace(
        group,
        told_at=now,
        notices=tuple(_said(one, now) if one.alarm_id in told else one for one in group.notices),
        spoken=_spoken(group, chosen, more=1),
    )
    channels = sorted({channel for one in chosen for channel in one.channels})
    return after, [_letter(after, purpose, channel, new, over=over) for channel in channels]


def _is_due(
    group: Group, route: Route, new: Sequence[Notice], over: Sequence[Notice], *, now: datetime
) -> bool:
    if not new and not over:
        return False
    waiting_since = min((one.announced_at for one in new), default=None)
    has_waited = waiting_since is None or now >= waiting_since + route.wait
    if group.told_at is None or now >= group.told_at + route.update:
        return has_waited
    urgent = [one.announced_at for one in new if _is_urgent(one, group)]
    return bool(urgent) and now >= min(urgent) + route.wait


def _is_urgent(notice: Notice, group: Group) -> bool:
    """Tell whether an alarm does not wait for the next update: people do not know how bad it is there now.

    Critical ones never do: a second post that floods is another place to evacuate. What chatters is hushed
    before, and a channel's `at_most` holds for all.
    """
    return notice.severity is Severity.CRITICAL or notice.severity > group.worst_standing


def _letter(
    group: Group, purpose: Purpose, channel: str, new: Sequence[Notice], *, over: Sequence[Notice] = ()
) -> Letter:
    mine = sorted(
        (one for one in new if channel in one.channels), key=lambda one: (-one.severity, one.change)
    )
    ended = [one for one in over if channel in one.channels]
    newest = max([one.change for one in mine] or [one.change for one in ended])
    number = f"{newest}" if mine else f"{newest}-end"
    return Letter(
        key=f"{group.key}|{purpose}|{number}|{channel}",
        route=group.route,
        channel=channel,
        purpose=purpose,
        place=group.place[1],
        alarm_ids=tuple(one.alarm_id for one in mine),
        ended_ids=tuple(one.alarm_id for one in ended),
        withdrawn_ids=tuple(one.alarm_id for one in [*mine, *ended] if one.is_withdrawn),
        standing=_standing(group, channel),
    )


def _standing(group: Group, channel: str) -> int:
    told = {one.key for one in group.notices if one.told_at is not None and one.ended_at is None}
    return len(told & {one.key for one in group.notices if channel in one.channels})


def _reminded(group: Group, route: Route, around: Circumstances, now: datetime) -> tuple[Group, list[Letter]]:
    if route.remind is None or group.told_at is None or now < group.told_at + route.remind:
        return group, []
    quiet = {*around.held, *around.chattering}
    unseen = [one for one in group.notices if one.waits_for_people and one.key not in quiet]
    channels = sorted({channel for one in unseen for channel in one.channels})
    letters = [_letter(group, Purpose.REMINDER, channel, unseen) for channel in channels]
    unique = [replace(one, key=f"{one.key}|{now.isoformat()}") for one in letters]
    return (replace(group, told_at=now) if unseen else group), unique


def _escalated(
    group: Group, route: Route, around: Circumstances, now: datetime
) -> tuple[Group, list[Letter]]:
    letters: list[Letter] = []
    for number, step in enumerate(route.escalate):
        due = [
            one
            for one in group.notices
            if one.waits_for_people
            and one.key not in around.held
            and one.steps == number
            and now >= one.announced_at + step.after
        ]
        asked = {one.alarm_id for one in due}
        for channel in [name for name in dict.fromkeys(step.to) if name in around.available] or [""]:
            hearers = [replace(one, channels=(channel,)) for one in due if not _tells_of(one, channel)]
            if hearers:
                letter = _letter(group, Purpose.ESCALATION, channel, hearers)
                letters.append(replace(letter, key=f"{letter.key}|{number}", standing=_active(group)))
        notices = tuple(
            replace(one, steps=number + 1) if one.alarm_id in asked else one for one in group.notices
        )
        group = replace(group, notices=notices)
    return group, letters


def _active(group: Group) -> int:
    return len({one.key for one in group.notices if one.ended_at is None})


def _tells_of(notice: Notice, channel: str) -> bool:
    """Tell whether a notice is of the failure of a channel, which therefore cannot tell it."""
    return notice.key.partition("/")[0] == f"{CHANNEL}{channel}"


def _of_a_route_that_is_gone(group: Group) -> list[Letter]:
    untold = [replace(one, channels=("",)) for one in group.notices if one.told_at is None]
    return [_letter(group, Purpose.NEW, "", untold)] if untold else []
