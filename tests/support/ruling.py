"""Rules written as YAML and a small town for tests of the rule language."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from support.alarming import at
from support.source import ROOT

from alerts.journal.alarms import AlarmEvent
from alerts.judging.engine import AlarmEngine
from alerts.rulebook.rules import Rule, RuleFile
from config.loader import read_document
from devices.kinds import load_kinds
from devices.registry import Site
from storage.readings import Flag, Reading

KINDS = load_kinds(ROOT / "config" / "kinds")
LEVEL, SPEED, RAIN = "water_level_cm", "speed_km_h", "rain_rate_mm_h"


def site(site_id: str, **fields) -> Site:
    return Site(id=site_id, name=site_id, lat_deg=-7.6, lon_deg=111.5, **fields)


LEVELS = {LEVEL: {"rise": 30.0, "high": 200.0}}
SITES = {
    place.id: place
    for place in (
        site(
            "post",
            area="Taman",
            waterway="Madiun",
            order=2,
            thresholds={LEVEL: {"rise": 30.0, "high": 200.0}},
        ),
        site("upper", area="Taman", waterway="Madiun", order=1),
        site("lower", area="Kartoharjo", waterway="Madiun", order=3),
        site("nowhere"),
        site("gauge", area="Taman"),
        site("link", area="Taman", waterway="Jalan Pahlawan"),
    )
}
HEAD = """
  - id: tried
    title: {id: teks, en: text}
    instruction: {id: teks, en: text}
    kind: %s
    metric: %s
    severity: high
    agency: BPBD
"""


def rule_of(tmp_path: Path, text: str, *, kind: str = "flood", metric: str = LEVEL) -> Rule:
    """Return the rule whose condition and options are given as YAML."""
    path = tmp_path / "tried.yaml"
    body = textwrap.indent(textwrap.dedent(text).strip(), "    ")
    path.write_text(f"rules:{HEAD % (kind, metric)}{body}\n", encoding="utf-8")
    (rule,) = read_document(path, RuleFile).value.rules
    return rule


def engine_of(*rules: Rule, sites=SITES) -> AlarmEngine:
    return AlarmEngine({rule.id: rule for rule in rules}, sites, KINDS)


def said_by(
    minute: float,
    value: float,
    *,
    site: str = "post",
    kind: str = "flood",
    metric: str = LEVEL,
    flag: Flag = Flag.GOOD,
) -> Reading:
    return Reading(
        device_id=f"{site}-{kind}",
        site_id=site,
        kind=kind,
        observed_at=at(minute),
        received_at=at(minute),
        values={metric: value},
        flags={} if flag is Flag.GOOD else {metric: flag},
    )


def observed(engine: AlarmEngine, readings: Iterable[Reading]) -> list[AlarmEvent]:
    """Let the engine see readings, each the moment it is measured."""
    return [event for reading in readings for event in engine.observe(reading, reading.observed_at)]


def series(values: Iterable[float | None], *, every: float = 5, start: float = 0, **where) -> list[Reading]:
    """Return readings at a steady interval in minutes; None leaves one out."""
    return [
        said_by(start + number * every, value, **where)
        for number, value in enumerate(values)
        if value is not None
    ]


def told(events: Iterable[AlarmEvent]) -> list[tuple[str, float]]:
    """Return each event's type and its minute."""
    return [(event.type.value, minutes(event.observed_at)) for event in events]


def minutes(moment: datetime) -> float:
    return (moment - at(0)).total_seconds() / 60
