"""What the alarm engine alone takes: time for a reading, memory for a site, the way back after a restart."""

from __future__ import annotations

import gc
import json
import os
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass

from alerts.judging.engine import AlarmEngine
from benchmarks.alarm_city import METRICS, SORTS, AlarmCity
from benchmarks.processes import cost
from storage.readings import Reading

# As many readings as ingest settles at once at most; then it saves what changed.
_BATCH = 1000
_WARM_MINUTES = 2
_SORT_SITES = 20
_DAY_MINUTES = range(0, 1440, 5)
_MONTH_MINUTES = range(0, 29 * 1440, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFigures:
    """What was measured; times are CPU time of this process.

    Attributes:
        readings: How many were timed.
        states: States that are kept.
        us_each: For one reading, with the saving of changed states.
        bare_us_each: For one reading in a loop that does nothing but hold values against plain limits.
        kib_per_site: Memory of the process for each site, with rules, watches and states.
        events: Events of alarms that the timed readings led to.
        restore_s: From the text of all states to an engine that goes on.
        states_mib: Length of that text.
    """

    readings: int
    states: int
    us_each: float
    bare_us_each: float
    kib_per_site: float
    events: int
    restore_s: float
    states_mib: float


def measured(city: AlarmCity, minutes: int) -> EngineFigures:
    """Return what it takes to let every site of a city speak once a minute for so many minutes."""
    gc.collect()
    before_mib = cost(os.getpid()).rss_mib
    engine = AlarmEngine(city.rules, city.sites, city.kinds)
    _passed(engine, list(city.readings(range(_WARM_MINUTES))))
    gc.collect()
    taken_mib = cost(os.getpid()).rss_mib - before_mib
    readings = list(city.readings(range(_WARM_MINUTES, _WARM_MINUTES + minutes)))
    begun = time.process_time()
    events = _passed(engine, readings)
    us_each = (time.process_time() - begun) / len(readings) * 1e6
    text = json.dumps(engine.snapshot())
    begun = time.process_time()
    AlarmEngine(city.rules, city.sites, city.kinds).restore(json.loads(text))
    return EngineFigures(
        readings=len(readings),
        states=len(engine.snapshot()),
        us_each=us_each,
        bare_us_each=_bare_us(city, readings),
        kib_per_site=taken_mib * 1024 / len(city.sites),
        events=events,
        restore_s=time.process_time() - begun,
        states_mib=len(text) / 2**20,
    )


def _passed(engine: AlarmEngine, readings: Sequence[Reading]) -> int:
    """Let the engine see readings as ingest does, and return how many events it told."""
    events = 0
    for begin in range(0, len(readings), _BATCH):
        for reading in readings[begin : begin + _BATCH]:
            events += len(engine.observe(reading, reading.observed_at))
        engine.changed_states()
    return events


def _bare_us(city: AlarmCity, readings: Sequence[Reading]) -> float:
    """Return what the least imaginable engine takes: as many limits at each site, and who is beyond them."""
    limits: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for rule in city.rules.values():
        limit = rule.above if isinstance(rule.above, float) else 90.0
        limits.setdefault((rule.kind, rule.metric), []).append((rule.id, limit))
    active: dict[tuple[str, str], bool] = {}
    begun = time.process_time()
    for reading in readings:
        for metric in METRICS:
            value = reading.values[metric]
            for rule_id, limit in limits.get((reading.kind, metric), ()):
                active[rule_id, reading.site_id] = value >= limit
    return (time.process_time() - begun) / len(readings) * 1e6


def bytes_by_sort() -> dict[str, tuple[int, int]]:
    """Return, for each sort of condition with a full memory, bytes in memory and as text, for one site."""
    return {sort: _bytes_of(sort) for sort in SORTS}


def _bytes_of(sort: str) -> tuple[int, int]:
    city = AlarmCity.of_sort(sort, _SORT_SITES)
    engine = AlarmEngine(city.rules, city.sites, city.kinds)
    readings = city.readings(_MONTH_MINUTES if sort.startswith("usual") else _DAY_MINUTES)
    gc.collect()
    tracemalloc.start()
    for reading in readings:
        engine.observe(reading, reading.observed_at)
    engine.changed_states()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held // _SORT_SITES, len(json.dumps(engine.snapshot())) // _SORT_SITES
