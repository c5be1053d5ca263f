"""`pantau alarms`: see what alarms, acknowledge it, say who is on it, put it aside, from a terminal."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.alarms import Alarm
from alerts.desk import alarm_rows, carry_out
from alerts.journal_table import events
from alerts.operations import Operation, Reason, Refused, Verb
from alerts.rows import AlarmRow, AlarmState
from alerts.rules import Rule
from config.durations import parse_duration
from devices.registry import Site
from devices.registry_table import read_registry
from pantau.console import Refusal, complain, say, say_json, say_table
from pantau.parts import Folders, open_database, read_configuration
from storage.database import Database

_ASIDE = (AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a row's ids mean to people.

    Attributes:
        rules: Rules by id.
        sites: Sites by id.
        zone: The city's zone, for printed times.
        now: The present.
    """

    rules: Mapping[str, Rule]
    sites: Mapping[str, Site]
    zone: ZoneInfo
    now: datetime

    def title(self, rule_id: str) -> str:
        """Return what the rule says has happened; its id when its file is gone."""
        rule = self.rules.get(rule_id)
        return rule.title.en if rule else rule_id

    def place(self, site_id: str) -> str:
        """Return what people call the site; its id when it is no longer registered."""
        site = self.sites.get(site_id)
        return site.name if site else site_id

    def agency(self, alarm: Alarm) -> str:
        """Return who answers for an alarm: whom it was assigned to, else the rule's agency."""
        rule = self.rules.get(alarm.rule_id)
        return alarm.assigned_to or (rule.agency if rule else "")

    def clock(self, at: datetime | None) -> str:
        """Return an instant on the city's wall clock, "" for none."""
        return at.astimezone(self.zone).isoformat(sep=" ", timespec="seconds") if at else ""


def list_alarms(folders: Folders, given: argparse.Namespace) -> int:
    """List alarms, one row per rule and site: what is open, or what was asked for."""
    configuration = read_configuration(folders.config)
    with open_database(folders, configuration.settings) as database:
        rows = alarm_rows(database, everything=given.all)
        around = _surroundings(database, configuration.rules, configuration.settings.time_zone)
    found = [row for row in rows if _is_wanted(row, given)]
    if given.json:
        say_json([as_json(row, around) for row in found])
        return 0
    say_table([_line(row, around) for row in found])
    if not found:
        say("There are no such alarms." if given.shelved or given.active else "There are no open alarms.")
    aside = sum(row.state in _ASIDE for row in rows)
    if aside and not (given.shelved or given.all):
        say(f"\n{aside} put aside; --shelved lists them")
    return 0


def show(folders: Folders, given: argparse.Namespace) -> int:
    """Show one row with everything that happened to it, newest last."""
    configuration = read_configuration(folders.config)
    with open_database(folders, configuration.settings) as database:
        around = _surroundings(database, configuration.rules, configuration.settings.time_zone)
        rule_id, site_id = _place(given.id, around)
        row = next((row for row in alarm_rows(database, everything=True) if row.key == given.id), None)
        with database.reading() as connection:
            happened = events(connection, rule_id=rule_id, site_id=site_id)
    lines = [
        {
            "at": around.clock(event.recorded_at),
            "what": event.type.value,
            "by": event.by,
            "value": event.value,
            "text": event.text,
            "until": around.clock(event.until),
        }
        for event in happened
    ]
    if given.json:
        say_json({"row": as_json(row, around) if row else None, "events": lines})
        return 0
    say(f"{around.title(rule_id)}: {around.place(site_id)} ({row.state if row else AlarmState.NORMAL})")
    rule = around.rules.get(rule_id)
    if rule is not None:
        say(f"What to do: {rule.instruction.en}")
    say_table(lines)
    return 0


def operate(folders: Folders, given: argparse.Namespace) -> int:
    """Do one thing to one row or several; 1 when any of them refuses."""
    operation = Operation(
        verb=Verb(given.verb),
        by=given.by,
        text=getattr(given, "text", ""),
        lasting=_lasting(getattr(given, "lasting", None)),
        seen=given.seen,
    )
    configuration = read_configuration(folders.config)
    refused = 0
    with open_database(folders, configuration.settings) as database:
        around = _surroundings(database, configuration.rules, configuration.settings.time_zone)
        for key in dict.fromkeys(given.ids):
            answer = carry_out(database, _place(key, around), operation, datetime.now(UTC))
            if isinstance(answer, Refused):
                refused += 1
                complain(f"{key}: {sentence(answer, around)}")
            else:
                say(f"{key}: {answer[0].type.value.replace('_', ' ')} by {operation.by}")
    return 1 if refused else 0


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
        "acknowledged_by": newest.acknowledged_by if newest else "",
        "claimed_by": row.claimed_by,
        "agency": around.agency(newest) if newest else "",
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


def _is_wanted(row: AlarmRow, given: argparse.Namespace) -> bool:
    if given.all:
        return True
    if given.shelved:
        return row.state in _ASIDE
    return bool(row.active) and row.shelf is None if given.active else row.state not in _ASIDE


def _line(row: AlarmRow, around: Surroundings) -> dict[str, object]:
    newest = row.newest
    return {
        "id": row.key,
        "state": row.state.value.replace("_", " "),
        "severity": row.severity.name.lower(),
        "what": around.title(row.rule_id),
        "where": around.place(row.site_id),
        "since": around.clock(newest.raised_at if newest else None),
        "value": "" if newest is None or newest.last_value is None else f"{newest.last_value:g}",
        "limit": "" if newest is None or newest.limit is None else f"{newest.limit:g}",
        "agency": around.agency(newest) if newest else "",
        "who": row.claimed_by or (newest.acknowledged_by if newest else ""),
        "note": "; ".join(_notes(row, around)),
    }


def _notes(row: AlarmRow, around: Surroundings) -> list[str]:
    notes = []
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


def _surroundings(database: Database, rules: Mapping[str, Rule], time_zone: str) -> Surroundings:
    with database.reading() as connection:
        sites = read_registry(connection).sites
    return Surroundings(rules=rules, sites=sites, zone=ZoneInfo(time_zone), now=datetime.now(UTC))


def _place(key: str, around: Surroundings) -> tuple[str, str]:
    """Return rule and site of an id as `list` prints it, or of an alarm's own longer id."""
    rule_id, _, rest = key.partition("/")
    site_id = rest.partition("/")[0]
    if site_id not in around.sites or not rule_id:
        raise Refusal(f"'{key}' is no alarm; write RULE/SITE as `pantau alarms list --all` shows it")
    return rule_id, site_id


def _lasting(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refusal(f"--for: {error}") from error
