"""A small city in a real operational database, for tests of the pages: sites, values, alarms, heartbeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.journal.journal_table import append_events
from alerts.rulebook.rules import Rule
from devices.kinds import Kind, Label, load_kinds
from devices.registry import Device, Registration, Site
from devices.registry_table import register
from storage.database import Database
from storage.embedded import EmbeddedReadings
from storage.heartbeat_table import beat
from storage.latest_table import record_latest
from storage.readings import Flag, Reading

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KINDS_FOLDER = Path(__file__).parents[2] / "config" / "kinds"


def city_kinds() -> dict[str, Kind]:
    return load_kinds(KINDS_FOLDER)


def city_rules() -> dict[str, Rule]:
    siaga = water_rule("siaga", Severity.HIGH, 300.0)
    worst = replace(water_rule("siaga_worst", Severity.CRITICAL, 400.0), includes=("siaga",))
    return {rule.id: rule for rule in (siaga, worst, jam_rule())}


def water_rule(rule_id: str, severity: Severity, limit: float) -> Rule:
    return Rule(
        id=rule_id,
        title=Label(id="Muka air tinggi", en="High water"),
        instruction=Label(id="Periksa pintu air dan kabari lurah.", en="Check the gate and tell the lurah."),
        kind="flood",
        metric="water_level_cm",
        severity=severity,
        agency="BPBD",
        above=limit,
    )


def jam_rule() -> Rule:
    return Rule(
        id="jam",
        title=Label(id="Lalu lintas macet", en="Traffic jam"),
        instruction=Label(id="Atur lampu lalu lintas.", en="Adjust the signals."),
        kind="traffic",
        metric="speed_km_h",
        severity=Severity.LOW,
        agency="Dishub",
        below=10.0,
    )


class CityDatabase:
    """The stores of one state folder, with verbs that say what happened in the city."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.in_folder(folder)
        self.database.upgrade()
        self.readings = EmbeddedReadings(folder / "readings.sqlite")

    def add_site(
        self,
        site_id: str,
        kind: str,
        *,
        lat: float = -7.63,
        lon: float = 111.52,
        name: str = "",
        simulated: bool = False,
        area: str = "",
        thresholds: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        site = Site(
            id=site_id,
            name=name or site_id.title(),
            area=area,
            lat_deg=lat,
            lon_deg=lon,
            thresholds=thresholds or {},
        )
        device = Device(id=f"{site_id}-1", kind=kind, simulated=simulated)
        with self.database.transaction() as connection:
            register(connection, [Registration(site=site, device=device, since=LONG_AGO)])

    def measure(
        self, site_id: str, kind: str, at: datetime, flags: Mapping[str, Flag] | None = None, **values: float
    ) -> None:
        self.measure_all(
            [
                Reading(
                    device_id=f"{site_id}-1",
                    site_id=site_id,
                    kind=kind,
                    observed_at=at,
                    received_at=at,
                    values=values,
                    flags=flags or {},
                )
            ]
        )

    def measure_all(self, readings: Iterable[Reading]) -> None:
        batch = list(readings)
        self.readings.write(batch)
        with self.database.transaction() as connection:
            record_latest(connection, batch)

    def tell(self, event: AlarmEvent) -> None:
        with self.database.transaction() as connection:
            append_events(connection, [event])

    def raise_alarm(
        self, site_id: str, at: datetime, *, rule: Rule, value: float, retrospective: bool = False
    ) -> AlarmEvent:
        limit = rule.limit if isinstance(rule.limit, float) else None
        event = AlarmEvent(
            alarm_id=f"{rule.id}/{site_id}/{int(at.timestamp() * 1e6)}",
            rule_id=rule.id,
            site_id=site_id,
            type=EventType.RAISED,
            observed_at=at,
            recorded_at=at,
            severity=rule.severity,
            value=value,
            limit=limit,
            retrospective=retrospective,
        )
        self.tell(event)
        return event

    def clear_alarm(self, raised: AlarmEvent, at: datetime) -> None:
        self.tell(
            AlarmEvent(
                alarm_id=raised.alarm_id,
                rule_id=raised.rule_id,
                site_id=raised.site_id,
                type=EventType.CLEARED,
                observed_at=at,
                recorded_at=at,
                severity=raised.severity,
            )
        )

    def ingest_lives(self, at: datetime, trouble: str = "") -> None:
        with self.database.transaction() as connection:
            beat(connection, "ingest", at, trouble=trouble)

    def close(self) -> None:
        self.readings.close()
        self.database.close()


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)
