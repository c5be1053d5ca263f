"""Routes, events and a small post office for tests of notifications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from support.alarming import KINDS, at

from alerts.desk.performance import annunciations
from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.rulebook.rules import Rule
from alerts.telling.deliveries_table import Delivery
from alerts.telling.notices import Purpose
from alerts.telling.routes import Channel, Escalation, Notifications, Route
from notification.announcer import Announcer, Plan
from notification.texts import load_texts
from storage.clock import to_us
from storage.database import Database

MINUTE = timedelta(minutes=1)
TEXTS = load_texts()


def route(name: str = "duty", **more: object) -> Route:
    return Route(**{"name": name, "to": ("duty",), **more})  # type: ignore[arg-type]


def step(minutes: float, *to: str) -> Escalation:
    return Escalation(after=minutes * MINUTE, to=to)


def notifications(*routes: Route, **channels: Channel) -> Notifications:
    known = {name for one in routes for name in one.to}
    known |= {name for one in routes for each in one.escalate for name in each.to}
    return Notifications(channels={name: Channel() for name in known} | channels, routes=routes)


def event(
    type_: EventType,
    minute: float,
    *,
    rule: str = "high_water",
    site: str = "gate",
    raised: float | None = None,
    **more: object,
) -> AlarmEvent:
    """An event of an alarm that was raised at a minute, by default at the event's own."""
    began = at(minute if raised is None else raised)
    alarm_id = f"{rule}/{site}" if type_.is_of_shelf else f"{rule}/{site}/{to_us(began)}"
    told: Mapping[str, object] = {
        "alarm_id": alarm_id,
        "rule_id": rule,
        "site_id": site,
        "type": type_,
        "observed_at": at(minute),
        "recorded_at": at(minute),
        "severity": Severity.HIGH,
        "value": 120.0 if type_ is EventType.RAISED else None,
        "limit": 100.0 if type_ is EventType.RAISED else None,
        **more,
    }
    return AlarmEvent(**told)  # type: ignore[arg-type]


def announcer(
    database: Database,
    rules: Iterable[Rule],
    *routes: Route,
    available: Iterable[str],
    silent_below: Severity = Severity.LOW,
) -> Announcer:
    """An announcer as the service builds it, over the rules and routes of a test."""
    plan = Plan(
        notifications=replace(notifications(*routes), silent_below=silent_below),
        available=frozenset(available),
        rules={rule.id: rule for rule in rules},
        kinds=KINDS,
        zone=ZoneInfo("Asia/Jakarta"),
        texts=TEXTS,
    )
    return Announcer(database, plan)


def told_without_cause(journal: Iterable[AlarmEvent], messages: Iterable[Delivery]) -> list[str]:
    """The alarms that a channel was told more often than they asked for people, their end aside."""
    happened = list(journal)
    asked = Counter(one.alarm_id for one in annunciations(happened))
    ended = {one.alarm_id for one in happened if one.type.is_end}
    told = Counter(
        (one.channel, alarm_id)
        for one in messages
        if one.purpose in (Purpose.NEW, Purpose.UPDATE)
        for alarm_id in one.alarm_ids
    )
    return [key for (_, key), count in told.items() if not asked[key] or count > asked[key] + (key in ended)]


class Service:
    """What stands at the other end of a channel: takes messages, or fails as it is told to."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str]] = []
        self.failures: list[Exception] = []

    def send(self, title: str, body: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.received.append((title, body))


class Clock:
    """A clock that only the test moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, span: timedelta) -> datetime:
        self.now += span
        return self.now
