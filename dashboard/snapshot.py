"""What the operational database says at one moment, kept up by reading only what changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.desk.desk import CHATTER_COUNTED
from alerts.journal.acts_table import Acts, acts
from alerts.journal.alarms import Alarm
from alerts.journal.journal_table import activations, alarms, last_event_change, open_alarms
from alerts.journal.shelves_table import shelves
from alerts.journal.shelving import Shelf
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
        alarms: Alarm id to alarm; the open ones: active, or not yet seen by anybody.
        alarm_change: Number of the newest journal event that `alarms` holds.
        acts: Alarm id to what people last did to that alarm; only open ones to which somebody did something.
        shelves: What is shelved or out of service.
        spoken: (rule id, site id) to when the rule spoke there within a day, for chatter.
        heartbeats: Component to its last sign of life and what troubled it then.
    """

    registry: Registry = field(default_factory=_no_registry)
    registry_revision: int = -1
    latest: Mapping[tuple[str, str], LatestValue] = field(default_factory=dict)
    latest_change: int = 0
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    alarm_change: int = 0
    acts: Mapping[str, Acts] = field(default_factory=dict)
    shelves: Sequence[Shelf] = ()
    spoken: Mapping[tuple[str, str], Sequence[datetime]] = field(default_factory=dict)
    heartbeats: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)


def read_snapshot(database: Database, previous: Snapshot | None = None, *, now: datetime) -> Snapshot:
    """Return the books as they are now.

    Args:
        database: The operational database; this may wait for it.
        previous: An earlier snapshot, to read only what changed since; None reads everything.
        now: The present; aware.

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
        has_spoken = alarm_change > before.alarm_change or before.registry_revision < 0
        if before.registry_revision < 0:
            changed = open_alarms(connection)
        else:
            changed = alarms(connection, after_change=before.alarm_change)
        return Snapshot(
            registry=before.registry if revision == before.registry_revision else read_registry(connection),
            registry_revision=revision,
            latest=_united(before.latest, latest_values(connection, after_change=before.latest_change)),
            latest_change=latest_change,
            alarms=_open(before.alarms, changed),
            alarm_change=alarm_change,
            acts=_known_of(before.acts, acts(connection, [a.id for a in changed if a.is_open]), changed),
            shelves=shelves(connection) if has_spoken else before.shelves,
            spoken=activations(connection, now - CHATTER_COUNTED) if has_spoken else before.spoken,
            heartbeats=heartbeats(connection),
        )


def _united(
    known: Mapping[tuple[str, str], LatestValue], changed: list[LatestValue]
) -> Mapping[tuple[str, str], LatestValue]:
    if not changed:
        return known
    return {**known, **{(value.device_id, value.metric): value for value in changed}}


def _open(known: Mapping[str, Alarm], changed: Sequence[Alarm]) -> Mapping[str, Alarm]:
    if not changed:
        return known
    united = {**known, **{alarm.id: alarm for alarm in changed}}
    return {alarm_id: alarm for alarm_id, alarm in united.items() if alarm.is_open}


def _known_of(
    known: Mapping[str, Acts], found: Mapping[str, Acts], changed: Iterable[Alarm]
) -> Mapping[str, Acts]:
    over = {alarm.id for alarm in changed if not alarm.is_open}
    if not found and not over:
        return known
    return {**{alarm_id: done for alarm_id, done in known.items() if alarm_id not in over}, **found}
