"""`pantau up` as a process, for tests that want the whole house."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 90.0


class RunningPantau:
    """`pantau up` over a state folder, its output read as it comes.

    Args:
        state: The state folder.
        arguments: More words of the command line.
        without_mosquitto: Hide mosquitto, so that the embedded broker is taken.
    """

    def __init__(self, state: Path, *arguments: str, without_mosquitto: bool = False) -> None:
        self.state = state
        self.lines: list[str] = []
        self._changed = threading.Condition()
        environment = dict(os.environ, PYTHONUNBUFFERED="1")
        if without_mosquitto:
            environment["PANTAU_BROKER"] = "embedded"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pantau", "up", "--state", str(state), *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for_line(self, pattern: str, within_s: float = READY_WITHIN_S) -> re.Match[str]:
        """Return the match of the first line that fits; fails with the whole output when none comes."""

        def found() -> re.Match[str] | None:
            return next((m for line in self.lines if (m := re.search(pattern, line))), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or self.process.poll() is not None, within_s)
            match = found()
        assert match, "\n".join([*self.lines, *self.logs()])
        return match

    def ready_url(self) -> str:
        return self.wait_for_line(r"^ready: (http://\S+)").group(1)

    def logs(self) -> list[str]:
        return [f"--- {p.name}\n{p.read_text()[-2000:]}" for p in sorted((self.state / "logs").glob("*.log"))]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal as Ctrl-C would, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=40)
        self._reader.join(timeout=5)
        self.process.stdout.close()
        return code


def processes_of(state: Path) -> dict[int, str]:
    """Return the processes that work for a state folder: process id to command line."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if str(state) in command:
            found[int(path.parent.name)] = command
    return found


def run(
    *arguments: str, state: Path | None = None, env: dict[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, with `typed` on its standard input."""
    places: Sequence[str] = [] if state is None else ["--state", str(state)]
    return subprocess.run(
        [sys.executable, "-m", "pantau", *arguments, *places],
        cwd=ROOT,
        env=dict(os.environ, **(env or {})),
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
