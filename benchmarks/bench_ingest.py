"""How many messages a second one ingest worker takes, stored and acknowledged, and where its time goes."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.influx import NoServer, fresh_bucket, server

from benchmarks.runs import Run, Setting, measured
from benchmarks.workload import METRIC_COUNTS, Workload
from config.settings import InfluxAddress
from pantau.console import complain, say


def main() -> None:
    """Measure, print tables in Markdown, and keep everything as JSON when asked."""
    arguments = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pantau-bench-")))
        influx = _influx(stack, folder)
        rows = list(_throughput(arguments, folder, influx))
    _say_table(rows)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"throughput": rows}, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000, help="messages of each run")
    parser.add_argument("--backlog", type=int, default=100_000, help="most messages that wait at the broker")
    parser.add_argument("--devices", type=int, default=200, help="devices that take turns")
    parser.add_argument("--metrics", type=int, nargs="+", default=METRIC_COUNTS, choices=METRIC_COUNTS)
    parser.add_argument(
        "--stores", nargs="+", default=["embedded", "influxdb"], choices=["embedded", "influxdb"]
    )
    parser.add_argument("--json", help="file for the figures")
    return parser.parse_args()


def _influx(stack: ExitStack, folder: Path) -> InfluxAddress | None:
    """Return a server of the run's own, or say plainly that there is none."""
    (folder / "influxd").mkdir()
    try:
        return stack.enter_context(server(folder / "influxd"))
    except NoServer as missing:
        complain(f"InfluxDB is not measured: {missing}")
        return None


def _throughput(
    arguments: argparse.Namespace, folder: Path, influx: InfluxAddress | None
) -> Iterator[dict[str, Any]]:
    for store in arguments.stores:
        if store == "influxdb" and influx is None:
            continue
        for metrics in arguments.metrics:
            place = folder / f"{store}-{metrics}"
            place.mkdir()
            workload = Workload(
                metrics=metrics,
                messages=arguments.messages,
                devices=arguments.devices,
                end=datetime.now(UTC).replace(microsecond=0),
            )
            with ExitStack() as stack:
                bucket = stack.enter_context(fresh_bucket(influx)) if store == "influxdb" and influx else None
                run = measured(Setting(workload=workload, backlog=arguments.backlog, influx=bucket), place)
            complain(f"{store}, {metrics} metrics: {run.rate_per_s:.0f} messages a second")
            yield {"store": store, "metrics": metrics, **_figures(run)}


def _figures(run: Run) -> dict[str, float]:
    middle = run.samples[len(run.samples) // 2]
    worker_us = run.us_per_message(lambda sample: sample.worker.cpu_s)
    main_us = run.us_per_message(lambda sample: sample.worker.main_cpu_s)
    return {
        "messages_per_s": round(run.rate_per_s),
        "worker_us": round(worker_us, 1),
        "main_thread_us": round(main_us, 1),
        "network_thread_us": round(worker_us - main_us, 1),
        "broker_us": round(run.us_per_message(lambda sample: sample.broker.cpu_s), 1),
        "rss_begin_mib": round(run.first.worker.rss_mib),
        "rss_middle_mib": round(middle.worker.rss_mib),
        "rss_end_mib": round(run.last.worker.rss_mib),
    }


def _say_table(rows: list[dict[str, Any]]) -> None:
    heads = list(rows[0])
    for line in (heads, ["---"] * len(heads), *([str(row[head]) for head in heads] for row in rows)):
        say(f"| {' | '.join(line)} |")


if __name__ == "__main__":
    main()
