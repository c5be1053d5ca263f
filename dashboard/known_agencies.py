"""To whom alarms of this city can be assigned, asked by the page that offers them and by the act itself."""

from __future__ import annotations

import threading

from alerts.desk.agencies import known_agencies, watching_agencies
from alerts.journal.journal_table import open_alarms
from alerts.rulebook.rules import Rule
from dashboard.parts import Parts
from devices.registry_table import read_registry, registry_revision


class KnownAgencies:
    """The agencies, found anew only when rules or registry change; safe from several threads.

    Args:
        parts: Stores and settings; their maker owns and closes them.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lock = threading.Lock()
        self._found: tuple[int, tuple[Rule, ...], frozenset[str]] | None = None

    def now(self) -> tuple[str, ...]:
        """Return them in the order of the alphabet.

        Raises:
            StorageUnavailable: The database does not answer.
        """
        rules = tuple(self._parts.rules.values())
        with self._lock, self._parts.database.reading() as connection:
            revision = registry_revision(connection)
            if self._found is None or self._found[:2] != (revision, rules):
                sites = read_registry(connection).sites.values()
                self._found = (revision, rules, watching_agencies(rules, sites))
            assigned = {alarm.assigned_to for alarm in open_alarms(connection)} - {""}
            return known_agencies(self._found[2], {*self._parts.agencies, *assigned})
