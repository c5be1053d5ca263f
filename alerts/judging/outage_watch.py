"""Looks for outages again and again and keeps their alarms in the journal; ingest calls it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from alerts.journal.alarms import Alarm, AlarmEvent
from alerts.journal.journal_table import alarms, append_events
from alerts.judging.outages import LINK, absence, groups, is_outage, judged, link_judged
from devices.kinds import Kind
from devices.registry import Registry
from storage.database import Database
from storage.latest_table import last_seen

_LOOK_EVERY = timedelta(seconds=15)
# A broker that is started anew is back within seconds; what lasts longer, somebody has to look at.
_LINK_PATIENCE = timedelta(seconds=30)
# A restart of ingest takes seconds; operators should know of what takes longer.
_ABSENCE = timedelta(minutes=1)


class OutageWatch:
    """Knows since when messages can come. One thread; time is an argument.

    Args:
        database: The operational database; its maker owns and closes it.
        kinds: Kinds by name.
        home: Pantau's own site, at which outages of more than one place stand.
        started_at: Since when ingest listens.
    """

    def __init__(
        self, database: Database, kinds: Mapping[str, Kind], *, home: str, started_at: datetime
    ) -> None:
        self._database = database
        self._kinds = kinds
        self._home = home
        self._listening_since = started_at
        self._down_since: datetime | None = None
        self._looked_at = started_at

    def tell_absence(self, last_beat: datetime | None, now: datetime) -> None:
        """Write into the journal that ingest was away for longer than a restart takes.

        Args:
            last_beat: Its last sign of life before this start; None when it never ran before.
            now: The present; aware.

        Raises:
            StorageUnavailable: Nothing was written.
        """
        if last_beat is None or now - last_beat < _ABSENCE:
            return
        with self._database.transaction() as connection:
            append_events(connection, absence(self._home, last_beat=last_beat, now=now))

    def look(self, registry: Registry, now: datetime, *, is_link_down: bool) -> list[AlarmEvent]:
        """Begin and end outages as of now, and return what was written; does nothing when called too soon.

        Raises:
            StorageUnavailable: Nothing is known to be written; the next look judges anew.
        """
        self._note_link(now, is_link_down)
        if now - self._looked_at < _LOOK_EVERY:
            return []
        with self._database.reading() as connection:
            active = [a for a in alarms(connection, active=True) if is_outage(a.rule_id)]
            seen = last_seen(connection)
        events = self._judged(registry, active, seen, now)
        if events:
            with self._database.transaction() as connection:
                append_events(connection, events)
        self._looked_at = now
        return events

    def _note_link(self, now: datetime, is_link_down: bool) -> None:
        if is_link_down:
            self._down_since = self._down_since or now
        elif self._down_since is not None:
            self._down_since, self._listening_since = None, now

    def _judged(
        self,
        registry: Registry,
        active: list[Alarm],
        seen: Mapping[str, tuple[datetime, datetime]],
        now: datetime,
    ) -> list[AlarmEvent]:
        link = next((alarm for alarm in active if alarm.rule_id == LINK), None)
        events = link_judged(
            link, home=self._home, down_since=self._down_since, now=now, patience=_LINK_PATIENCE
        )
        if self._down_since is not None:
            return events  # silence is no news of the sensors while nothing can come
        present = {
            device_id: observed_at
            for device_id, (observed_at, received_at) in seen.items()
            if self._is_of_the_present(registry, device_id, received_at - observed_at)
        }
        found = groups(registry, present, self._kinds, home=self._home, now=now)
        return [*events, *judged(found, active, now, listening_since=self._listening_since)]

    def _is_of_the_present(self, registry: Registry, device_id: str, lateness: timedelta) -> bool:
        device = registry.devices.get(device_id)
        kind = self._kinds.get(device.kind) if device else None
        return kind is not None and lateness <= kind.overdue_after
