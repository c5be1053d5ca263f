"""A headless Chromium and a served dashboard, for tests that look at the page as a person would."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from support import dashboard_process

# Each server is a fork of a process that has read the dashboard's code: that costs more than to serve a page.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["dashboard.server", "dashboard.parts", "storage.embedded"])
_FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
)


def chromium_path() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def headless_chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServedDashboard:
    """The dashboard in a process of its own over a state folder; can be stopped and started again."""

    def __init__(
        self,
        state: Path,
        *,
        city_folder: Path,
        token: str | None = None,
        tiles: Mapping[str, str] | None = None,
        blocked_s: float = 0.0,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._told = {
            "state": str(state),
            "city_folder": str(city_folder),
            "port": self.port,
            "token": token,
            "demo": token is None,
            "tiles": dict(tiles or {}),
            "blocked_s": blocked_s,
        }
        self._log = state / "dashboard.log"
        self._process: BaseProcess | None = None

    def start(self) -> None:
        self._process = _PROCESSES.Process(
            target=dashboard_process.run, args=(self._told, self._log), daemon=True
        )
        self._process.start()
        wait_until(self._answers, f"the dashboard does not answer; see {self._log}", timeout_s=40)

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    def stop(self, *, with_signal: int = signal.SIGTERM, timeout_s: float = 15) -> int:
        """Return the exit code; fails when the process is still there after `timeout_s`."""
        assert self._process is not None
        os.kill(self.pid, with_signal)
        self._process.join(timeout_s)
        code = self._process.exitcode
        assert code is not None, f"still there after {timeout_s} s; see {self._log}"
        self._process = None
        return code

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def log(self) -> str:
        return self._log.read_text()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.is_alive(), self.log()
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Watched:
    """A page with everything it complained of and every address it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.until("window.pantau?.map && window.pantau.counts.full > 0", timeout_s=60)

    def ask(self, expression: str) -> Any:
        return self.page.evaluate(expression)

    def until(self, expression: str, *, timeout_s: float = 15) -> None:
        # Playwright's own waiting evaluates text inside the page, which the page's security policy forbids.
        wait_until(
            lambda: bool(self.ask(expression)),
            f"never became true: {expression}; complaints: {self.complaints}",
            timeout_s=timeout_s,
            pause=lambda: self.page.wait_for_timeout(50),
        )


def wait_until(
    is_true: Callable[[], bool],
    otherwise: str,
    *,
    timeout_s: float,
    pause: Callable[[], None] = lambda: time.sleep(0.05),
) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, otherwise
        pause()
