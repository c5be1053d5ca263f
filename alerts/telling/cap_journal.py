"""The CAP messages of the last days, worked out from the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.journal.journal_table import events, open_alarms
from alerts.journal.shelves_table import shelves
from alerts.judging.outages import is_outage
from alerts.rulebook.rules import Rule
from alerts.telling.cap_messages import CapMessage, cap_messages
from config.settings import Cap
from devices.kinds import OWN_KIND
from devices.registry import Registry
from devices.registry_table import read_registry
from storage.database import Database
from storage.heartbeat_table import heartbeats

KEPT = timedelta(days=7)
# The journal is asked by the sensor's time, which may be a good deal before Pantau's.
_LATE = timedelta(days=1)
# Of Pantau itself nobody else need be warned.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapBooks:
    """What the feed is made of.

    Attributes:
        messages: Those of the last days, oldest first.
        registry: What stands where.
    """

    messages: tuple[CapMessage, ...]
    registry: Registry


def read_cap_books(database: Database, cap: Cap, rules: Mapping[str, Rule], now: datetime) -> CapBooks:
    """Return the messages of the last seven days as they are now.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    start = now - KEPT - _LATE
    with database.reading() as connection:
        recent = [event for event in events(connection, start=start) if _is_for_others(event.rule_id, rules)]
        active = [alarm for alarm in open_alarms(connection) if _is_for_others(alarm.rule_id, rules)]
        longer = {(a.rule_id, a.site_id) for a in active if a.is_active and a.raised_at < start} | _torn(
            recent
        )
        whole = [
            event
            for rule_id, site_id in sorted(longer)
            for event in events(connection, rule_id=rule_id, site_id=site_id)
        ]
        aside = {(shelf.rule_id, shelf.site_id) for shelf in shelves(connection)}
        registry = read_registry(connection)
        beaten_at, _ = heartbeats(connection).get("ingest", (datetime.min.replace(tzinfo=UTC), ""))
    found = cap_messages(
        [event for event in recent if _key(event) not in longer] + whole,
        severity_from=Severity[cap.severity_from.upper()],
        expires=cap.expires,
        # While ingest is away nobody knows whether what was active still is.
        until=min(now, beaten_at),
        begins_aside={"/".join(key) for key in _began_aside(recent, aside) - longer},
    )
    return CapBooks(messages=tuple(m for m in found if m.sent >= now - KEPT), registry=registry)


def _is_for_others(rule_id: str, rules: Mapping[str, Rule]) -> bool:
    rule = rules.get(rule_id)
    return not is_outage(rule_id) and (rule is None or rule.kind != OWN_KIND)


def _key(event: AlarmEvent) -> Key:
    return event.rule_id, event.site_id


def _torn(recent: Iterable[AlarmEvent]) -> set[Key]:
    """Return the rows with an alarm that began before the events that were read."""
    begun: set[str] = set()
    torn: set[Key] = set()
    for event in recent:
        if event.type is EventType.RAISED:
            begun.add(event.alarm_id)
        elif event.alarm_id not in begun and not event.type.is_of_shelf:
            torn.add(_key(event))
    return torn


def _began_aside(recent: Iterable[AlarmEvent], aside: set[Key]) -> set[Key]:
    """Return the rows that were put aside when the events that were read begin."""
    first: dict[Key, bool] = {}
    for event in recent:
        if event.type.is_of_shelf:
            ends = event.type not in (EventType.SHELVED, EventType.OUT_OF_SERVICE)
            first.setdefault(_key(event), ends)
    return {key for key, ends in first.items() if ends} | (aside - first.keys())
