"""The city that is measured: its devices, their kinds, and the messages they send."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import InfluxAddress
from devices.registry import Device, Registration, Site
from devices.topics import telemetry_topic

_SHIPPED = Path(__file__).parents[1] / "config"
_INSTALLED = datetime(2020, 1, 1, tzinfo=UTC)
# Flood and traffic are Pantau's own kinds with their own rules; nothing shipped has ten metrics.
_STATION_METRICS = tuple(f"channel_{number}" for number in range(10))
_METRICS = {
    "flood": ("water_level_cm",),
    "traffic": ("speed_km_h", "flow_veh_h", "occupancy_pct"),
    "station": _STATION_METRICS,
}
_KIND_OF_COUNT = {len(metrics): kind for kind, metrics in _METRICS.items()}
METRIC_COUNTS = tuple(sorted(_KIND_OF_COUNT))
_STATION_KIND = """\
name: station
label: {id: Stasiun, en: Station}
primary: channel_0
expected_interval: 1m
metrics:
"""
_STATION_METRIC = """\
  %s:
    label: {id: Kanal, en: Channel}
    unit: ""
    plausible_min: 0
    plausible_max: 1000
    precision: 1
"""
_STATION_RULES = """\
rules:
  - id: channel_high
    title: {id: Kanal tinggi, en: Channel high}
    instruction: {id: Periksa, en: Look}
    kind: station
    metric: channel_0
    above: 990
    severity: low
    agency: DLH
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Messages of one shape.

    Attributes:
        metrics: Metrics in each message, one of `METRIC_COUNTS`.
        messages: How many.
        devices: How many devices take turns.
        end: When the newest was observed; each device speaks once a second until then.
    """

    metrics: int
    messages: int
    devices: int
    end: datetime

    @property
    def kind(self) -> str:
        """The kind that has so many metrics."""
        return _KIND_OF_COUNT[self.metrics]

    def registrations(self) -> list[Registration]:
        """Return every device at a site of its own."""
        return [_registration(self.kind, number) for number in range(self.devices)]

    def publications(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield topic and payload of every message, oldest first; no two say the same."""
        names = _METRICS[self.kind]
        topics = [telemetry_topic(_device_id(self.kind, n)).encode() for n in range(self.devices)]
        begin = self.end - timedelta(seconds=self.messages // self.devices + 1)
        for turn in range(self.messages // self.devices + 1):
            head = f'{{"ts": "{(begin + timedelta(seconds=turn)).isoformat()}", "values": {{'
            for device in range(min(self.devices, self.messages - turn * self.devices)):
                yield topics[device], f"{head}{_values(names, turn, device)}}}}}".encode()


def write_configuration(folder: Path, *, port: int, influx: InfluxAddress | None) -> None:
    """Make a configuration folder of Pantau's own kinds, rules and sources, with a station of ten metrics."""
    for name in ("kinds", "rules", "sources"):
        shutil.copytree(_SHIPPED / name, folder / name)
    metrics = "".join(_STATION_METRIC % name for name in _STATION_METRICS)
    (folder / "kinds" / "station.yaml").write_text(_STATION_KIND + metrics)
    (folder / "rules" / "station.yaml").write_text(_STATION_RULES)
    lines = [f"broker: {{host: 127.0.0.1, port: {port}}}"]
    if influx is not None:
        lines.append(f"influxdb: {{url: {influx.url}, org: '{influx.org}', bucket: {influx.bucket}}}")
    (folder / "pantau.yaml").write_text("\n".join(lines) + "\n")


def _values(names: tuple[str, ...], turn: int, device: int) -> str:
    """Return slowly moving values inside every metric's range, as a sensor prints them."""
    wave = 40 + 30 * math.sin(turn / 50 + device)
    return ", ".join(f'"{name}": {wave + place:.1f}' for place, name in enumerate(names))


def _registration(kind: str, number: int) -> Registration:
    site = Site(id=f"{kind}-site-{number}", name=f"Site {number}", lat_deg=-7.6 - number / 1e4, lon_deg=111.5)
    return Registration(site=site, device=Device(id=_device_id(kind, number), kind=kind), since=_INSTALLED)


def _device_id(kind: str, number: int) -> str:
    return f"{kind}-{number}"
