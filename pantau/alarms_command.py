"""`pantau alarms`: see what alarms, acknowledge it, say who is on it, put it aside, from a terminal."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from alerts.desk.agencies import known_agencies, unknown_agency, watching_agencies
from alerts.desk.chatter import proposed_deadband
from alerts.desk.desk import alarm_row, alarm_rows, carry_out_all
from alerts.desk.folding import held_under
from alerts.desk.incidents import TOGETHER_WITHIN, incidents
from alerts.desk.operations import LONGEST_TEXT, Operation, Refused, Verb
from alerts.journal.alarms import AlarmEvent
from alerts.journal.journal_table import events, open_alarms
from alerts.journal.rows import AlarmRow, AlarmState
from alerts.judging.outages import is_outage
from config.durations import parse_duration
from config.settings import Settings
from pantau.alarm_words import (
    Surroundings,
    as_json,
    as_line,
    chatter_limits,
    incident_as_json,
    incident_as_line,
    sentence,
    surroundings,
)
from pantau.console import Refusal, complain, say, say_json, say_table
from pantau.parts import Folders, open_database, open_readings, read_configuration
from storage.database import Database
from storage.plain_text import plain_text
from storage.readings import Flag

_ASIDE = (AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE)


def list_alarms(folders: Folders, given: argparse.Namespace) -> int:
    """List alarms, one row per rule and site: what is open, or what was asked for."""
    configuration = read_configuration(folders)
    with open_database(folders, configuration.settings) as database:
        rows = alarm_rows(database, everything=given.all)
        around = surroundings(
            database, configuration, chatter_limits(given.chatter, configuration.settings.chatter)
        )
    found = [row for row in rows if _is_wanted(row, given)]
    under = _folded(rows, around)
    if given.json:
        say_json([{**as_json(row, around), "folded_under": under.get(row.key)} for row in found])
        return 0
    shown = found if given.all else [row for row in found if row.key not in under]
    held = Counter(under.values())
    say_table([as_line(row, around, held=held[row.key]) for row in shown])
    if not found:
        say("There are no such alarms." if given.shelved or given.active else "There are no open alarms.")
    aside = sum(row.state in _ASIDE for row in rows)
    if aside and not (given.shelved or given.all):
        say(f"\n{aside} put aside; --shelved lists them")
    return 0


def show(folders: Folders, given: argparse.Namespace) -> int:
    """Show one row with everything that happened to it, newest last."""
    configuration = read_configuration(folders)
    with open_database(folders, configuration.settings) as database:
        around = surroundings(database, configuration)
        rule_id, site_id = _place(given.id, around)
        key = f"{rule_id}/{site_id}"
        row = alarm_row(database, (rule_id, site_id))
        with database.reading() as connection:
            happened = events(connection, rule_id=rule_id, site_id=site_id)
    deadband = _proposed_deadband(folders, configuration.settings, row, around)
    lines = [_event_line(event, around) for event in happened]
    if given.json:
        say_json({**as_json(row, around), "proposed_deadband": deadband, "events": lines})
        return 0
    say(f"{around.title(rule_id)}: {around.place(site_id)} ({row.state.value.replace('_', ' ')})")
    if row.newest and (decided := around.decided(row.newest)):
        say(f"Decided by: {decided.text('en')}")
    if around.instruction(rule_id):
        say(f"What to do: {around.instruction(rule_id)}")
    if key in around.chattering:
        advice = f"; a deadband of {deadband:g} would end it" if deadband else ""
        say(f"chattering ×{around.chattering[key].count}{advice}")
    say_table([{**line, "value": _short(line["value"])} for line in lines])
    return 0


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else ""


def _event_line(event: AlarmEvent, around: Surroundings) -> dict[str, object]:
    return {
        "at": around.clock(event.recorded_at),
        "what": event.type.value.replace("_", " "),
        "by": event.by,
        "value": event.value,
        "text": event.text,
        "until": around.clock(event.until),
    }


def _proposed_deadband(
    folders: Folders, settings: Settings, row: AlarmRow, around: Surroundings
) -> float | None:
    """Return a deadband from what the site's sensor said while the row chattered; None when it does not."""
    chatter, rule = around.chattering.get(row.key), around.rules.get(row.rule_id)
    if chatter is None or rule is None:
        return None
    end = chatter.end + timedelta(microseconds=1)
    with open_readings(folders, settings) as store:
        values = [
            reading.values[rule.metric]
            for reading in store.read(rule.kind, start=chatter.start, end=end, site_ids=[row.site_id])
            if rule.metric in reading.values and reading.flag(rule.metric) not in (Flag.FAIL, Flag.MISSING)
        ]
    return proposed_deadband(values)


