"""Child processes that are started, watched, started again and stopped together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pantau.console import Refusal, complain

_PR_SET_PDEATHSIG = 1
_STOP_WITHIN_S = 10.0
_RESTART_FROM_S = 1.0
_RESTART_UP_TO_S = 30.0
# A child that lived this long was healthy: its next fall is a new story.
_HEALTHY_AFTER_S = 60.0
_LOG_KEPT_BYTES = 10_000_000
_COULD_NOT_RUN = 2


@dataclass(slots=True, kw_only=True)
class Child:
    """One process of Pantau's.

    Attributes:
        name: What people call it; also the name of its log.
        command: Program and arguments.
        log: Where its output goes.
    """

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    restart_at_s: float | None = None
    restart_delay_s: float = field(default=_RESTART_FROM_S)

    def start(self) -> None:
        """Start it; it ends when Pantau ends, even when Pantau is killed."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the whole group of a terminal; Pantau itself decides who stops when.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.started_s = time.monotonic()
        self.restart_at_s = None

    def last_words(self) -> str:
        """Return the last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1] if lines else "it said nothing"


class Family:
    """All children of one `pantau up`. Used by one thread."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[Child] = []

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start a child and watch over it from now on."""
        child = Child(name=name, command=command, log=self._logs / f"{name}.log")
        if child.log.exists() and child.log.stat().st_size > _LOG_KEPT_BYTES:
            child.log.replace(child.log.with_suffix(".log.1"))
        child.start()
        self._children.append(child)
        return child

    def watch(self) -> None:
        """Start again whoever fell, with growing patience.

        Raises:
            Refusal: A child says that it cannot run at all (exit 2); its last words say why.
        """
        now_s = time.monotonic()
        for child in self._children:
            if child.restart_at_s is not None:
                if now_s >= child.restart_at_s:
                    child.start()
            elif child.process is not None and (code := child.process.poll()) is not None:
                self._mourn(child, code, now_s)

    def _mourn(self, child: Child, code: int, now_s: float) -> None:
        if code == _COULD_NOT_RUN:
            raise Refusal(f"{child.name} could not run: {child.last_words()} (whole log: {child.log})")
        if now_s - child.started_s > _HEALTHY_AFTER_S:
            child.restart_delay_s = _RESTART_FROM_S
        complain(
            f"{child.name} ended with code {code}; starting it again in {child.restart_delay_s:.0f} s"
            f" (log: {child.log})"
        )
        child.restart_at_s = now_s + child.restart_delay_s
        child.restart_delay_s = min(2 * child.restart_delay_s, _RESTART_UP_TO_S)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a child when it runs."""
        for child in self._children:
            if child.name == name and child.process is not None and child.process.poll() is None:
                child.process.send_signal(number)

    def stop(self) -> None:
        """Stop all, the youngest first, and wait until every one is gone."""
        for child in reversed(self._children):
            process = child.process
            if process is None or process.poll() is not None:
                continue
            process.terminate()
            try:
                process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                complain(f"{child.name} did not stop within {_STOP_WITHIN_S:.0f} s and was killed")
                process.kill()
                process.wait()
        self._children.clear()


def _die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends; elsewhere do without."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == 1:
            os._exit(1)
