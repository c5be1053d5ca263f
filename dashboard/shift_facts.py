"""Reads what a shift board and a handover sheet are made of; many viewers cost one reading."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.desk.shifts import Handover, shift_start
from alerts.desk.shifts_table import duties, handovers, journal_reaching, last_signed, notes
from alerts.journal.journal_table import open_alarms
from alerts.journal.rows import rows
from alerts.journal.shelves_table import shelves
from alerts.telling.deliveries_table import Delivery, deliveries
from dashboard.parts import Parts
from dashboard.shift_view import Names, ShiftFacts, board_load, first_bar, reach, shift_facts
from dashboard.snapshot import Snapshot, read_snapshot
from dashboard.view import city_view
from dashboard.wire import Payload, milliseconds

_FRESH = timedelta(seconds=2)
_SHEETS = 20
_FAILED = 50


class ShiftDesk:
    """The present shift, read anew at most every two seconds; safe from several threads.

    Args:
        parts: The stores; their maker owns and closes them.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._board: tuple[datetime, Payload] | None = None

    def board(self, now: datetime) -> Payload:
        """Return the board: the facts of the shift, its load, and the newest sheets.

        Raises:
            StorageUnavailable: The operational database does not answer.
        """
        with self._lock:
            if self._board is None or not timedelta(0) <= now - self._board[0] < _FRESH:
                self._board = (now, self._read_board(now))
            return self._board[1]

    def forget(self) -> None:
        """Let the next board be read anew: somebody has just changed something of it."""
        with self._lock:
            self._board = None

    def sheet_facts(self, now: datetime) -> tuple[datetime, Payload]:
        """Return where the shift began and its facts, for a sheet that is signed now.

        Raises:
            StorageUnavailable: The operational database does not answer.
        """
        with self._lock:
            found, names = self._read(now)
        return found.start, shift_facts(found, names) | {
            "city": self._parts.city_name,
            "demo": self._parts.demo,
        }

    def _read_board(self, now: datetime) -> Payload:
        found, names = self._read(now)
        with self._parts.database.reading() as connection:
            sheets = handovers(connection, limit=_SHEETS)
        return shift_facts(found, names) | board_load(found) | {"sheets": [sheet_line(s) for s in sheets]}

    def _read(self, now: datetime) -> tuple[ShiftFacts, Names]:
        self._snapshot = read_snapshot(self._parts.database, self._snapshot, now=now)
        parts, sites = self._parts, self._snapshot.registry.sites
        with parts.database.reading() as connection:
            start = shift_start(last_signed(connection), now)
            aside = shelves(connection)
            found = ShiftFacts(
                start=start,
                now=now,
                journal=journal_reaching(connection, reach(start, now)),
                rows=rows(open_alarms(connection), aside),
                shelves=aside,
                view=city_view(self._snapshot, kinds=parts.kinds, rules=parts.rules, now=now),
                duties=duties(connection, since=min(start, first_bar(now))),
                notes=notes(connection, since=start),
                failed=_lately(deliveries(connection, failed=True, limit=_FAILED), start),
            )
        return found, Names(rules=parts.rules, sites=sites)


def _lately(failed: Sequence[Delivery], start: datetime) -> list[Delivery]:
    return [delivery for delivery in failed if delivery.created_at >= start]


def sheet_line(sheet: Handover) -> Payload:
    """Return a sheet without its facts: who handed over to whom, and when."""
    return {
        "id": sheet.id,
        "start": milliseconds(sheet.start),
        "outgoing": sheet.outgoing,
        "outgoing_at": milliseconds(sheet.outgoing_at),
        "incoming": sheet.incoming,
        "incoming_at": milliseconds(sheet.incoming_at),
    }
