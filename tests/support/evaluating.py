"""Readings and kinds for tests of quality checks and derived metrics, and what a store would hold of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from devices.derivations import (
    CounterIncrement,
    CounterRate,
    Derivation,
    DewPoint,
    Ispu,
    LevelFromDistance,
    Mean,
)
from devices.kinds import Kind, Label, Metric, load_kinds
from devices.quality import Quality
from devices.registry import Site
from ingest.evaluation import Evaluator
from storage.readings import Flag, Reading, united

T0 = datetime(2026, 3, 1, tzinfo=UTC)
SHIPPED = load_kinds(Path(__file__).parents[2] / "config" / "kinds")
_LABEL = Label(id="Uji", en="Test")


def metric(least: float, most: float, **quality: object) -> Metric:
    """Return a metric with these limits."""
    return Metric(label=_LABEL, unit="", plausible_min=least, plausible_max=most, quality=Quality(**quality))


# Everything at once, with windows short enough for examples.
PROBE = Kind(
    name="probe",
    label=_LABEL,
    primary="pm",
    expected_interval=timedelta(minutes=1),
    reorder_horizon=timedelta(minutes=30),
    metrics={
        "pm": metric(
            0,
            1000,
            suspect_max=500,
            spike_suspect=20,
            spike_fail=100,
            max_rise_per_h=3000,
            noise=5,
            flat_suspect_after=timedelta(minutes=3),
            flat_fail_after=timedelta(minutes=6),
            neighbour_radius_km=5,
            neighbour_difference=80,
        ),
        "temperature": metric(-20, 60, spike_suspect=3, spike_fail=10),
        "humidity": metric(0, 100),
        "distance": metric(0, 500, spike_fail=50),
        "total": metric(0, 1000, spike_fail=100),
        "dew_point": metric(-60, 60),
        "level": metric(-100, 400, spike_suspect=20),
        "fallen": metric(0, 1000),
        "fallen_per_h": metric(0, 1000, suspect_max=500),
        "mean": metric(0, 1000, suspect_max=400),
        "smooth": metric(0, 1000),
        "index": metric(0, 500),
    },
    derived={
        "dew_point": Derivation(dew_point=DewPoint(temperature="temperature", humidity="humidity")),
        "level": Derivation(level_from_distance=LevelFromDistance(distance="distance")),
        "fallen": Derivation(
            counter_increment=CounterIncrement(counter="total", max_gap=timedelta(minutes=20))
        ),
        "fallen_per_h": Derivation(counter_rate=CounterRate(counter="total", max_gap=timedelta(minutes=20))),
        "mean": Derivation(
            mean=Mean(of="pm", window=timedelta(minutes=30), slot=timedelta(minutes=5), completeness=0.5)
        ),
        "smooth": Derivation(
            mean=Mean(of="mean", window=timedelta(minutes=10), slot=timedelta(minutes=5), completeness=0.5)
        ),
        "index": Derivation(ispu=Ispu(of={"pm2_5": "smooth", "pm10": "pm"}, completeness=1 / 24)),
    },
)
KINDS = {**SHIPPED, "probe": PROBE}


def site(number: int = 0, **parameters: float) -> Site:
    """Return a site; sites of neighbouring numbers stand a kilometre apart."""
    return Site(
        id=f"site-{number}",
        name="Site",
        lat_deg=-7.6 + number * 0.009,
        lon_deg=111.5,
        parameters={"reference_height_cm": 420.0, **parameters},
    )


def reading(kind: str, minute: float, *, number: int = 0, **values: float) -> Reading:
    """Return what the device at a site said so many minutes after `T0`."""
    at = T0 + timedelta(minutes=minute)
    return Reading(
        device_id=f"device-{number}",
        site_id=f"site-{number}",
        kind=kind,
        observed_at=at,
        received_at=at,
        values=values,
    )


def evaluator(kinds: Mapping[str, Kind] = KINDS, sites: Iterable[Site] = ()) -> Evaluator:
    """Return an evaluator that knows ten sites, or others."""
    fresh = Evaluator(kinds)
    known = list(sites) or [site(number) for number in range(10)]
    fresh.update_sites({place.id: place for place in known})
    return fresh


def history(readings: Iterable[Reading], by: Evaluator | None = None) -> list[Reading]:
    """Return what a store holds after these readings and their corrections were written, oldest first."""
    by = by or evaluator()
    written: list[Reading] = []
    for given in readings:
        evaluated = by.evaluate(given)
        written += [*evaluated.corrections, evaluated.reading]
    return sorted(united(written), key=lambda kept: (kept.observed_at, kept.device_id))


def flags(readings: Iterable[Reading], metric: str) -> list[int]:
    """Return the flags of a metric."""
    return [int(kept.flag(metric)) for kept in readings]


def column(readings: Iterable[Reading], metric: str) -> list[float | None]:
    """Return the values of a metric."""
    return [kept.values.get(metric) for kept in readings]


__all__ = [
    "KINDS",
    "PROBE",
    "SHIPPED",
    "T0",
    "Flag",
    "column",
    "evaluator",
    "flags",
    "history",
    "metric",
    "reading",
    "site",
]
