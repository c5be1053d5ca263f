"""One outage, one alarm: many sensors that fall silent together are one thing that has happened.

There is no list of gateways, so an outage is told from what is known: all sensors of a place or kind that
fell silent within a short time, or the link to the broker. Nothing is kept of which alarms belong under an
outage. It is worked out anew from what is so now, whenever the list is read: what speaks again stands for
itself again, and nothing can be left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.journal.alarms import Alarm, AlarmEvent, EventType, Severity
from alerts.journal.shelving import event_of
from devices.kinds import Kind
from devices.registry import Registry, Site
from storage.clock import to_us

PREFIX = "outage_"
CITY, LINK, INGEST = f"{PREFIX}city", f"{PREFIX}link", f"{PREFIX}ingest"
WATERWAY, AREA, KIND = f"{PREFIX}waterway", f"{PREFIX}area", f"{PREFIX}kind_"
# Followed by the channel's name: messages to people do not get through.
CHANNEL = f"{PREFIX}channel_"
# Two sensors fall silent together by chance, every other day in a city; three hardly ever.
FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A sensor that has spoken before.

    Attributes:
        device_id: The hardware.
        site: Where it stands.
        last_seen: When its newest value was observed.
        overdue_after: Age at which a value of its kind no longer tells the present.
    """

    device_id: str
    site: Site
    last_seen: datetime
    overdue_after: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sensors that may fail as one.

    Attributes:
        rule_id: What they have in common; with `site_id` the name of their alarm.
        site_id: The site that stands for them: the most upstream one, or Pantau's own.
        members: All of them that ever spoke.
    """

    rule_id: str
    site_id: str
    members: tuple[Member, ...]

    @property
    def patience(self) -> timedelta:
        """How long the slowest of them may be silent, and how far apart they may fall silent as one."""
        return max(member.overdue_after for member in self.members)

    @property
    def forbearance(self) -> timedelta:
        """How much longer than its patience it waits, so that a wider outage of the same silence comes first.

        Sensors of one interval fall silent up to that interval apart, which is a third of the patience.
        """
        if self.rule_id == CITY:
            return timedelta(0)
        return self.patience / 3 if self.rule_id.startswith(KIND) else 2 * self.patience / 3


def groups(
    registry: Registry,
    last_seen: Mapping[str, datetime],
    kinds: Mapping[str, Kind],
    *,
    home: str,
    now: datetime,
) -> list[Group]:
    """Return everything that may fail as one, the widest first: the city, each kind, waterway and area.

    Args:
        registry: What stands where.
        last_seen: Device id to when its newest value was observed; only devices that are of the present,
            not those whose values come late or from a replay.
        kinds: Kinds by name.
        home: Pantau's own site, which speaks of Pantau and is part of no group.
        now: The present; aware.
    """
    by_kind: dict[str, list[Member]] = {}
    for device in registry.devices.values():
        site = registry.site_of(device.id, now)
        if site is None or site.id == home or device.id not in last_seen or device.kind not in kinds:
            continue
        overdue_after = kinds[device.kind].overdue_after
        member = Member(
            device_id=device.id, site=site, last_seen=last_seen[device.id], overdue_after=overdue_after
        )
        by_kind.setdefault(device.kind, []).append(member)
    everyone = [member for members in by_kind.values() for member in members]
    found = [(CITY, home, everyone)]
    found += [(f"{KIND}{kind}", home, members) for kind, members in sorted(by_kind.items())]
    found += [(WATERWAY, _first(m), m) for m in _shared(everyone, lambda site: site.waterway)]
    found += [(AREA, _first(m), m) for m in _shared(everyone, lambda site: site.area)]
    return [
        Group(rule_id=rule_id, site_id=site_id, members=tuple(members))
        for rule_id, site_id, members in found
        if len(members) >= FEWEST
    ]


def _shared(everyone: Iterable[Member], what: Callable[[Site], str]) -> list[list[Member]]:
    found: dict[str, list[Member]] = {}
    for member in everyone:
        if what(member.site):
            found.setdefault(what(member.site), []).append(member)
    return [members for _, members in sorted(found.items())]


def _first(members: Iterable[Member]) -> str:
    """Return the most upstream site; without an order, the first by id."""
    return min((site.order is None, site.order or 0, site.id) for site in (m.site for m in members))[2]


def judged(
    found: Sequence[Group], active: Iterable[Alarm], now: datetime, *, listening_since: datetime
) -> list[AlarmEvent]:
    """Return which outages begin and which are over.

    An outage begins when no sensor of a group has spoken for the group's patience and forbearance, and at
    least `FEWEST` of them fell silent within the patience of each other. Sensors that were dead before do not
    count. It is over when fewer than half of those that fell silent are still silent.

    Args:
        found: Groups, the widest first; what a wide one explains begins no narrower outage.
        active: The active alarms.
        now: The present; aware.
        listening_since: Since when messages can come at all: silence before that says nothing of sensors.
    """
    known = {(alarm.rule_id, alarm.site_id): alarm for alarm in active if _is_of_group(alarm)}
    explained: set[str] = set()
    events = []
    for group in found:
        alarm = known.pop((group.rule_id, group.site_id), None)
        if alarm is not None:
            fallen = _fallen(group, alarm.raised_at - group.patience)
            if len(fallen) * 2 < (alarm.last_value or 0):
                events.append(event_of(alarm, EventType.CLEARED, now=now))
                continue
        else:
            fallen = _fallen_now(group, now, listening_since)
            if len(fallen - explained) < FEWEST:
                continue
            newest = max(member.last_seen for member in group.members)
            events.append(_begun((group.rule_id, group.site_id), newest + group.patience, now, len(fallen)))
        explained |= fallen
    # Its group is no longer what it was: sensors were moved or taken away.
    return [*events, *(event_of(alarm, EventType.WITHDRAWN, now=now) for alarm in known.values())]


def _is_of_group(alarm: Alarm) -> bool:
    return is_outage(alarm.rule_id) and not alarm.rule_id.startswith((LINK, INGEST, CHANNEL))


def _fallen_now(group: Group, now: datetime, listening_since: datetime) -> set[str]:
    newest = max(member.last_seen for member in group.members)
    is_silent = now - max(newest, listening_since) > group.patience + group.forbearance
    return _fallen(group, newest) if is_silent else set()


def _fallen(group: Group, newest: datetime) -> set[str]:
    """Return the members whose last word lies within the group's patience before an instant."""
    return {
        member.device_id for member in group.members if newest - group.patience <= member.last_seen <= newest
    }


