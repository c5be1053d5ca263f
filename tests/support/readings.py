"""A small city of one river post for tests of the pipeline, and stores that misbehave on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from alerts.journal.alarms import Severity
from alerts.rulebook.rules import Rule
from devices.kinds import Kind, Label, Metric
from devices.registry import Device, Registration, Site
from devices.topics import telemetry_topic
from ingest.delivery import Delivery
from storage.ports import StorageRefused, StorageUnavailable
from storage.readings import Reading

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEVEL = "water_level_cm"
_LABEL = Label(id="Tinggi muka air", en="Water level")
FLOOD = Kind(
    name="flood",
    label=_LABEL,
    primary=LEVEL,
    expected_interval=timedelta(minutes=5),
    metrics={LEVEL: Metric(label=_LABEL, unit="cm", plausible_min=-500, plausible_max=2500)},
)
KINDS = {"flood": FLOOD}
HIGH_WATER = Rule(
    id="high_water",
    title=Label(id="Air tinggi", en="High water"),
    instruction=Label(id="Buka pintu air", en="Open the gate"),
    kind="flood",
    metric=LEVEL,
    severity=Severity.HIGH,
    agency="BPBD",
    above=300.0,
)
RULES = {"high_water": HIGH_WATER}
POST = Site(id="post", name="Post", lat_deg=-7.6, lon_deg=111.5)
REGISTRATION = Registration(
    site=POST, device=Device(id="gauge", kind="flood"), since=datetime(2000, 1, 1, tzinfo=UTC)
)


def payload(observed_at: datetime, value: float) -> bytes:
    """Return a native message of one level."""
    return json.dumps({"ts": observed_at.isoformat(), "values": {LEVEL: value}}).encode()


def delivery(minute: float, value: float, *, device_id: str = "gauge") -> Delivery:
    """Return what the gauge said so many minutes after `NOW`."""
    at = NOW + timedelta(minutes=minute)
    return Delivery(
        topic=telemetry_topic(device_id),
        payload=payload(at, value),
        received_at=at,
        message_id=1,
        connection=1,
    )


class MemoryStore:
    """A store of readings that keeps them in a dict and can be told to fail.

    Attributes:
        kept: What is stored, by identity.
        failures: How many of the next writes are not possible.
        refuses: Tells which readings it never takes.
    """

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, datetime], Reading] = {}
        self.failures = 0
        self.refuses: Callable[[Reading], bool] = lambda _: False

    def write(self, readings: Sequence[Reading]) -> None:
        if self.failures:
            self.failures -= 1
            raise StorageUnavailable("the store is away")
        refused = [reading for reading in readings if self.refuses(reading)]
        for reading in readings:
            if reading not in refused:
                self.kept[reading.site_id, reading.device_id, reading.observed_at] = reading
        if refused:
            raise StorageRefused([(reading, "field type conflict") for reading in refused])

    def close(self) -> None:
        pass
