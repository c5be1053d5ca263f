"""What an open page costs: its processor time, its memory, and how long a message takes to the screen."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page
from support.browser import Watched

from benchmarks.processes import cost

# Wraps the listeners of the stream: from a message at the door of the page to the frame that shows it.
_STOPWATCH = """
window.benchmark = { painted: [], sinceTold: [] };
const add = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, listener, ...more) {
  const timed = (event) => {
    const began = performance.now();
    listener(event);
    const told = Number(/"at":(\\d+)/.exec(event.data)?.[1]);
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => {
        window.benchmark.painted.push(performance.now() - began);
        window.benchmark.sinceTold.push(Date.now() - told);
      };
      after.port2.postMessage(null);
    });
  };
  return add.call(this, name, name === "delta" ? timed : listener, ...more);
};
"""

# The least that painting can cost here: the same library, every site, and nothing around it.
_BARE_PAINT = """
async () => {
  const { map, city } = window.pantau;
  const taken = [];
  for (let round = 0; round < 7; round += 1) {
    await new Promise((resolve) => { window.setTimeout(resolve, 1000); });
    const began = performance.now();
    for (const id of city.sites.keys()) map.setFeatureState({ source: "sites", id }, { round });
    await new Promise((resolve) => {
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = resolve;
        after.port2.postMessage(null);
      });
    });
    taken.push(performance.now() - began);
  }
  return taken;
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCost:
    """What a page took during a window.

    Attributes:
        messages: Changes that it was told and that reached the screen.
        renderer_ms: CPU of its renderer process for each second.
        graphics_ms: CPU of the browser's graphics process for each second; without a graphics card it draws.
        main_ms: How long its main thread was at a task; on a busy machine it also waits in them.
        paint_ms: From message to frame: the median, and what 19 of 20 stay below.
        since_told_ms: From the server's clock in the message to the frame, median.
    """

    messages: int
    renderer_ms: float
    graphics_ms: float
    main_ms: float
    paint_ms: tuple[float, float]
    since_told_ms: float


class MeasuredPage:
    """A page of the dashboard with a stopwatch on its stream."""

    def __init__(self, browser: Browser, url: str, *, width: int = 1280, height: int = 720) -> None:
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self.page: Page = self._context.new_page()
        self.page.add_init_script(_STOPWATCH)
        self._watched = Watched(self.page)
        self._tool = self._context.new_cdp_session(self.page)
        self._tool.send("Performance.enable")
        self._processes = browser.new_browser_cdp_session()
        self._watched.open(url)
        self._watched.until("window.pantau.counts.delta > 2", timeout_s=60)

    def window(self, seconds: float) -> PageCost:
        """Return what the page takes during the next seconds."""
        self.page.evaluate("window.benchmark = { painted: [], sinceTold: [] }")
        before, drawn_before_s = self._numbers(), self._graphics_s()
        self.page.wait_for_timeout(seconds * 1000)
        after, drawn_s = self._numbers(), self._graphics_s()
        told = self.page.evaluate("window.benchmark")
        painted = sorted(told["painted"]) or [float("nan")]
        took_s = after["Timestamp"] - before["Timestamp"]
        return PageCost(
            messages=len(told["painted"]),
            renderer_ms=(after["ProcessTime"] - before["ProcessTime"]) / took_s * 1000,
            graphics_ms=(drawn_s - drawn_before_s) / took_s * 1000,
            main_ms=(after["TaskDuration"] - before["TaskDuration"]) / took_s * 1000,
            paint_ms=(statistics.median(painted), painted[math.ceil(0.95 * len(painted)) - 1]),
            since_told_ms=statistics.median(told["sinceTold"] or [float("nan")]),
        )

    def bare_paint_ms(self) -> float:
        """Return how long the map library alone takes for a new state of every site, median."""
        return statistics.median(self.page.evaluate(_BARE_PAINT))

    def memory(self) -> dict[str, float]:
        """Return what is left after a garbage collection: MiB of the heap, elements, listeners."""
        self._tool.send("HeapProfiler.collectGarbage")
        used = self._tool.send("Runtime.getHeapUsage")["usedSize"]
        numbers = self._numbers()
        return {
            "heap MiB": round(used / 2**20, 2),
            "elements": numbers["Nodes"],
            "listeners": numbers["JSEventListeners"],
        }

    def close(self) -> None:
        """Close it."""
        self._processes.detach()
        self._context.close()

    def _graphics_s(self) -> float:
        """Return the CPU seconds that the browser's graphics process has taken so far."""
        found = self._processes.send("SystemInfo.getProcessInfo")["processInfo"]
        return float(sum(process["cpuTime"] for process in found if process["type"] == "GPU"))

    def _numbers(self) -> dict[str, Any]:
        metrics = self._tool.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}


def resident_mib(pid: int) -> float:
    """Return the memory that a process holds."""
    return round(cost(pid).rss_mib, 1)
