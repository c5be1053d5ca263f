"""How many messages a second one ingest worker takes, stored and acknowledged, and where its time goes."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from support.influx import NoServer, fresh_bucket, server

from benchmarks import stages
from benchmarks.runs import Run, Setting, measured, subscriber_alone
from benchmarks.tables import say_markdown
from benchmarks.workload import METRIC_COUNTS, Workload
from benchmarks.yardsticks import SUBSCRIBERS, Yardstick, rows_into_sqlite
from config.settings import InfluxAddress
from pantau.console import complain, say

_STORES = ("embedded", "influxdb")
_YARDSTICK_ROWS = 200_000
_STAGE_MESSAGES = 20_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where runs keep their files, and the InfluxDB that they may use.

    Attributes:
        folder: Empty at first; every run makes a folder of its own in it.
        influx: A running server, None when there is none.
    """

    folder: Path
    influx: InfluxAddress | None

    def own(self, name: str) -> Path:
        """Make and return the folder of one run."""
        folder = self.folder / name
        folder.mkdir()
        return folder


def main() -> None:
    """Measure, print tables in Markdown, and keep everything as JSON when asked."""
    arguments = _arguments()
    with ExitStack() as stack:
        place = _place(stack)
        yardsticks = _yardsticks(arguments, place)
        throughput = list(_throughput(arguments, place, yardsticks["bare paho"]))
        by_stage = list(_by_stage(arguments, place))
    say(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    say_markdown([{"yardstick": name, **_told(taken)} for name, taken in yardsticks.items()])
    say_markdown(throughput)
    say_markdown(by_stage)
    if arguments.json:
        told = {name: asdict(taken) for name, taken in yardsticks.items()}
        everything = {"yardsticks": told, "throughput": throughput, "cpu_us_by_stage": by_stage}
        Path(arguments.json).write_text(json.dumps(everything, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000, help="messages of each run")
    parser.add_argument("--backlog", type=int, default=100_000, help="most messages that wait at the broker")
    parser.add_argument("--devices", type=int, default=200, help="devices that take turns")
    parser.add_argument("--metrics", type=int, nargs="+", default=METRIC_COUNTS, choices=METRIC_COUNTS)
    parser.add_argument("--stores", nargs="+", default=_STORES, choices=_STORES)
    parser.add_argument("--no-stages", action="store_true", help="leave out the time by stage")
    parser.add_argument("--json", help="file for the figures")
    return parser.parse_args()


def _place(stack: ExitStack) -> Place:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pantau-bench-")))
    (folder / "influxd").mkdir()
    try:
        return Place(folder=folder, influx=stack.enter_context(server(folder / "influxd")))
    except NoServer as missing:
        complain(f"InfluxDB is not measured: {missing}")
        return Place(folder=folder, influx=None)


def _workload(arguments: argparse.Namespace, metrics: int, messages: int) -> Workload:
    end = datetime.now(UTC).replace(microsecond=0)
    return Workload(metrics=metrics, messages=messages, devices=arguments.devices, end=end)


def _yardsticks(arguments: argparse.Namespace, place: Place) -> dict[str, Yardstick]:
    workload = _workload(arguments, 3, min(arguments.messages, arguments.backlog))
    taken = {name: subscriber_alone(name, place.own(name), workload) for name in SUBSCRIBERS}
    return {**taken, "rows into SQLite": rows_into_sqlite(place.folder / "rows.sqlite", _YARDSTICK_ROWS)}


def _told(taken: Yardstick) -> Row:
    return {"each second": round(taken.rate_per_s), "CPU µs each": round(taken.us_each, 1)}


def _throughput(arguments: argparse.Namespace, place: Place, bare: Yardstick) -> Iterator[Row]:
    for store, metrics in _cells(arguments, place):
        workload = _workload(arguments, metrics, arguments.messages)
        run = _run(workload, place, store=store, backlog=arguments.backlog, module="pantau")[0]
        complain(f"{store}, {metrics} metrics: {run.rate_per_s:.0f} messages a second")
        yield {"store": store, "metrics": metrics, **_figures(run, bare)}


def _by_stage(arguments: argparse.Namespace, place: Place) -> Iterator[Row]:
    if arguments.no_stages:
        return
    for store, metrics in _cells(arguments, place):
        workload = _workload(arguments, metrics, min(arguments.messages, _STAGE_MESSAGES))
        run, folder = _run(workload, place, store=store, backlog=workload.messages, module=stages.__name__)
        seconds = json.loads((folder / "state" / stages.RESULT).read_text())
        taken = {stage: round(seconds.get(stage, 0) / workload.messages * 1e6, 1) for stage in stages.STAGES}
        yield {"store": store, "metrics": metrics, "receive": _network_us(run), **taken}


def _cells(arguments: argparse.Namespace, place: Place) -> list[tuple[str, int]]:
    stores = [store for store in arguments.stores if store == "embedded" or place.influx]
    return [(store, metrics) for store in stores for metrics in arguments.metrics]


def _run(workload: Workload, place: Place, *, store: str, backlog: int, module: str) -> tuple[Run, Path]:
    folder = place.own(f"{store}-{workload.metrics}-{module}")
    with ExitStack() as stack:
        influx = None
        if store == "influxdb" and place.influx is not None:
            influx = stack.enter_context(fresh_bucket(place.influx))
        setting = Setting(workload=workload, backlog=backlog, module=module, influx=influx)
        return measured(setting, folder), folder


def _figures(run: Run, bare: Yardstick) -> Row:
    worker_us = run.us_per_message(lambda sample: sample.worker.cpu_s)
    middle = run.samples[len(run.samples) // 2]
    return {
        "messages/s": round(run.rate_per_s),
        "of bare paho": f"{run.rate_per_s / bare.rate_per_s:.2f}",
        "worker CPU µs": round(worker_us, 1),
        "messages/s of CPU": round(1e6 / worker_us),
        "network thread µs": _network_us(run),
        "broker CPU µs": round(run.us_per_message(lambda sample: sample.broker.cpu_s), 1),
        "MiB begin": round(run.first.worker.rss_mib),
        "MiB middle": round(middle.worker.rss_mib),
        "MiB end": round(run.last.worker.rss_mib),
    }


def _network_us(run: Run) -> float:
    """Return what all threads but the main one take; the one that drains an empty spool takes nothing."""
    return round(run.us_per_message(lambda sample: sample.worker.cpu_s - sample.worker.main_cpu_s), 1)


if __name__ == "__main__":
    main()
