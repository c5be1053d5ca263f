"""The operators' desk: what people do to alarms, decided and written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from alerts.desk.chatter import STANDARD, Chatter, ChatterLimits, chatter_now
from alerts.desk.operations import Decision, Operation, Refused, Verb, decided, is_repeated, overtaken
from alerts.journal.alarms import AlarmEvent, EventType
from alerts.journal.journal_table import (
    activations,
    alarms,
    append_events,
    events,
    last_automatic_return,
    open_alarms,
    row_of,
)
from alerts.journal.rows import AlarmRow, rows
from alerts.journal.shelves_table import shelves
from alerts.journal.shelving import Shelf, ended, expired
from alerts.rulebook.rules import Rule
from storage.database import Database

# The count of a chatter that goes on for longer begins anew with each alarm that leaves this span.
CHATTER_COUNTED = timedelta(hours=24)


def alarm_rows(database: Database, *, everything: bool = False) -> list[AlarmRow]:
    """Return the alarm list, one row per rule and site, the most urgent first.

    Args:
        database: The operational database.
        everything: True for rows that are normal, too.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    with database.reading() as connection:
        found = alarms(connection) if everything else open_alarms(connection)
        aside = shelves(connection)
    return rows(sorted(found, key=lambda alarm: alarm.raised_at, reverse=True), aside)


def chattering(database: Database, now: datetime, limits: ChatterLimits = STANDARD) -> dict[str, Chatter]:
    """Return the rows that chatter now, by their key.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    with database.reading() as connection:
        spoken = activations(connection, now - CHATTER_COUNTED)
    found = {f"{rule}/{site}": chatter_now(times, now, limits) for (rule, site), times in spoken.items()}
    return {key: chatter for key, chatter in found.items() if chatter is not None}


def carry_out(
    database: Database, place: tuple[str, str], operation: Operation, now: datetime
) -> list[AlarmEvent] | Refused:
    """Do what a person wants to one row, or tell why not and who was there before.

    Of two who want the same at once, one is first; the other is told who that was.

    Args:
        database: The operational database.
        place: Rule id and site id.
        operation: What is wanted.
        now: The present; aware.

    Returns:
        The events that were written, or the refusal; then nothing was. `[]` for a
            comment that stands there already.

    Raises:
        StorageUnavailable: Nothing was done.
    """
    return carry_out_all(database, [(place, operation)], now)[0]


def carry_out_all(
    database: Database,
    wishes: Iterable[tuple[tuple[str, str], Operation]],
    now: datetime,
    *,
    rules: Mapping[str, Rule] | None = None,
) -> list[list[AlarmEvent] | Refused]:
    """Do what a person wants to several rows, in one transaction; each row is refused for itself.

    Args:
        database: The operational database.
        wishes: Rule id and site id of each row, with what is wanted of it.
        now: The present; aware.
        rules: Rules by id: who acknowledges an alarm acknowledges those that fold under it at its site,
            because its rule includes theirs. None for each row alone.

    Returns:
        An answer per wish, as `carry_out` gives it; events of what the row includes come last.

    Raises:
        StorageUnavailable: Nothing was done.
    """
    answers: list[Decision] = []
    with database.transaction() as connection:

        def decide(row: AlarmRow, operation: Operation) -> Decision:
            newer = []
            if operation.seen is not None:
                newer = events(
                    connection, rule_id=row.rule_id, site_id=row.site_id, after_change=operation.seen
                )
            return _decision(row, operation, newer, now)

        for (rule_id, site_id), operation in wishes:
            row = row_of(connection, rule_id, site_id)
            decision = decide(row, operation)
            if not isinstance(decision, Refused):
                milder = _included(row, operation, rules or {})
                beneath = [row_of(connection, name, site_id) for name in milder]
                also = [decide(one, operation) for one in beneath if one.active]
                decision += [event for one in also if not isinstance(one, Refused) for event in one]
                append_events(connection, decision)
            answers.append(decision)
    return answers


def _included(row: AlarmRow, operation: Operation, rules: Mapping[str, Rule]) -> tuple[str, ...]:
    """Return the rules whose alarms an acknowledgement of this row covers as well.

    What came after the person looked is refused for itself, and so stays unacknowledged.
    """
    rule = rules.get(row.rule_id)
    is_covering = rule is not None and row.active and operation.verb is Verb.ACKNOWLEDGE
    return rule.includes if rule is not None and is_covering else ()


def _decision(row: AlarmRow, operation: Operation, newer: list[AlarmEvent], now: datetime) -> Decision:
    if is_repeated(operation, newer):
        return []
    return overtaken(operation, newer) or decided(row, operation, now)


def alarm_row(database: Database, place: tuple[str, str]) -> AlarmRow:
    """Return the row of one rule and site; normal and empty when it never spoke.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    with database.reading() as connection:
        return row_of(connection, *place)


def end_expired_shelves(database: Database, now: datetime) -> list[AlarmEvent]:
    """End the shelves whose time is over, and return what was written; called every second by ingest.

    Raises:
        StorageUnavailable: Nothing is known to be done; the next call does it.
    """
    with database.reading() as connection:
        if not _due(shelves(connection), now):
            return []
    happened: list[AlarmEvent] = []
    with database.transaction() as connection:
        due = _due(shelves(connection), now)
        active = {shelf.key: row_of(connection, shelf.rule_id, shelf.site_id).active for shelf in due}
        heard = [key for key, mine in active.items() if mine]
        last_return = last_automatic_return(connection)
        for shelf in expired(due, now, active=heard, last_return=last_return):
            happened += ended(shelf, EventType.SHELF_EXPIRED, active[shelf.key], now=now)
        append_events(connection, happened)
    return happened


def _due(aside: list[Shelf], now: datetime) -> list[Shelf]:
    return [shelf for shelf in aside if shelf.until is not None and shelf.until <= now]
