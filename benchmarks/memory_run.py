"""Whether the page and its server keep their size: the demo, a page left open, a sample a minute."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from support.browser import free_port, headless_chromium
from support.running import RunningPantau, processes_of

from benchmarks.browser_cost import MeasuredPage, resident_mib
from pantau.console import complain

Sample = dict[str, float]


def memory_samples(folder: Path, *, minutes: float) -> list[Sample]:
    """Return a sample at the beginning and one for every minute of a run of the demo."""
    ports = ("--port", str(free_port()), "--mqtt-port", str(free_port()))
    state = folder / "demo"
    pantau = RunningPantau(state, "--demo", *ports)
    try:
        url = pantau.ready_url()
        server = _dashboard_of(state)
        with headless_chromium() as browser:
            measured = MeasuredPage(browser, url)
            return list(_samples(measured, server, minutes=minutes))
    finally:
        pantau.stop()


def _samples(measured: MeasuredPage, server: int, *, minutes: float) -> Iterator[Sample]:
    began = time.monotonic()
    while True:
        minute = (time.monotonic() - began) / 60
        sample = {"minute": round(minute, 1), **measured.memory(), "server MiB": resident_mib(server)}
        complain(str(sample))
        yield sample
        if minute >= minutes:
            return
        measured.page.wait_for_timeout(60_000)


def _dashboard_of(state: Path) -> int:
    return next(pid for pid, command in processes_of(state).items() if " dashboard" in command)


def slope_per_hour(samples: Sequence[Sample], what: str) -> float:
    """Return the growth of a figure in an hour: the straight line that fits the samples best."""
    times = [sample["minute"] / 60 for sample in samples]
    values = [sample[what] for sample in samples]
    middle_time, middle = sum(times) / len(times), sum(values) / len(values)
    spread = sum((at - middle_time) ** 2 for at in times)
    if spread == 0:
        return 0.0
    return (
        sum((at - middle_time) * (value - middle) for at, value in zip(times, values, strict=True)) / spread
    )
