"""What machines are told of the alarm list over MQTT, one message per row and a summary; sends nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.desk import outage_rows
from alerts.desk.deciding import decision
from alerts.desk.folding import held_under
from alerts.journal.alarms import Alarm, Severity
from alerts.journal.rows import AlarmRow, AlarmState
from alerts.judging.outages import is_outage
from alerts.rulebook.rules import Rule
from devices.kinds import Kind
from devices.registry import Registry, Site

PREFIX = "pantau/v1/alarms"
EVERYTHING = f"{PREFIX}/#"
STATUS, SUMMARY = f"{PREFIX}/status", f"{PREFIX}/summary"
Message = Mapping[str, object]

# A siren that was cut off for a day has been looked after by people since.
NORMAL_KEPT = timedelta(hours=24)
# So that whoever knows only the summary sees by its age that nobody tells any more.
SUMMARY_REPEATED = timedelta(seconds=30)
_LIVE = (AlarmState.ACTIVE_UNACKNOWLEDGED, AlarmState.ACTIVE_ACKNOWLEDGED)
_NORMAL: Message = {
    "state": AlarmState.NORMAL.value,
    "active": False,
    "data_lost": False,
    "acknowledged_by": "",
    "claimed_by": "",
    "shelved": None,
    "folded_under": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What the ids of a row mean.

    Attributes:
        rules: Rules by id.
        kinds: Kinds of sensors by name.
        registry: What stands where.
        zone: Zone of the times that are told.
    """

    rules: Mapping[str, Rule]
    kinds: Mapping[str, Kind]
    registry: Registry
    zone: ZoneInfo


def topic_of(site_id: str, rule_id: str) -> str:
    """Return the topic of one row; the ids hold nothing that means something in a topic."""
    return f"{PREFIX}/{site_id}/{rule_id}"


def messages(rows: Iterable[AlarmRow], meaning: Meaning) -> dict[str, Message]:
    """Return what each topic says of the alarm list, without the time of telling; the summary comes last.

    What late data told of the past is left out: no siren may sound for it.

    Args:
        rows: The alarm list, also what is shelved; rows that are normal are not needed.
        meaning: What its ids mean.
    """
    live = [row for row in map(_of_now, rows) if row.alarms or row.shelf]
    folded = held_under(live, meaning.registry, meaning.rules)
    told: dict[str, Message] = {
        topic_of(row.site_id, row.rule_id): _of_row(row, meaning, folded.get(row.key)) for row in live
    }
    return told | {SUMMARY: _summary(live, folded)}


def due(wanted: Mapping[str, Message], held: Mapping[str, bytes], now: datetime) -> list[tuple[str, bytes]]:
    """Return what must be published so that the broker holds what is wanted: topic and payload.

    A row that is no longer listed is told as normal, and taken away a day later; what nobody could have
    written is taken away at once. The status is left alone.

    Args:
        wanted: What each topic should say.
        held: What the broker keeps in each topic, as far as it is known.
        now: The present, in the zone in which it is to be told.
    """
    known = {topic: _read(payload) for topic, payload in held.items() if topic != STATUS}
    gone = [(topic, _parting(topic, said, now)) for topic, said in known.items() if topic not in wanted]
    return [(topic, payload) for topic, payload in gone if payload is not None] + [
        (topic, _told(message, now))
        for topic, message in wanted.items()
        if not _says(known.get(topic), message)
        or (topic == SUMMARY and _age(known[topic], now) >= SUMMARY_REPEATED)
    ]


def _of_now(row: AlarmRow) -> AlarmRow:
    return replace(row, alarms=tuple(alarm for alarm in row.alarms if not alarm.retrospective))


def _of_row(row: AlarmRow, meaning: Meaning, folded_under: str | None) -> Message:
    alarm = next(iter(row.active), row.newest)
    rule, site = meaning.rules.get(row.rule_id), meaning.registry.sites.get(row.site_id)
    title = rule.title if rule else outage_rows.title(row.rule_id)
    agency = rule.agency if rule else outage_rows.AGENCY if is_outage(row.rule_id) else ""
    return {
        "state": row.state.value,
        "active": row.state in _LIVE,
        "severity": row.severity.name.lower(),
        "rule": row.rule_id,
        "site": row.site_id,
        "title": {"id": title.id, "en": title.en},
        "place": site.name if site else row.site_id,
        "area": site.area if site else "",
        "since": _clock(alarm.raised_at, meaning.zone) if alarm else None,
        **_decided(alarm, rule, site, meaning.kinds),
        "data_lost": alarm is not None and alarm.data_lost_at is not None,
        "agency": (alarm.assigned_to if alarm else "") or agency,
        "acknowledged_by": _acknowledged_by(row),
        "claimed_by": row.claimed_by,
        "shelved": _shelf(row, meaning.zone),
        "folded_under": folded_under,
        "change": row.change,
    }


