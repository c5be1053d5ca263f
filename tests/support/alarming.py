"""Rules, sites, readings and instants for tests of the alerts room."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.journal.alarms import AlarmEvent, EventType, Severity
from alerts.judging.engine import AlarmEngine
from alerts.rulebook.rules import Rule, SiteLimit
from devices.kinds import Kind, Label, Metric
from devices.registry import Site
from storage.readings import Flag, Reading

START = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
LEVEL = "water_level_cm"
TEXT = Label(id="teks", en="text")
FLOOD = Kind(
    name="flood",
    label=TEXT,
    primary=LEVEL,
    expected_interval=timedelta(minutes=5),  # overdue after 15 minutes
    metrics={
        LEVEL: Metric(label=TEXT, unit="cm", plausible_min=-500, plausible_max=2500),
        "battery_v": Metric(label=TEXT, unit="V", plausible_min=0, plausible_max=24),
    },
)
KINDS = {"flood": FLOOD}
HIGH_WATER = Rule(
    id="high_water",
    title=TEXT,
    instruction=TEXT,
    kind="flood",
    metric=LEVEL,
    severity=Severity.HIGH,
    agency="BPBD",
    above=100.0,
)
SIAGA2 = replace(HIGH_WATER, id="siaga2", above=SiteLimit(site="jakarta_siaga2"))
SIAGA1 = replace(HIGH_WATER, id="siaga1", above=SiteLimit(site="jakarta_siaga1"), severity=Severity.CRITICAL)
GATE = Site(
    id="gate",
    name="Gate",
    lat_deg=-6.2,
    lon_deg=106.8,
    thresholds={LEVEL: {"jakarta_siaga2": 850.0, "jakarta_siaga1": 950.0}},
)
POST = Site(id="post", name="Post without thresholds", lat_deg=-6.3, lon_deg=106.8)
SITES = {"gate": GATE, "post": POST}


def at(minutes: float) -> datetime:
    """The instant so many minutes after the start of the test's day."""
    return START + timedelta(minutes=minutes)


def reading(
    minutes: float,
    value: float,
    *,
    site: str = "gate",
    device: str = "d1",
    metric: str = LEVEL,
    flag: Flag = Flag.GOOD,
) -> Reading:
    return Reading(
        device_id=device,
        site_id=site,
        kind="flood",
        observed_at=at(minutes),
        received_at=at(minutes),
        values={metric: value},
        flags={} if flag is Flag.GOOD else {metric: flag},
    )


def engine(*rules: Rule) -> AlarmEngine:
    return AlarmEngine({rule.id: rule for rule in rules or (HIGH_WATER,)}, SITES, KINDS)


def observe_all(watcher: AlarmEngine, *values: tuple[float, float]) -> list[AlarmEvent]:
    """Let the engine see (minute, value) pairs, each the moment it is measured."""
    return [
        event for minute, value in values for event in watcher.observe(reading(minute, value), at(minute))
    ]


def types(events: list[AlarmEvent]) -> list[EventType]:
    return [event.type for event in events]
