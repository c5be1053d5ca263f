"""`pantau notify` as a process over a state folder, for tests that kill it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from support.running import ROOT

from alerts.telling.deliveries_table import Delivery, deliveries
from storage.database import Database
from storage.heartbeat_table import heartbeats

WITHIN_S = 60


class RunningNotify:
    """The service; it can be killed and started again.

    Args:
        state: The state folder, whose database has this version's schema.
        config: The configuration folder.
        channels: Channel name to address.
    """

    def __init__(self, state: Path, config: Path, channels: dict[str, str]) -> None:
        self.state, self.config = state, config
        self.environment = {f"PANTAU_CHANNEL_{name.upper()}": url for name, url in channels.items()}
        self.database = Database.in_folder(state)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it has given a sign of life."""
        since = datetime.now(UTC)
        command = [sys.executable, "-m", "pantau", "notify"]
        places = ["--state", str(self.state), "--config", str(self.config)]
        with (self.state / "notify.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *places], cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **self.environment}
            )
        self.wait_for(lambda: self._has_begun(since))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, (self.deliveries(), self.log())
            time.sleep(0.05)

    def wait_for_receipts(self, count: int) -> None:
        """Return when so many messages are known to be received."""
        self.wait_for(lambda: sum(one.delivered_at is not None for one in self.deliveries()) >= count)

    def _has_begun(self, since: datetime) -> bool:
        with self.database.reading() as connection:
            at, _ = heartbeats(connection).get("notify", (since, ""))
        return at > since

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def log(self) -> str:
        return (self.state / "notify.log").read_text()[-3000:]

    def deliveries(self) -> list[Delivery]:
        with self.database.reading() as connection:
            return list(reversed(deliveries(connection)))

    def close(self) -> None:
        """Stop it as `pantau up` would; it ends well or the test fails."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(timeout=20) == 0, self.log()
        self.database.close()
