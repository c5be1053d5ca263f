"""Reads what was known of the city at a moment of the past, from the journal and the store of readings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from alerts.desk.shifts_table import journal_reaching, keep_report, kept_report
from alerts.journal.alarms import AlarmEvent, folded
from dashboard.freshness import fresh_since, is_overdue
from dashboard.parts import Parts
from dashboard.shift_view import Names
from dashboard.situation import WATER, SituationFacts, situation_facts, slots, span_of
from dashboard.snapshot import Snapshot
from dashboard.view import city_view
from dashboard.wire import Payload
from devices.registry_table import read_registry
from storage.clock import to_us
from storage.latest_table import LatestValue
from storage.readings import Flag, Reading

_USELESS = (Flag.FAIL, Flag.MISSING)
# What was received before the moment may reach its store a little later.
_SETTLED = timedelta(minutes=2)
_Values = dict[tuple[str, str, str], LatestValue]


def situation(parts: Parts, at: datetime, *, now: datetime) -> Payload:
    """Return the report of a moment; one that is due at that moment is kept, and stays as it first was.

    Args:
        parts: The stores.
        at: The moment, not after `now`.
        now: The present; aware.

    Raises:
        StorageUnavailable: A store does not answer; nothing was kept.
        StorageMisconfigured: The store of readings answers, but not to us.
        ValueError: The moment has not come yet.
    """
    if at > now:
        raise ValueError("a report tells of the past: its time has not come yet")
    with parts.database.reading() as connection:
        kept = kept_report(connection, at)
    if kept is not None:
        return kept
    facts = _made(parts, at)
    is_due = slots(at, parts.report_hours, parts.time_zone, count=1)[0] == at
    if not is_due or now - at < _SETTLED:
        return facts
    with parts.database.transaction() as connection:
        keep_report(connection, at, facts, made_at=now)
        return kept_report(connection, at) or facts


def _made(parts: Parts, at: datetime) -> Payload:
    since, _ = span_of(at, parts.report_hours, parts.time_zone)
    with parts.database.reading() as connection:
        journal = known_then(journal_reaching(connection, since), at)
        registry = read_registry(connection)
    alarms = folded(journal)
    latest, peaks = _read_span(parts, since, at)
    useful = {key: value for key, value in latest.items() if value.flag not in _USELESS}
    fresh = fresh_since(parts.kinds, at)
    silent = {key: value for key, value in latest.items() if is_overdue(value, fresh.get(value.kind))}
    snapshot = Snapshot(
        registry=registry,
        latest={(value.device_id, value.metric): value for value in latest.values()},
        alarms={alarm.id: alarm for alarm in alarms.values() if alarm.is_active},
    )
    found = SituationFacts(
        since=since,
        at=at,
        view=city_view(snapshot, kinds=parts.kinds, rules=parts.rules, now=at),
        journal=journal,
        alarms=alarms,
        values={key: value for key, value in useful.items() if key not in silent},
        silent=silent,
        peaks=peaks,
    )
    facts = situation_facts(found, Names(rules=parts.rules, sites=registry.sites))
    is_simulated = any(device.simulated for device in registry.devices.values())
    return facts | {"city": parts.city_name, "demo": parts.demo or is_simulated}


def known_then(journal: Iterable[AlarmEvent], at: datetime) -> list[AlarmEvent]:
    """Return the events that had been told before a moment."""
    return [event for event in journal if event.recorded_at < at]


def _read_span(
    parts: Parts, since: datetime, at: datetime
) -> tuple[_Values, dict[str, tuple[datetime, float]]]:
    """Return the newest values and the water's peaks; only what had been received by then counts."""
    latest: _Values = {}
    peaks: dict[str, tuple[datetime, float]] = {}
    for kind in parts.kinds.values():
        start = min(since, at - kind.overdue_after - timedelta(seconds=1))
        for reading in parts.readings.read(kind.name, start=start, end=at):
            if reading.received_at < at:
                _keep_newest(latest, reading)
                if reading.observed_at >= since:
                    _keep_peak(peaks, reading)
    return latest, peaks


def _keep_newest(latest: _Values, reading: Reading) -> None:
    for metric, value in reading.values.items():
        latest[reading.site_id, reading.kind, metric] = LatestValue(
            device_id=reading.device_id,
            site_id=reading.site_id,
            kind=reading.kind,
            metric=metric,
            observed_us=to_us(reading.observed_at),
            received_us=to_us(reading.received_at),
            value=value,
            flag=reading.flag(metric),
            change=0,
        )


def _keep_peak(peaks: dict[str, tuple[datetime, float]], reading: Reading) -> None:
    level = reading.values.get(WATER)
    if level is None or reading.flag(WATER) in _USELESS:
        return
    if reading.site_id not in peaks or level > peaks[reading.site_id][1]:
        peaks[reading.site_id] = (reading.observed_at, level)
