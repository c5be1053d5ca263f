"""What alarms cost: readings a second through many rules, memory, a restart, how soon one is told."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.alarm_city import AlarmCity
from benchmarks.alarm_engine import EngineFigures, bytes_by_sort, measured
from benchmarks.alarm_latency import Sightings
from benchmarks.alarm_latency import measured as latency_measured
from benchmarks.bench_ingest import Row
from benchmarks.tables import say_markdown
from pantau.console import say


def main() -> None:
    """Measure, print tables in Markdown, and keep everything as JSON when asked."""
    arguments = _arguments()
    say(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    told: dict[str, object] = {}
    if not arguments.no_engine:
        figures = measured(AlarmCity.of(arguments.rules, arguments.sites), arguments.minutes)
        say_markdown([_engine_row(arguments, figures)])
        sorts = bytes_by_sort()
        say_markdown([_sort_row(name, held) for name, held in sorts.items()])
        told |= {"engine": asdict(figures), "bytes_by_sort": sorts}
    if not arguments.no_latency:
        rows = _latency_rows(_latency(arguments))
        say_markdown(rows)
        told["latency"] = rows
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(told, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=200, help="rules, in equal parts of four kinds")
    parser.add_argument("--sites", type=int, default=10_000, help="sites, in equal parts of four kinds")
    parser.add_argument("--minutes", type=int, default=2, help="readings of every site that are timed")
    parser.add_argument("--rate", type=int, default=1000, help="readings a second beside the probes")
    parser.add_argument("--probes", type=int, default=200, help="alarms whose way is timed")
    parser.add_argument("--probes-per-s", type=int, default=5)
    parser.add_argument("--no-engine", action="store_true", help="leave out the engine alone")
    parser.add_argument("--no-latency", action="store_true", help="leave out the real processes")
    parser.add_argument("--json", help="file for the figures")
    return parser.parse_args()


def _engine_row(arguments: argparse.Namespace, figures: EngineFigures) -> Row:
    return {
        "rules": arguments.rules,
        "sites": arguments.sites,
        "readings/s of CPU": round(1e6 / figures.us_each),
        "CPU µs a reading": round(figures.us_each, 1),
        "bare loop, CPU µs": round(figures.bare_us_each, 1),
        "events": figures.events,
        "KiB a site": round(figures.kib_per_site, 1),
        "states": figures.states,
        "states, MiB of text": round(figures.states_mib, 1),
        "restore, CPU s": round(figures.restore_s, 1),
    }


def _sort_row(name: str, held: tuple[int, int]) -> Row:
    return {"condition": name, "bytes in memory": held[0], "bytes as text": held[1]}


def _latency(arguments: argparse.Namespace) -> Sightings:
    with tempfile.TemporaryDirectory(prefix="pantau-bench-") as folder:
        return latency_measured(
            Path(folder),
            rate_per_s=arguments.rate,
            probes=arguments.probes,
            probes_per_s=arguments.probes_per_s,
        )


def _latency_rows(sightings: Sightings) -> list[Row]:
    places = {"row in the journal": sightings.in_journal, "retained MQTT message": sightings.on_topic}
    return [
        {"from publishing to": place, **_spread(sightings.latencies_ms(t))} for place, t in places.items()
    ]


def _spread(taken_ms: Sequence[float]) -> Row:
    """Return percentiles by nearest rank."""
    ranks = {"p50 ms": 0.5, "p99 ms": 0.99, "most ms": 1.0}
    return {
        "alarms": len(taken_ms),
        **{name: round(taken_ms[math.ceil(rank * len(taken_ms)) - 1]) for name, rank in ranks.items()},
    }


if __name__ == "__main__":
    main()
