"""The shift board and the handover sheet: one set of facts for the page, the sheet and its PDF; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.desk import outage_rows
from alerts.desk.incidents import Incident, incidents
from alerts.desk.performance import PERIOD, STANDING_AFTER, Performance, annunciations, loads, performance
from alerts.desk.shifts import Duty, Note, band, on_duty, operators
from alerts.journal.alarms import Alarm, AlarmEvent, folded
from alerts.journal.rows import AlarmRow
from alerts.journal.shelving import Shelf
from alerts.judging.outages import is_outage
from alerts.rulebook.rules import Rule
from alerts.telling.deliveries_table import Delivery
from dashboard.view import CityView, SiteStatus, State
from dashboard.wire import Payload, milliseconds
from devices.kinds import Label
from devices.registry import Site

BARS = 48  # eight hours


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFacts:
    """What was read for one moment.

    Attributes:
        start: Where the shift begins.
        now: The moment of which all is true.
        journal: The part of the journal that reaches into the time since `start` and the bars' hours.
        rows: The alarm list.
        shelves: What is put aside.
        view: The city.
        duties: Who was on duty, as far back as the bars reach.
        notes: What was written down in the shift.
        failed: Notifications that were not received, newest first.
    """

    start: datetime
    now: datetime
    journal: Sequence[AlarmEvent]
    rows: Sequence[AlarmRow]
    shelves: Sequence[Shelf]
    view: CityView
    duties: Sequence[Duty]
    notes: Sequence[Note]
    failed: Sequence[Delivery]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ids mean to people: rules by id and sites by id, as they are now."""

    rules: Mapping[str, Rule]
    sites: Mapping[str, Site]

    def title(self, rule_id: str) -> Payload:
        """Return what a rule says has happened, in both languages."""
        rule = self.rules.get(rule_id)
        return both(rule.title if rule else outage_rows.title(rule_id))

    def site(self, site_id: str) -> str:
        """Return what people call a site."""
        site = self.sites.get(site_id)
        return site.name if site else site_id

    def instruction(self, rule_id: str) -> Payload | None:
        """Return what the operator does now, in both languages; None when the rule's file is gone."""
        rule = self.rules.get(rule_id)
        if rule is None:
            return both(outage_rows.instruction(rule_id)) if is_outage(rule_id) else None
        return both(rule.instruction)

    def agency(self, alarm: Alarm) -> str:
        """Return who answers for an alarm, "" when nobody is known to."""
        rule = self.rules.get(alarm.rule_id)
        by_rule = rule.agency if rule else outage_rows.AGENCY if is_outage(alarm.rule_id) else ""
        return alarm.assigned_to or by_rule

    def row(self, rule_id: str, site_id: str) -> Payload:
        """Return a row's ids and what they mean."""
        return {
            "rule": rule_id,
            "site": site_id,
            "title": self.title(rule_id),
            "site_name": self.site(site_id),
        }


def both(label: Label) -> Payload:
    """Return a label's texts by language."""
    return {"id": label.id, "en": label.en}


def shift_facts(found: ShiftFacts, names: Names) -> Payload:
    """Return the facts of the shift until now, as plain JSON values: what a handover sheet keeps."""
    people = on_duty(found.duties, found.now)
    count = operators(found.duties, found.now)
    figures = performance(found.journal, start=found.start, end=found.now, operators=count)
    return {
        "start": milliseconds(found.start),
        "at": milliseconds(found.now),
        "operators": count,
        "on_duty": [{"name": duty.name, "since": milliseconds(duty.since)} for duty in people],
        "kpis": kpis(figures),
        "open": [_open(row, names) for row in found.rows if row.shelf is None],
        "standing": _standing(found, names),
        "shelved": [_shelf(shelf, names) for shelf in found.shelves],
        "dead": [_dead(status) for status in _silent(found.view.sites.values())],
        "top": _top(figures, names),
        "incidents": [_incident(one, names) for one in shift_incidents(found, names.sites)],
        "failed": [_failure(delivery) for delivery in found.failed],
        "notes": [{"at": milliseconds(note.at), "by": note.by, "text": note.text} for note in found.notes],
    }


def board_load(found: ShiftFacts) -> Payload:
    """Return the bars of the last hours and the load of the last ten minutes."""
    told = annunciations(found.journal)
    first = first_bar(found.now)
    counts = loads((one for one in told if first <= one.at <= found.now), first)
    lately = sum(one.at > found.now - PERIOD for one in told)
    bars = [_bar(first + number * PERIOD, counts[number], found.duties) for number in range(BARS)]
    return {"bars": bars, "load_now": _bar(found.now, lately, found.duties)}


def first_bar(now: datetime) -> datetime:
    """Return where the oldest bar begins; the newest is the ten minutes of the clock that `now` lies in."""
    current = now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)
    return current - (BARS - 1) * PERIOD