def list_incidents(folders: Folders, given: argparse.Namespace) -> int:
    """List what goes on, by place: where it began, how bad it is, how much belongs to it."""
    configuration = read_configuration(folders)
    with open_database(folders, configuration.settings) as database:
        around = surroundings(database, configuration)
        rows = alarm_rows(database)
    under = _folded(rows, around)
    own = [row for row in rows if row.key not in under and row.shelf is None]
    alarms = [alarm for row in own for alarm in row.active if not alarm.retrospective]
    found = incidents(alarms, around.registry.sites, within=_lasting(given.within) or TOGETHER_WITHIN)
    if given.json:
        say_json([incident_as_json(incident) for incident in found])
        return 0
    say_table([incident_as_line(incident, around) for incident in found])
    if not found:
        say("Nothing goes on.")
    return 0


def operate(folders: Folders, given: argparse.Namespace) -> int:
    """Do one thing to one row or several; 1 when any of them refuses."""
    operation = Operation(
        verb=Verb(given.verb),
        by=_plain(given.by, "a name"),
        text=_plain(getattr(given, "text", ""), "a text"),
        lasting=_lasting(getattr(given, "lasting", None)),
        seen=given.seen,
    )
    configuration = read_configuration(folders)
    refused = 0
    with open_database(folders, configuration.settings) as database:
        around = surroundings(database, configuration)
        if operation.verb is Verb.ASSIGN:
            _require_known(operation.text, database, around, configuration.settings.agencies)
        for key in dict.fromkeys(given.ids):
            wish = (_place(key, around), operation)
            (answer,) = carry_out_all(database, [wish], datetime.now(UTC), rules=around.rules)
            if isinstance(answer, Refused):
                refused += 1
                complain(f"{key}: {sentence(answer, around)}")
            else:
                done = (
                    answer[0].type.value.replace("_", " ") if answer else f"{operation.verb.value} was done"
                )
                say(f"{key}: {done} by {operation.by}")
    return 1 if refused else 0


def _require_known(agency: str, database: Database, around: Surroundings, named: Sequence[str]) -> None:
    with database.reading() as connection:
        assigned = {alarm.assigned_to for alarm in open_alarms(connection)} - {""}
    watching = watching_agencies(around.rules.values(), around.registry.sites.values())
    if said := unknown_agency(agency, known_agencies(watching, {*named, *assigned})):
        raise Refusal(said)


def _folded(rows: Sequence[AlarmRow], around: Surroundings) -> dict[str, str]:
    return held_under(rows, around.registry, around.rules)


def _is_wanted(row: AlarmRow, given: argparse.Namespace) -> bool:
    if given.all:
        return True
    if given.shelved:
        return row.state in _ASIDE
    return bool(row.active) and row.shelf is None if given.active else row.state not in _ASIDE


def _place(key: str, around: Surroundings) -> tuple[str, str]:
    """Return rule and site of an id as `list` prints it, or of an alarm's own longer id."""
    rule_id, _, rest = key.partition("/")
    site_id = rest.partition("/")[0]
    if not rule_id or (site_id not in around.registry.sites and not is_outage(rule_id)):
        raise Refusal(f"'{key}' is no alarm; write RULE/SITE as `pantau alarms list --all` shows it")
    return rule_id, site_id


def _plain(text: str, name: str) -> str:
    """Return what somebody typed as it is kept; what shows nothing is refused where a text is needed."""
    try:
        return plain_text(text, name=name, longest=LONGEST_TEXT, may_be_empty=True)
    except ValueError as error:
        raise Refusal(str(error)) from error


def _lasting(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refusal(str(error)) from error