def link_judged(
    alarm: Alarm | None, *, home: str, down_since: datetime | None, now: datetime, patience: timedelta
) -> list[AlarmEvent]:
    """Return whether an outage of the link to the broker begins or is over.

    Args:
        alarm: The active alarm of such an outage; None without one.
        home: Pantau's own site.
        down_since: Since when the link is down; None while it stands.
        now: The present; aware.
        patience: How long it may be down without an alarm.
    """
    if alarm is not None:
        return [] if down_since is not None else [event_of(alarm, EventType.CLEARED, now=now)]
    if down_since is None or now - down_since < patience:
        return []
    return [_begun((LINK, home), down_since + patience, now, None)]


def channel_judged(
    alarm: Alarm | None, channel: str, *, home: str, failed_since: datetime | None, now: datetime
) -> list[AlarmEvent]:
    """Return whether the failure of a channel of notifications begins or is over.

    Args:
        alarm: The active alarm of such a failure; None without one.
        channel: Its name.
        home: Pantau's own site.
        failed_since: Since when messages do not get through; None when one just did.
        now: The present; aware.
    """
    if alarm is not None:
        return [] if failed_since is not None else [event_of(alarm, EventType.CLEARED, now=now)]
    return [] if failed_since is None else [_begun((f"{CHANNEL}{channel}", home), failed_since, now, None)]


def absence(home: str, *, last_beat: datetime, now: datetime) -> list[AlarmEvent]:
    """Return the outage of ingest itself, told afterwards: it lasted from its last sign of life until now."""
    begun = replace(_begun((INGEST, home), last_beat, now, None), retrospective=True)
    return [begun, replace(begun, type=EventType.CLEARED, observed_at=now)]


def _begun(place: tuple[str, str], since: datetime, now: datetime, count: int | None) -> AlarmEvent:
    return AlarmEvent(
        alarm_id=f"{place[0]}/{place[1]}/{to_us(since)}",
        rule_id=place[0],
        site_id=place[1],
        type=EventType.RAISED,
        observed_at=since,
        recorded_at=now,
        severity=Severity.HIGH,
        value=count,
    )


def is_outage(rule_id: str) -> bool:
    """Tell whether an alarm is one of outages, which no rule file speaks of."""
    return rule_id.startswith(PREFIX)
