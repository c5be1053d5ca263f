"""What the operational database says at one moment, kept up by reading only what changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from alerts.alarms import Alarm
from alerts.journal_table import alarms, last_event_change
from devices.registry import Registry
from devices.registry_table import read_registry, registry_revision
from storage.database import Database
from storage.heartbeat_table import heartbeats
from storage.latest_table import LatestValue, last_change, latest_values


def _no_registry() -> Registry:
    return Registry((), (), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The city's books at one moment.

    Attributes:
        registry: Sites, devices and assignments.
        registry_revision: Grows with every change of the registry; -1 before the first reading.
        latest: (device id, metric) to the newest known value.
        latest_change: Number of the newest change that `latest` holds.
        alarms: Alarm id to alarm; the active ones.
        alarm_change: Number of the newest journal event that `alarms` holds.
        heartbeats: Component to its last sign of life and what troubled it then.
    """

    registry: Registry = field(default_factory=_no_registry)
    registry_revision: int = -1
    latest: Mapping[tuple[str, str], LatestValue] = field(default_factory=dict)
    latest_change: int = 0
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    alarm_change: int = 0
    heartbeats: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)


def read_snapshot(database: Database, previous: Snapshot | None = None) -> Snapshot:
    """Return the books as they are now.

    Args:
        database: The operational database; this may wait for it.
        previous: An earlier snapshot, to read only what changed since; None reads everything.

    Raises:
        StorageUnavailable: The database does not answer.
    """
    before = previous or Snapshot()
    with database.reading() as connection:
        # The numbers are read first: a row that arrives in between is read once more, never missed.
        revision = registry_revision(connection)
        latest_change = last_change(connection)
        alarm_change = last_event_change(connection)
        if latest_change < before.latest_change or alarm_change < before.alarm_change:
            before = Snapshot()  # the numbers went back, so it is another database, perhaps a restored one
        is_first = before.registry_revision < 0
        changed_alarms = alarms(
            connection, active=True if is_first else None, after_change=before.alarm_change
        )
        return Snapshot(
            registry=before.registry if revision == before.registry_revision else read_registry(connection),
            registry_revision=revision,
            latest=_united(before.latest, latest_values(connection, after_change=before.latest_change)),
            latest_change=latest_change,
            alarms=_active(before.alarms, changed_alarms),
            alarm_change=alarm_change,
            heartbeats=heartbeats(connection),
        )


def _united(
    known: Mapping[tuple[str, str], LatestValue], changed: list[LatestValue]
) -> Mapping[tuple[str, str], LatestValue]:
    if not changed:
        return known
    return {**known, **{(value.device_id, value.metric): value for value in changed}}


def _active(known: Mapping[str, Alarm], changed: list[Alarm]) -> Mapping[str, Alarm]:
    if not changed:
        return known
    united = {**known, **{alarm.id: alarm for alarm in changed}}
    return {alarm_id: alarm for alarm_id, alarm in united.items() if alarm.is_active}