def _bar(at: datetime, count: int, duties: Sequence[Duty]) -> Payload:
    people = operators(duties, at)
    return {
        "at": milliseconds(at),
        "count": count,
        "operators": people,
        "per_operator": count / people,
        "band": band(count / people).value,
    }


def kpis(figures: Performance) -> Payload:
    """Return the figures of ISA-18.2 as plain JSON values."""
    return {
        "annunciated": figures.annunciated,
        "per_period": figures.per_period,
        "band": band(figures.per_period).value,
        "peak": figures.peak,
        "flooded": figures.flooded,
        "periods": figures.periods,
        "chattering": len(figures.chattering),
        "top_share": figures.top_share,
        "median_s": figures.median_s,
        "ninetieth_s": figures.ninetieth_s,
        "unacknowledged": figures.unacknowledged,
        "severities": {level.name.lower(): count for level, count in figures.severities.items()},
    }


def shift_incidents(found: ShiftFacts, sites: Mapping[str, Site]) -> list[Incident]:
    """Return the incidents of the shift, those that are over too; an alarm that is over keeps its end."""
    lived = {
        alarm.id: alarm
        for alarm in folded(found.journal).values()
        if not alarm.retrospective and (alarm.is_active or (alarm.cleared_at or found.now) >= found.start)
    }
    told = incidents((replace(alarm, cleared_at=None) for alarm in lived.values()), sites)
    return [replace(one, alarms=tuple(lived[alarm.id] for alarm in one.alarms)) for one in told]


def _open(row: AlarmRow, names: Names) -> Payload:
    newest = row.newest
    assert newest is not None  # without a shelf a row has an alarm
    return names.row(row.rule_id, row.site_id) | {
        "state": row.state.value,
        "severity": row.severity.name.lower(),
        "raised_at": milliseconds(newest.raised_at),
        "data_lost": newest.data_lost_at is not None,
        "agency": names.agency(newest),
        "claimed_by": row.claimed_by,
        "acknowledged_by": newest.acknowledged_by,
    }


def _standing(found: ShiftFacts, names: Names) -> list[Payload]:
    """Return the rows that are active now and have been for more than a day, longest first."""
    lasting = [
        names.row(row.rule_id, row.site_id)
        | {"severity": alarm.severity.name.lower(), "raised_at": milliseconds(alarm.raised_at)}
        for row in found.rows
        for alarm in row.active
        if not alarm.retrospective and found.now - alarm.raised_at > STANDING_AFTER
    ]
    return sorted(lasting, key=lambda row: row["raised_at"])


def _shelf(shelf: Shelf, names: Names) -> Payload:
    return names.row(shelf.rule_id, shelf.site_id) | {
        "maintenance": shelf.is_maintenance,
        "by": shelf.by,
        "reason": shelf.reason,
        "since": milliseconds(shelf.since),
        "until": milliseconds(shelf.until),
    }


def _silent(sites: Iterable[SiteStatus]) -> list[SiteStatus]:
    """Return the sites of whose present nothing is known, longest silent first."""
    silent = [status for status in sites if status.state is State.UNKNOWN or status.is_data_lost]
    return sorted(
        silent, key=lambda s: (s.latest.observed_at.timestamp() if s.latest else -math.inf, s.site.id)
    )


def _dead(status: SiteStatus) -> Payload:
    return {
        "site": status.site.id,
        "site_name": status.site.name,
        "kind": status.kind,
        "last_at": milliseconds(status.latest.observed_at if status.latest else None),
    }


def _top(figures: Performance, names: Names) -> list[Payload]:
    chattering = dict(figures.chattering)
    return [
        names.row(*key.split("/", 1)) | {"count": count, "chatter": chattering.get(key, 0)}
        for key, count in figures.top
    ]


def _incident(incident: Incident, names: Names) -> Payload:
    first = incident.first_out
    ends = [alarm.cleared_at for alarm in incident.alarms]
    is_over = all(end is not None for end in ends)
    return {
        "place": names.site(incident.place),
        "severity": incident.severity.name.lower(),
        "since": milliseconds(incident.since),
        "until": milliseconds(max(end for end in ends if end)) if is_over else None,
        "alarms": len(incident.alarms),
        "first": names.row(first.rule_id, first.site_id),
    }


def _failure(delivery: Delivery) -> Payload:
    return {
        "at": milliseconds(delivery.created_at),
        "channel": delivery.channel,
        "title": delivery.title,
        "error": delivery.error,
        "given_up": delivery.given_up_at is not None,
    }


def reach(start: datetime, now: datetime) -> datetime:
    """Return from when on the journal is needed for a shift and for the bars."""
    return min(start, first_bar(now)) - timedelta(minutes=1)
