"""What a process costs, as Linux counts it, and the processes that are measured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process took since it began.

    Attributes:
        cpu_s: CPU seconds of all its threads.
        main_cpu_s: CPU seconds of its first thread.
        rss_mib: Memory it holds now.
    """

    cpu_s: float
    main_cpu_s: float
    rss_mib: float


def cost(pid: int) -> Cost:
    """Return what a running process has taken so far."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Cost(
        cpu_s=_cpu_s(Path(f"/proc/{pid}/stat")),
        main_cpu_s=_cpu_s(Path(f"/proc/{pid}/task/{pid}/stat")),
        rss_mib=int(status["VmRSS"].split()[0]) / 1024,
    )


def _cpu_s(stat: Path) -> float:
    """Return the seconds in user and kernel mode that a line of proc(5) tells."""
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


class Worker:
    """A process of ours that runs until it is told to stop, its words kept in a log.

    Args:
        module: What `python -m` runs.
        arguments: What it is told.
        log: Where its words go.
    """

    def __init__(self, module: str, arguments: Sequence[str], log: Path) -> None:
        self._log = log
        with log.open("ab") as file:
            command = [sys.executable, "-m", module, *arguments]
            self._process = subprocess.Popen(command, stdout=file, stderr=file)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def require_running(self) -> None:
        """Make sure that it still runs.

        Raises:
            RuntimeError: It ended; the message holds the end of its log.
        """
        if self._process.poll() is not None:
            raise RuntimeError(f"the measured process ended:\n{self._log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End it and wait until it is gone."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
