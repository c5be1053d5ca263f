"""Follows the journal from its own cursor and makes the messages that are due; nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.desk.chatter import STANDARD, ChatterLimits, chatter_now
from alerts.desk.folding import held_under
from alerts.desk.incidents import place_of
from alerts.desk.performance import aside_after, is_annunciated
from alerts.journal.alarms import Alarm, AlarmEvent
from alerts.journal.journal_table import (
    activations,
    alarms_by_id,
    last_event_change,
    numbered_events,
    open_alarms,
)
from alerts.journal.rows import rows
from alerts.journal.shelves_table import shelves
from alerts.rulebook.rules import Rule
from alerts.telling.deliveries_table import (
    Cursor,
    Delivery,
    add_deliveries,
    cursor,
    groups,
    keep_cursor,
    keep_groups,
)
from alerts.telling.letters import Circumstances, announced, made, noted
from alerts.telling.notices import Group, Letter, Purpose
from alerts.telling.routes import Notifications
from alerts.telling.routing import reached, subject_of
from devices.kinds import Kind
from devices.registry import Registry
from devices.registry_table import read_registry, registry_revision
from notification.messages import Meaning, compose
from notification.texts import Texts
from storage.database import Database

NOBODY = ""
_NOBODY_SAYS = "no route leads it to a channel that is set"
_AT_ONCE = 1000
_CHATTER_COUNTED = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the announcer goes by.

    Attributes:
        notifications: Channels and routes.
        available: Names of the channels that are set.
        rules: Rules by id, always those in force.
        kinds: Kinds of sensor by name.
        zone: The city's zone.
        texts: Language to the words of messages.
        chatter: What is told as one.
    """

    notifications: Notifications
    available: frozenset[str]
    rules: Mapping[str, Rule]
    kinds: Mapping[str, Kind]
    zone: ZoneInfo
    texts: Mapping[str, Texts]
    chatter: ChatterLimits = STANDARD


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the database says at one moment."""

    cursor: Cursor
    groups: Mapping[str, Group]
    happened: Sequence[tuple[int, AlarmEvent]]
    alarms: Mapping[str, Alarm]
    held: frozenset[str]
    repeated: Mapping[str, int]


class Announcer:
    """Turns the journal into messages, each once, whatever was restarted in between. Used by one thread.

    Cursor, groups and messages are kept in one transaction: either an event was read and what it asks for is
    kept, or neither.

    Args:
        database: The operational database; its maker owns and closes it.
        plan: What it goes by.
    """

    def __init__(self, database: Database, plan: Plan) -> None:
        self._database, self._plan = database, plan
        self._routes = {route.name: route for route in plan.notifications.routes}
        self._registry = Registry((), (), ())
        self._revision = -1

    def look(self, now: datetime) -> int:
        """Read what has happened, keep the messages that are due, and return how many there are.

        The first look of all begins at the journal's end: what was before has been history for long.

        Raises:
            StorageUnavailable: Nothing was kept; the next look does it.
        """
        known = self._known(now)
        if known is None:
            self._begin()
            return 0
        after, at, letters = self._decided(known, now)
        if not known.happened and after == known.groups and not letters:
            return 0
        with self._database.reading() as connection:
            named = alarms_by_id(connection, _named(letters))
        new = [self._delivery(letter, {**known.alarms, **named}, known, now) for letter in letters]
        with self._database.transaction() as connection:
            keep_cursor(connection, at)
            keep_groups(connection, known.groups, after)
            add_deliveries(connection, new)
        return len(new)

    def _begin(self) -> None:
        with self._database.transaction() as connection:
            aside = frozenset(shelf.key for shelf in shelves(connection))
            keep_cursor(connection, Cursor(change=last_event_change(connection), aside=aside))

    def _known(self, now: datetime) -> _Known | None:
        with self._database.reading() as connection:
            at = cursor(connection)
            if at is None:
                return None
            standing = groups(connection)
            happened = numbered_events(connection, after_change=at.change, limit=_AT_ONCE)
            if not standing and not happened:
                return _Known(cursor=at, groups={}, happened=(), alarms={}, held=frozenset(), repeated={})
            revision = registry_revision(connection)
            if revision != self._revision:
                self._registry, self._revision = read_registry(connection), revision
            listed = rows(open_alarms(connection), shelves(connection))
            spoken = activations(connection, now - _CHATTER_COUNTED)
            speaking = alarms_by_id(connection, (event.alarm_id for _, event in happened))
        limits = self._plan.chatter
        found = {f"{rule}/{site}": chatter_now(times, now, limits) for (rule, site), times in spoken.items()}
        return _Known(
            cursor=at,
            groups=standing,
            happened=happened,
            alarms=speaking,
            held=frozenset(held_under(listed, self._registry, self._plan.rules)),
            repeated={key: chatter.count for key, chatter in found.items() if chatter is not None},
        )

    def _decided(self, known: _Known, now: datetime) -> tuple[dict[str, Group], Cursor, list[Letter]]:
        standing, aside, letters = dict(known.groups), known.cursor.aside, list[Letter]()
        for change, event in known.happened:
            aside = aside_after(event, aside)
            if is_annunciated(event, aside):
                reach = self._reach(event, known.alarms)
                place = place_of(event.site_id, self._registry.sites)
                standing = announced(standing, event, change, reach, place=place)
                letters += [] if reach else self._nobody(event, change)
            else:
                standing = noted(standing, event)
        around = Circumstances(
            routes=self._routes,
            available=self._plan.available,
            held=known.held,
            chattering=frozenset(known.repeated),
            quiet=self._plan.chatter.quiet,
        )
        after, due = made(standing, around, now)
        last = known.happened[-1][0] if known.happened else known.cursor.change
        return after, Cursor(change=last, aside=aside), [*letters, *due]

    def _reach(self, event: AlarmEvent, alarms: Mapping[str, Alarm]) -> dict[str, tuple[str, ...]]:
        alarm = alarms.get(event.alarm_id)
        if alarm is None:  # the journal does not hold its beginning
            return {}
        subject = subject_of(alarm, self._plan.rules, self._registry.sites)
        return reached(
            subject, self._routes.values(), self._plan.available, at=event.recorded_at, zone=self._plan.zone
        )

    def _nobody(self, event: AlarmEvent, change: int) -> list[Letter]:
        """Return the mark that nobody was told, unless nobody is meant to be."""
        rule = self._plan.rules.get(event.rule_id)
        is_quiet = rule is not None and not rule.notify
        is_meant = event.severity < self._plan.notifications.silent_below
        if is_quiet or is_meant or not self._routes or not self._plan.available:
            return []
        return [
            Letter(
                key=f"nobody|{change}",
                route="",
                channel=NOBODY,
                purpose=Purpose.NEW,
                place=place_of(event.site_id, self._registry.sites)[1],
                alarm_ids=(event.alarm_id,),
            )
        ]

    def _delivery(
        self, letter: Letter, alarms: Mapping[str, Alarm], known: _Known, now: datetime
    ) -> Delivery:
        channel = self._plan.notifications.channels.get(letter.channel)
        language = channel.language if channel else "id"
        meaning = Meaning(
            rules=self._plan.rules,
            kinds=self._plan.kinds,
            registry=self._registry,
            zone=self._plan.zone,
            page=self._plan.notifications.page,
            repeated=known.repeated,
        )
        title, body = compose(letter, alarms, meaning, language, texts=self._plan.texts[language], now=now)
        is_nobody = letter.channel == NOBODY
        return Delivery(
            key=letter.key,
            route=letter.route,
            channel=letter.channel,
            purpose=letter.purpose,
            alarm_ids=(*letter.alarm_ids, *letter.ended_ids),
            title=title,
            body=body,
            created_at=now,
            next_attempt_at=now,
            given_up_at=now if is_nobody else None,
            error=_NOBODY_SAYS if is_nobody else "",
        )


def _named(letters: Sequence[Letter]) -> list[str]:
    return [alarm_id for letter in letters for alarm_id in (*letter.alarm_ids, *letter.ended_ids)]
