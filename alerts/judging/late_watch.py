"""Judges once more what the live engine missed, with readings from the store; ingest calls it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime

from alerts.journal.alarms import AlarmEvent
from alerts.journal.journal_table import alarms_since
from alerts.judging.engine import AlarmEngine
from alerts.judging.late import SecondLook, activities, second_looks, untold
from devices.kinds import Kind
from devices.registry import Site
from storage.database import Database
from storage.ports import ReadingReader
from storage.readings import Reading


class LateWatch:
    """Looks again at what came late. One thread; time is an argument.

    Args:
        database: The operational database; its maker owns and closes it.
        history: Where the readings of the past are found.
        kinds: Kinds by name.
        most_readings: How many readings a call may go through before it leaves the rest to the next one: a
            backlog must not hold up the present.
    """

    def __init__(
        self,
        database: Database,
        history: ReadingReader,
        kinds: Mapping[str, Kind],
        *,
        most_readings: int = 5_000,
    ) -> None:
        self._most_readings = most_readings
        self._database = database
        self._history = history
        self._kinds = kinds

    def look(self, engine: AlarmEngine, sites: Mapping[str, Site], now: datetime) -> list[AlarmEvent]:
        """Return alarms of the past that nobody has told; what is too much for one call waits for the next.

        The caller keeps the events together with the engine's changed states. All readings that the engine
        has seen must be in the store.

        Args:
            engine: The live engine.
            sites: Sites by id, as the engine knows them.
            now: The present; aware.

        Raises:
            StorageUnavailable: What was not looked at is looked at in the next call; so is what was, with the
                same answer.
            StorageMisconfigured: As for `StorageUnavailable`.
        """
        events: list[AlarmEvent] = []
        looked: list[str] = []
        gone_through = 0
        for missed in engine.missed(now):
            for look in second_looks(missed, self._kinds):
                passed = _Counted(self._readings(look))
                events += self._untold(look, passed, sites, now)
                gone_through += passed.count
            looked.append(missed.key)
            if gone_through > self._most_readings:
                break
        engine.forget_missed(looked)
        return events

    def _untold(
        self, look: SecondLook, readings: Iterator[Reading], sites: Mapping[str, Site], now: datetime
    ) -> list[AlarmEvent]:
        found = list(activities(look, readings, sites, self._kinds))
        if not found:
            return []
        with self._database.reading() as connection:
            told = alarms_since(connection, look.rule.id, look.watch.site_id, since=look.start)
        return untold(look, found, told, now)

    def _readings(self, look: SecondLook) -> Iterator[Reading]:
        """Yield what the rule needs, of all its kinds, in the order of the observed times."""
        kinds = sorted({kind for kind, _, _ in look.watch.inputs})
        streams = []
        for kind in kinds:
            sites = {site_id for of_kind, _, site_id in look.watch.inputs if of_kind == kind}
            streams.append(self._history.read(kind, start=look.start, end=look.end, site_ids=sites))
        return heapq.merge(*streams, key=lambda reading: reading.observed_at)


class _Counted:
    """Passes readings on and counts them."""

    def __init__(self, readings: Iterator[Reading]) -> None:
        self._readings = readings
        self.count = 0

    def __iter__(self) -> Iterator[Reading]:
        return self

    def __next__(self) -> Reading:
        self.count += 1
        return next(self._readings)
