"""A row of the alarm list in words for people, and in fields for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.desk import outage_rows
from alerts.desk.chatter import Chatter, ChatterLimits, limits_of
from alerts.desk.deciding import Decision, decision
from alerts.desk.desk import chattering
from alerts.desk.incidents import Incident
from alerts.desk.operations import Reason, Refused
from alerts.journal.alarms import Alarm
from alerts.journal.rows import AlarmRow
from alerts.judging.outages import is_outage
from alerts.rulebook.rules import Rule
from config.durations import parse_duration
from config.settings import ChatterSettings
from devices.kinds import Kind
from devices.registry import Registry
from devices.registry_table import read_registry
from pantau.console import Refusal
from pantau.parts import Configuration
from storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a row's ids mean to people.

    Attributes:
        rules: Rules by id.
        kinds: Kinds of sensors by name.
        registry: What stands where.
        zone: The city's zone, for printed times.
        now: The present.
        chattering: What chatters now, by the row's key.
    """

    rules: Mapping[str, Rule]
    kinds: Mapping[str, Kind]
    registry: Registry
    zone: ZoneInfo
    now: datetime
    chattering: Mapping[str, Chatter]

    def title(self, rule_id: str) -> str:
        """Return what the rule says has happened; its id when its file is gone."""
        rule = self.rules.get(rule_id)
        return rule.title.en if rule else outage_rows.title(rule_id).en

    def instruction(self, rule_id: str) -> str:
        """Return what the operator does now, "" when the rule's file is gone."""
        rule = self.rules.get(rule_id)
        if rule is None:
            return outage_rows.instruction(rule_id).en if is_outage(rule_id) else ""
        return rule.instruction.en

    def place(self, site_id: str) -> str:
        """Return what people call the site; its id when it is no longer registered."""
        site = self.registry.sites.get(site_id)
        return site.name if site else site_id

    def agency(self, alarm: Alarm) -> str:
        """Return who answers for an alarm: whom it was assigned to, else the rule's agency."""
        rule = self.rules.get(alarm.rule_id)
        return alarm.assigned_to or (rule.agency if rule else "")

    def decided(self, alarm: Alarm) -> Decision | None:
        """Return what decided an alarm where that is not the value itself: a rise, a mean, a count."""
        site = self.registry.sites.get(alarm.site_id)
        return decision(alarm, self.rules.get(alarm.rule_id), site, self.kinds)

    def clock(self, at: datetime | None) -> str:
        """Return an instant on the city's wall clock, "" for none."""
        return at.astimezone(self.zone).isoformat(sep=" ", timespec="seconds") if at else ""