def _decided(alarm: Alarm | None, rule: Rule | None, site: Site | None, kinds: Mapping[str, Kind]) -> Message:
    """Return the number that decided, its unit and limit; `measure` says what it is if not the value."""
    found = decision(alarm, rule, site, kinds) if alarm else None
    if found is None:
        value, limit = (alarm.last_value, alarm.limit) if alarm and rule else (None, None)
        return {"value": value, "unit": _unit(rule, kinds), "limit": limit, "measure": None}
    return {
        "value": found.value,
        "unit": found.unit.en if found.unit else "",
        "limit": found.limit,
        "measure": {"id": found.what.id, "en": found.what.en} if found.what else None,
    }


def _unit(rule: Rule | None, kinds: Mapping[str, Kind]) -> str:
    kind = kinds.get(rule.kind) if rule else None
    metric = kind.metrics.get(rule.metric) if kind and rule else None
    return metric.unit if metric else ""


def _acknowledged_by(row: AlarmRow) -> str:
    if row.unseen:
        return ""
    return row.newest.acknowledged_by if row.newest else ""


def _shelf(row: AlarmRow, zone: ZoneInfo) -> Message | None:
    if row.shelf is None:
        return None
    until = row.shelf.until
    return {
        "by": row.shelf.by,
        "reason": row.shelf.reason,
        "until": _clock(until, zone) if until else None,
        "out_of_service": row.shelf.is_maintenance,
    }


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")


def _summary(rows: Iterable[AlarmRow], folded: Mapping[str, str]) -> Message:
    """Count the rows; what folds under another row is counted as that and nothing else."""
    listed = list(rows)
    own = [row for row in listed if row.key not in folded]
    states = Counter(row.state for row in own)
    active = [row for row in own if row.state in _LIVE]
    worst = max((row.severity for row in active), default=None)
    severities = Counter(row.severity for row in active)
    alarms: list[Alarm] = [alarm for row in active for alarm in row.active]
    return {
        "active": len(active),
        "severity": worst.name.lower() if worst else None,
        "unacknowledged": states[AlarmState.ACTIVE_UNACKNOWLEDGED],
        "by_severity": {severity.name.lower(): severities[severity] for severity in reversed(Severity)},
        "data_lost": sum(alarm.data_lost_at is not None for alarm in alarms),
        "cleared_unacknowledged": states[AlarmState.CLEARED_UNACKNOWLEDGED],
        "shelved": states[AlarmState.SHELVED],
        "out_of_service": states[AlarmState.OUT_OF_SERVICE],
        "folded": len(listed) - len(own),
        "change": max((row.change for row in listed), default=0),
    }


def _parting(topic: str, said: Message | None, now: datetime) -> bytes | None:
    """Return the last words of a topic that no row has: normal, then nothing; None while it is well."""
    if said is None or topic != topic_of(str(said.get("site")), str(said.get("rule"))):
        return b""
    if said.get("state") != AlarmState.NORMAL.value:
        return _told({name: value for name, value in said.items() if name != "told_at"} | dict(_NORMAL), now)
    return b"" if _age(said, now) >= NORMAL_KEPT else None


def _told(message: Message, now: datetime) -> bytes:
    return json.dumps({**message, "told_at": now.isoformat(timespec="seconds")}, ensure_ascii=False).encode()


def _says(said: Message | None, message: Message) -> bool:
    return said is not None and {**said, "told_at": None} == {**message, "told_at": None}


def _age(said: Message | None, now: datetime) -> timedelta:
    """Return how old a message is; one without a time, or of the future, is as old as can be."""
    try:
        told_at = datetime.fromisoformat(str((said or {}).get("told_at")))
        age = now - told_at
    except (ValueError, TypeError):
        return timedelta.max
    return age if age >= timedelta(0) else timedelta.max


def _read(payload: bytes) -> Message | None:
    try:
        said = json.loads(payload)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
