"""What the live map costs: bytes, server, browser, fifty viewers, and whether memory stays flat."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser
from support.brokers import free_port
from support.browser import ServedDashboard, headless_chromium, wait_until

from benchmarks.browser_cost import MeasuredPage, resident_mib
from benchmarks.city_load import Change, Speaking, seed
from benchmarks.memory_run import memory_samples, slope_per_hour
from benchmarks.processes import Worker, cost
from benchmarks.tables import say_markdown
from benchmarks.viewers import Heard, full_bytes, listen
from pantau.console import complain, say

_SENSORS = (500, 5_000, 20_000)
_SHARES = (1.0, 0.05)
_CITY = Path("config") / "city" / "madiun"
_MEMORY = ("heap MiB", "elements", "listeners", "server MiB")

Row = dict[str, Any]


def main() -> None:
    """Measure, print tables in Markdown, and keep everything as JSON when asked."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="pantau-bench-") as folder:
        told = _measured(arguments, Path(folder))
    load = " ".join(f"{figure:.1f}" for figure in os.getloadavg())
    say(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    say(f"load average {load}\n")
    for rows in told.values():
        say_markdown(rows)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(told, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensors", type=int, nargs="+", default=_SENSORS)
    parser.add_argument(
        "--shares", type=float, nargs="+", default=_SHARES, help="share that changes each second"
    )
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--window", type=float, default=12.0, help="seconds of each measurement")
    parser.add_argument("--minutes", type=float, default=0.0, help="length of the memory run; 0 for none")
    parser.add_argument("--memory-only", action="store_true", help="nothing but the memory run")
    parser.add_argument("--json", help="file for the figures")
    return parser.parse_args()


def _measured(arguments: argparse.Namespace, folder: Path) -> dict[str, list[Row]]:
    cells: list[tuple[Row, Row]] = []
    if not arguments.memory_only:
        with headless_chromium() as browser:
            cells = [cell for count in arguments.sensors for cell in _city(arguments, folder, browser, count)]
    memory = _memory(folder, arguments.minutes) if arguments.minutes else []
    return {"server": [server for server, _ in cells], "page": [page for _, page in cells], "memory": memory}


def _city(
    arguments: argparse.Namespace, folder: Path, browser: Browser, sensors: int
) -> Iterator[tuple[Row, Row]]:
    """Yield for each share what the server and the page of one city take."""
    state = folder / str(sensors)
    state.mkdir()
    complain(f"{sensors} sensors are registered ...")
    with closing(seed(state, sensors)) as database, ExitStack() as stack:
        served = ServedDashboard(state, city_folder=_CITY)
        stack.callback(served.close)
        served.start()
        for share in arguments.shares:
            case: Row = {"sensors": sensors, "changing": f"{share:.0%}"}
            with Speaking(database, Change(share=share)):
                page = _page_row(browser, served, arguments.window)
                server = _server_row(served, arguments)
            complain(f"{case | server | page}")
            yield case | server, case | page


def _page_row(browser: Browser, served: ServedDashboard, window_s: float) -> Row:
    with closing(MeasuredPage(browser, served.url)) as measured:
        measured.page.wait_for_timeout(3000)
        taken = measured.window(window_s)
        bare_ms = measured.bare_paint_ms()
    return {
        "messages/s": round(taken.messages / window_s, 2),
        "renderer CPU ms/s": round(taken.renderer_ms),
        "graphics CPU ms/s": round(taken.graphics_ms),
        "main thread busy ms/s": round(taken.main_ms),
        "stream to paint ms": round(taken.paint_ms[0], 1),
        "19 of 20 below": round(taken.paint_ms[1], 1),
        "server's moment to paint ms": round(taken.since_told_ms, 1),
        "bare setFeatureState of all ms": round(bare_ms),
    }


def _server_row(served: ServedDashboard, arguments: argparse.Namespace) -> Row:
    full = full_bytes(served.port)
    one, one_cpu = _heard(served.port, served.pid, 1, arguments.window)
    many, many_cpu = _heard(served.port, served.pid, arguments.viewers, arguments.window)
    bare_cpu = _bare_cpu(arguments, many.bytes_each)
    return {
        "full bytes": full,
        "delta bytes": one.bytes_each,
        "messages/s": round(one.messages / arguments.window, 2),
        "told after ms": one.late_median_ms,
        "CPU ms a message, 1 viewer": _each_ms(one, one_cpu, 1, arguments.window),
        f"{arguments.viewers} viewers": _each_ms(many, many_cpu, arguments.viewers, arguments.window),
        f"CPU of one core, {arguments.viewers} viewers": f"{many_cpu:.0%}",
        f"messages/s to each of {arguments.viewers}": round(
            many.messages / arguments.viewers / arguments.window, 2
        ),
        "the same bytes sent bare, CPU of one core": f"{bare_cpu:.0%}",
        "server MiB": resident_mib(served.pid),
    }


def _heard(port: int, pid: int, viewers: int, window_s: float) -> tuple[Heard, float]:
    """Return what viewers heard, and the CPU seconds that the server took for each second of it."""
    settle_s = 3.0
    before = cost(pid).cpu_s
    heard = listen(port, viewers, settle_s=settle_s, window_s=window_s)
    return heard, (cost(pid).cpu_s - before) / (settle_s + window_s)


def _each_ms(heard: Heard, cpu: float, viewers: int, window_s: float) -> float:
    """Return the server's CPU for each message, however many viewers it went to."""
    each = heard.messages / viewers
    return round(cpu * window_s / each * 1000, 1) if each else float("nan")


def _bare_cpu(arguments: argparse.Namespace, size: int) -> float:
    port = free_port()
    log = Path(tempfile.gettempdir()) / f"pantau-bare-{port}.log"
    bare = Worker("benchmarks.bare_stream", [str(port), str(size)], log)
    try:
        wait_until(lambda: _answers(port), f"the yardstick does not answer; see {log}", timeout_s=30)
        return _heard(port, bare.pid, arguments.viewers, arguments.window)[1]
    finally:
        bare.stop()
        log.unlink(missing_ok=True)


def _answers(port: int) -> bool:
    try:
        heard = listen(port, 1, settle_s=0, window_s=0.5)
    except OSError:
        return False
    return heard.messages > 0


def _memory(folder: Path, minutes: float) -> list[Row]:
    samples = memory_samples(folder, minutes=minutes)
    second_half = samples[len(samples) // 2 :]
    return [
        {
            "what": what,
            "begin": samples[0][what],
            "middle": second_half[0][what],
            "end": samples[-1][what],
            "an hour adds (second half)": round(slope_per_hour(second_half, what), 2),
        }
        for what in _MEMORY
    ]


if __name__ == "__main__":
    main()