def surroundings(
    database: Database, configuration: Configuration, limits: ChatterLimits | None = None
) -> Surroundings:
    """Return what the rows' ids mean now, and which of them chatter, by the settings unless told otherwise.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    now = datetime.now(UTC)
    with database.reading() as connection:
        registry = read_registry(connection)
    return Surroundings(
        rules=configuration.rules,
        kinds=configuration.kinds,
        registry=registry,
        zone=ZoneInfo(configuration.settings.time_zone),
        now=now,
        chattering=chattering(database, now, limits or limits_of(configuration.settings.chatter)),
    )


def chatter_limits(text: str | None, settings: ChatterSettings) -> ChatterLimits:
    """Return what chatter is, written like `3/60s`, or what the settings say when nothing is written.

    Raises:
        Refusal: It is written otherwise.
    """
    if text is None:
        return limits_of(settings)
    count, _, within = text.partition("/")
    try:
        span = parse_duration(within)
        return ChatterLimits(activations=int(count), within=span, quiet=max(settings.quiet, 2 * span))
    except ValueError as error:
        raise Refusal(f"--chatter {text}: write it like 3/60s ({error})") from error


def sentence(refused: Refused, around: Surroundings) -> str:
    """Return in a sentence why nothing was changed, and who was there before."""
    who = refused.by or "Pantau"
    if refused.at is not None:
        who += f" at {around.clock(refused.at)}"
    after = refused.after.value.replace("_", " ") if refused.after else ""
    return _SENTENCES[refused.reason].format(who=who, after=after)


_SENTENCES = {
    Reason.NEEDS_NAME: "say who you are with --by",
    Reason.NEEDS_TEXT: "say why, or what, in words",
    Reason.NEEDS_TIME: "say for how long with --for, like 2h",
    Reason.TOO_LONG: "a shelf lasts 24 hours at most; for longer work take it out of service",
    Reason.NOTHING_OPEN: "there is no open alarm",
    Reason.ACKNOWLEDGED: "acknowledged already by {who}",
    Reason.CLAIMED: "{who} is on it already; `release` it first to take it over",
    Reason.NOT_CLAIMED: "nobody is on it",
    Reason.SHELVED: "shelved by {who}; it comes back unacknowledged, or `unshelve` it",
    Reason.NOT_SHELVED: "it is not shelved",
    Reason.OUT_OF_SERVICE: "taken out of service by {who}; `in-service` puts it back",
    Reason.IN_SERVICE: "it is in service",
    Reason.OVERTAKEN: "too late, it was {after} by {who}; look again",
}


def as_json(row: AlarmRow, around: Surroundings) -> dict[str, object]:
    """Return a row for programs, every time with its zone."""
    newest, shelf = row.newest, row.shelf
    return {
        "id": row.key,
        "rule": row.rule_id,
        "site": row.site_id,
        "state": row.state.value,
        "severity": row.severity.name.lower(),
        "raised_at": newest.raised_at.isoformat() if newest else None,
        "cleared_at": newest.cleared_at.isoformat() if newest and newest.cleared_at else None,
        "data_lost_at": newest.data_lost_at.isoformat() if newest and newest.data_lost_at else None,
        "retrospective": newest.retrospective if newest else None,
        "last_value": newest.last_value if newest else None,
        "limit": newest.limit if newest else None,
        "decided": decided.text("en") if newest and (decided := around.decided(newest)) else "",
        "acknowledged_by": newest.acknowledged_by if newest else "",
        "claimed_by": row.claimed_by,
        "agency": around.agency(newest) if newest else "",
        "chattering": around.chattering[row.key].count if row.key in around.chattering else 0,
        "shelf": {
            "by": shelf.by,
            "reason": shelf.reason,
            "until": shelf.until.isoformat() if shelf.until else None,
            "left_s": (shelf.until - around.now).total_seconds() if shelf.until else None,
        }
        if shelf
        else None,
        "change": row.change,
    }


def as_line(row: AlarmRow, around: Surroundings, *, held: int = 0) -> dict[str, object]:
    """Return a row as the cells of a table for people.

    Args:
        row: The row.
        around: What its ids mean.
        held: How many rows fold under it.
    """
    newest = row.newest
    return {
        "id": row.key,
        "state": row.state.value.replace("_", " "),
        "severity": row.severity.name.lower(),
        "what": around.title(row.rule_id),
        "where": around.place(row.site_id),
        "since": around.clock(newest.raised_at if newest else None),
        **_numbers(newest, around),
        "agency": around.agency(newest) if newest else "",
        "who": row.claimed_by or (newest.acknowledged_by if newest else ""),
        "note": "; ".join([*([f"holds {held} more"] if held else []), *_notes(row, around)]),
    }


def _numbers(alarm: Alarm | None, around: Surroundings) -> dict[str, object]:
    """Return value and limit as people read them, in the unit of what decided."""
    decided = around.decided(alarm) if alarm else None
    if decided is not None:
        return {"value": decided.number("en"), "limit": f"{decided.limit:g}"}
    value, limit = (alarm.last_value, alarm.limit) if alarm else (None, None)
    return {"value": "" if value is None else f"{value:g}", "limit": "" if limit is None else f"{limit:g}"}


def incident_as_json(incident: Incident) -> dict[str, object]:
    """Return an incident for programs, its rows upstream first."""
    return {
        "place": incident.place,
        "since": incident.since.isoformat(),
        "severity": incident.severity.name.lower(),
        "count": len(incident.alarms),
        "first_out": f"{incident.first_out.rule_id}/{incident.first_out.site_id}",
        "sites": list(incident.site_ids),
        "rows": [f"{alarm.rule_id}/{alarm.site_id}" for alarm in incident.alarms],
    }


def incident_as_line(incident: Incident, around: Surroundings) -> dict[str, object]:
    """Return an incident as the cells of a table for people."""
    first = incident.first_out
    return {
        "place": incident.place,
        "severity": incident.severity.name.lower(),
        "since": around.clock(incident.since),
        "alarms": len(incident.alarms),
        "sites": len(incident.site_ids),
        "began with": f"{around.title(first.rule_id)}, {around.place(first.site_id)}",
    }


def _notes(row: AlarmRow, around: Surroundings) -> list[str]:
    notes = []
    if row.key in around.chattering:
        notes.append(f"chattering ×{around.chattering[row.key].count}")
    if row.newest and row.newest.data_lost_at:
        notes.append(f"data lost {around.clock(row.newest.data_lost_at)}")
    if row.newest and row.newest.retrospective:
        notes.append("retrospective")
    if row.shelf:
        notes.append(f"{row.shelf.by}: {row.shelf.reason}")
        if row.shelf.until:
            notes.append(f"{_left(row.shelf.until - around.now)} left")
    return notes


def _left(span: timedelta) -> str:
    minutes = max(round(span.total_seconds() / 60), 0)
    return f"{minutes // 60}h{minutes % 60:02}m" if minutes >= 60 else f"{minutes}m"
