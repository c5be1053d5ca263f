"""A seeded stream of a small city's messages without end, and what must become of any beginning of it."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.journal.alarms import AlarmEvent, EventType
from alerts.judging.engine import AlarmEngine
from alerts.rulebook.rules import Rule
from devices.kinds import Kind
from devices.registry import Device, Registration, Registry, Site
from devices.topics import telemetry_topic
from ingest.delivery import Delivery
from ingest.evaluation import Evaluator
from ingest.interpretation import Understood, interpret
from storage.readings import Flag, Identity, Reading, united

DEVICES = {
    "gauge-1": "flood",
    "gauge-2": "flood",
    "gauge-3": "flood",
    "gauge-4": "flood",
    "bucket-1": "rain",
    "bucket-2": "rain",
    "station-1": "air",
    "station-2": "air",
}
KINDS_SENT = sorted(set(DEVICES.values()))
_EVERY = timedelta(seconds=1)
_REPEATED, _GARBLED, _WRONG = 0.03, 0.01, 0.01
_REMEMBERED = 60
_INSTALLED = datetime(2000, 1, 1, tzinfo=UTC)

Held = tuple[dict[str, float], dict[str, Flag]]
Turn = tuple[str, EventType, datetime]


def registrations() -> list[Registration]:
    """Return the city: each device at a site of its own, neighbours a kilometre apart."""
    return [
        Registration(
            site=Site(id=f"site-{name}", name=name, lat_deg=-7.6 + 0.009 * number, lon_deg=111.5),
            device=Device(id=name, kind=kind),
            since=_INSTALLED,
        )
        for number, (name, kind) in enumerate(DEVICES.items())
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a device publishes."""

    topic: str
    payload: bytes


def messages(seed: int, begin: datetime, every: timedelta = _EVERY) -> Iterator[Message]:
    """Yield what the city says from `begin` on, in order of time, now and then repeated, garbled or wrong."""
    rng = random.Random(seed)
    totals = dict.fromkeys(DEVICES, 0.0)
    said: list[Message] = []
    step = 0
    while True:
        for number, (device_id, kind) in enumerate(DEVICES.items()):
            values = _values(kind, step + 17 * number, totals, device_id, rng)
            text = json.dumps({"ts": (begin + step * every).isoformat(), "values": values})
            message = Message(topic=telemetry_topic(device_id), payload=text.encode())
            yield message
            said = [*said[-_REMEMBERED:], message]
            if rng.random() < _REPEATED:
                yield rng.choice(said)
            if rng.random() < _GARBLED:
                yield Message(topic=message.topic, payload=rng.randbytes(rng.randint(0, 40)) + b"\x00")
        step += 1


def _values(
    kind: str, phase: int, totals: dict[str, float], device_id: str, rng: random.Random
) -> dict[str, float]:
    """Return plausible values that rise and fall over the alarm's limit, with a wrong one now and then."""
    is_wrong = rng.random() < _WRONG
    if kind == "flood":
        level = 300 + 60 * math.sin(phase / 25) + rng.uniform(-2, 2)
        return {"water_level_cm": 9000.0 if is_wrong else round(level, 1)}
    if kind == "rain":
        totals[device_id] = 0.0 if is_wrong else round(totals[device_id] + rng.choice([0, 0, 0.2]), 1)
        return {"rain_total_mm": totals[device_id]}
    dust = 40 + 25 * math.sin(phase / 40) + rng.uniform(-3, 3)
    return {
        "pm2_5_ug_m3": round(dust + (400 if is_wrong else 0), 1),
        "temperature_c": round(27 + 3 * math.sin(phase / 300), 2),
        "humidity_pct": round(75 + 10 * math.cos(phase / 300), 1),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What an undisturbed run makes of messages.

    Attributes:
        history: Every reading that must be stored: its values and flags.
        latest: The newest value and flag of each device's metrics, with its moment.
        turns: Every beginning and end of an alarm, and how often it was told: once.
        rejected: How many messages cannot become readings.
    """

    history: Mapping[Identity, Held]
    latest: Mapping[tuple[str, str], tuple[datetime, float, Flag]]
    turns: Counter[Turn]
    rejected: int


def truth(
    sent: Iterable[Message], registry: Registry, kinds: Mapping[str, Kind], rules: Mapping[str, Rule]
) -> Truth:
    """Return what must become of messages: each looked at once, in order, without any fault."""
    now = datetime.now(UTC)
    deliveries = [
        Delivery(topic=m.topic, payload=m.payload, received_at=now, message_id=1, connection=1) for m in sent
    ]
    batch = interpret(deliveries, registry, kinds)
    evaluator, engine = Evaluator(kinds), AlarmEngine(rules, registry.sites, kinds)
    evaluator.update_sites(registry.sites)
    written: list[Reading] = []
    events: list[AlarmEvent] = []
    for reading in _different(batch.understood):
        evaluated = evaluator.evaluate(reading)
        events += engine.observe(evaluated.reading, now)
        written += (*evaluated.corrections, evaluated.reading)
    kept = united(written)
    return Truth(
        history=held(kept), latest=newest(kept), turns=turns(events), rejected=len(batch.dead_letters)
    )


def _different(understood: Iterable[Understood]) -> list[Reading]:
    first: dict[bytes, Reading] = {}
    for item in understood:
        first.setdefault(item.identity, item.reading)
    return list(first.values())


def held(readings: Iterable[Reading]) -> dict[Identity, Held]:
    """Return readings by identity, without the times of their arrival."""
    return {r.identity: (dict(r.values), dict(r.flags)) for r in readings}


def newest(readings: Iterable[Reading]) -> dict[tuple[str, str], tuple[datetime, float, Flag]]:
    """Return the newest value of each device's metrics, with its moment and flag."""
    found: dict[tuple[str, str], tuple[datetime, float, Flag]] = {}
    for reading in sorted(readings, key=lambda r: r.observed_at):
        for metric, value in reading.values.items():
            found[reading.device_id, metric] = (reading.observed_at, value, reading.flag(metric))
    return found


def turns(events: Iterable[AlarmEvent]) -> Counter[Turn]:
    """Return how often each alarm began and ended: all that does not depend on when it was noticed."""
    wanted = (EventType.RAISED, EventType.CLEARED)
    return Counter((e.alarm_id, e.type, e.observed_at) for e in events if e.type in wanted)
