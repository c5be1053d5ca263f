"""What browsers and the HTTP API are told of the alarm list: plain JSON, instants as milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.desk.deciding import Decision, decision, held_against_newest
from alerts.desk.incidents import Incident
from alerts.desk.outage_rows import AGENCY
from alerts.journal.alarms import AlarmEvent
from alerts.journal.shelving import Shelf
from alerts.judging.outages import is_outage
from dashboard.alarm_list import AlarmList, RowStatus
from dashboard.view import AlarmStatus
from dashboard.wire import lost_since, milliseconds
from devices.kinds import Kind, Label
from devices.registry import Site

Payload = dict[str, Any]


def list_payload(
    found: AlarmList, sites: Mapping[str, Site], kinds: Mapping[str, Kind]
) -> tuple[dict[str, Payload], list[Payload]]:
    """Return the rows by their key, and the incidents of more than one alarm."""
    many = [incident for incident in found.incidents if len(incident.alarms) > 1]
    return {s.row.key: alarm_row(s, kinds) for s in found.rows}, [incident_payload(i, sites) for i in many]


def alarm_row(status: RowStatus, kinds: Mapping[str, Kind]) -> Payload:
    """Return one row; its rule's texts are told once, apart."""
    row, site = status.row, status.site
    return {
        "id": row.key,
        "rule": row.rule_id,
        "site": row.site_id,
        "site_name": site.name if site else row.site_id,
        "area": site.area if site else "",
        "state": row.state.value,
        "severity": row.severity.name.lower(),
        "unseen": len(row.unseen),
        "retrospective": status.is_retrospective,
        "folded_under": status.folded_under,
        "chatter": status.chatter,
        "shelf": _shelf(row.shelf),
        "change": row.change,
        **_measured(status, kinds),
        **_handled(status),
    }


def _measured(status: RowStatus, kinds: Mapping[str, Kind]) -> Payload:
    """Return what the sensor said: since when, the value now, what decided, whether its data stopped."""
    rule, newest = status.rule, status.newest
    told = newest.alarm if newest else None
    last = told.last_value if told else None
    return {
        "raised_at": milliseconds(told.raised_at) if told else None,
        "cleared_at": milliseconds(told.cleared_at) if told else None,
        "kind": rule.kind if rule else "",
        "metric": rule.metric if rule else "",
        "value": newest.latest.value if newest and newest.latest else last,
        # The limit of a rise, a sum or a count is in another unit than the value: both stand in `decided`.
        "limit": held_against_newest(told, rule, status.site, kinds) if told else None,
        "decided": _decided(decision(told, rule, status.site, kinds)) if told else None,
        "data_lost": newest.is_data_lost if newest else False,
        "data_lost_at": milliseconds(told.data_lost_at or lost_since(newest)) if told and newest else None,
    }


def api_alarm(status: AlarmStatus, kinds: Mapping[str, Kind]) -> Payload:
    """Return an active alarm as the HTTP API tells it: with its texts and times that a person can read."""
    told, rule = status.alarm, status.rule
    return {
        "id": told.id,
        "rule": told.rule_id,
        "title": _both(rule.title) if rule else None,
        "instruction": _both(rule.instruction) if rule else None,
        "agency": rule.agency if rule else None,
        "site": told.site_id,
        "site_name": status.site.name if status.site else told.site_id,
        "severity": told.severity.name.lower(),
        "raised_at": told.raised_at.isoformat(),
        "kind": rule.kind if rule else "",
        "metric": rule.metric if rule else "",
        "value": status.latest.value if status.latest else told.last_value,
        "limit": held_against_newest(told, rule, status.site, kinds),
        "decided": _decided(decision(told, rule, status.site, kinds)),
        "data_lost": status.is_data_lost,
        "data_lost_at": _isoformat(told.data_lost_at or lost_since(status)),
        "retrospective": told.retrospective,
    }


def _isoformat(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _decided(found: Decision | None) -> Payload | None:
    if found is None:
        return None
    return {
        "what": _both(found.what),
        "value": found.value,
        "limit": found.limit,
        "unit": _both(found.unit),
        "precision": found.precision,
        "upward": found.is_upward,
    }


def _both(label: Label | None) -> Payload:
    return {"id": label.id, "en": label.en} if label else {"id": "", "en": ""}


def _handled(status: RowStatus) -> Payload:
    """Return who did what, and when."""
    row, acts = status.row, status.acts
    newest = row.newest
    seen_at = newest.acknowledged_at if newest else None
    return {
        "acknowledged_by": newest.acknowledged_by if newest else "",
        "acknowledged_at": milliseconds(seen_at),
        "claimed_by": row.claimed_by,
        "claimed_at": milliseconds(acts.claimed_at) if row.claimed_by else None,
        "agency": agency(status),
        "assigned_to": newest.assigned_to if newest else "",
        "assigned_by": acts.assigned_by,
        "assigned_at": milliseconds(acts.assigned_at),
        "comments": acts.comments,
        "comment": acts.comment,
        "commented_by": acts.commented_by,
        "commented_at": milliseconds(acts.commented_at),
    }


def agency(status: RowStatus) -> str:
    """Return who answers for a row: whom it was assigned to, else the rule's own agency."""
    if status.row.newest and status.row.newest.assigned_to:
        return status.row.newest.assigned_to
    if status.rule is not None:
        return status.rule.agency
    return AGENCY if is_outage(status.row.rule_id) else ""


def _shelf(shelf: Shelf | None) -> Payload | None:
    if shelf is None:
        return None
    return {
        "by": shelf.by,
        "reason": shelf.reason,
        "since": milliseconds(shelf.since),
        "until": milliseconds(shelf.until),
    }


def incident_payload(incident: Incident, sites: Mapping[str, Site]) -> Payload:
    """Return an incident with its rows, upstream first."""
    first = incident.first_out
    return {
        "place": sites[incident.place].name if incident.place in sites else incident.place,
        "severity": incident.severity.name.lower(),
        "since": milliseconds(incident.since),
        "first_out": f"{first.rule_id}/{first.site_id}",
        "rows": [f"{alarm.rule_id}/{alarm.site_id}" for alarm in incident.alarms],
    }


def event_payload(event: AlarmEvent) -> Payload:
    """Return one line of a row's history."""
    return {
        "type": event.type.value,
        "at": milliseconds(event.recorded_at),
        "observed_at": milliseconds(event.observed_at),
        "by": event.by,
        "text": event.text,
        "value": event.value,
        "until": milliseconds(event.until),
        "retrospective": event.retrospective,
    }
