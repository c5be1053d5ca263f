"""`pantau ingest` as a process over a state folder of its own, for tests of the real pipeline."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.readings import LEVEL, REGISTRATION, payload

from alerts.journal.alarms import Alarm
from alerts.journal.journal_table import alarms
from devices.registry_table import register
from devices.topics import telemetry_topic
from simulators.publisher import Publisher
from storage.books_table import Balance, balance
from storage.database import Database
from storage.embedded import EmbeddedReadings
from storage.heartbeat_table import RULE_FILES, heartbeats
from storage.latest_table import LatestValue, latest_values

BEGIN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
WITHIN_S = 60
# Ingest counts what it says of itself too; the tests' own devices are these.
_OWN_DEVICE = "pantau-ingest"


class RunningIngest:
    """`pantau ingest` as a process; it can be stopped, killed and started again.

    Args:
        folder: Where its state and configuration go.
        port: The broker's port on 127.0.0.1.
        environment: More variables for the process.
    """

    def __init__(self, folder: Path, port: int, environment: dict[str, str] | None = None) -> None:
        self.state = folder / "state"
        self.config = folder / "config"
        self.state.mkdir()
        shipped = Path(__file__).parents[2] / "config"
        self.config.mkdir()
        for name in ("kinds", "sources"):
            shutil.copytree(shipped / name, self.config / name)
        (self.config / "rules").mkdir()
        (self.config / "rules" / "flood.yaml").write_text(_RULES)
        (self.config / "pantau.yaml").write_text(f"broker: {{host: 127.0.0.1, port: {port}}}\n")
        self.environment = environment or {}
        self.database = Database.in_folder(self.state)
        self.database.upgrade()
        with self.database.transaction() as connection:
            register(connection, [REGISTRATION])
        self.process: subprocess.Popen[bytes] | None = None

    def add_metric(self, kind: str, metric: str) -> None:
        """Let a kind have one metric more from the next start on."""
        path = self.config / "kinds" / f"{kind}.yaml"
        line = f"  {metric}: {{label: {{id: Baru, en: New}}, unit: x, plausible_min: 0, plausible_max: 9}}"
        path.write_text(path.read_text().replace("\nmetrics:\n", f"\nmetrics:\n{line}\n"))

    def start(self) -> None:
        command = [sys.executable, "-m", "pantau", "ingest"]
        places = ["--state", str(self.state), "--config", str(self.config)]
        with (self.state / "ingest.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *places], stdout=log, stderr=log, env={**os.environ, **self.environment}
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=20)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()
        self.database.close()

    def wait_until_well(self) -> None:
        since = datetime.now(UTC)

        def well() -> bool:
            with self.database.reading() as connection:
                at, trouble = heartbeats(connection).get("ingest", (since, "none yet"))
            return at > since and not trouble

        self.wait_for(well)

    def wait_until_beating(self) -> None:
        since = datetime.now(UTC)
        self.wait_for(lambda: self._last_beat() > since)

    def _last_beat(self) -> datetime:
        with self.database.reading() as connection:
            return heartbeats(connection)["ingest"][0]

    def wait_for(self, condition: Callable[[], bool], within_s: float = WITHIN_S) -> None:
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, (
                self.books(),
                (self.state / "ingest.log").read_text()[-3000:],
            )
            time.sleep(0.05)

    def books(self) -> Balance:
        """Return the balance of all devices but ingest itself."""
        with self.database.reading() as connection:
            everything = balance(connection)
            own = balance(connection, device_ids=[_OWN_DEVICE])
        names = ("received", "stored", "duplicate", "rejected", "gap")
        return Balance(**{name: getattr(everything, name) - getattr(own, name) for name in names})

    def trouble(self) -> str:
        with self.database.reading() as connection:
            return heartbeats(connection)["ingest"][1]

    def refused_rules(self) -> str:
        """Return the names of the rule files that ingest refuses."""
        with self.database.reading() as connection:
            return heartbeats(connection).get(RULE_FILES, (None, ""))[1]

    def alarms(self) -> list[Alarm]:
        with self.database.reading() as connection:
            return alarms(connection, active=True)

    def latest(self, device_id: str) -> list[LatestValue]:
        with self.database.reading() as connection:
            return [value for value in latest_values(connection) if value.device_id == device_id]

    def levels(self) -> list[float]:
        stored = EmbeddedReadings(self.state / "readings.sqlite")
        end = datetime.now(UTC) + timedelta(days=1)
        return [r.values[LEVEL] for r in stored.read("flood", start=BEGIN - timedelta(days=1), end=end)]


_RULES = """\
rules:
  - id: high_water
    title: {id: Air tinggi, en: High water}
    instruction: {id: Buka pintu air, en: Open the gate}
    kind: flood
    metric: water_level_cm
    above: 300
    severity: high
    agency: BPBD
"""


def publish(broker, numbers: Iterable[int], *, device_id: str = "gauge") -> None:
    """Publish one level a second since `BEGIN`, numbered, and wait until the broker has them all."""
    publisher = Publisher(broker.address, client_id=f"test-{os.getpid()}")
    publisher.connect()
    topic = telemetry_topic(device_id)
    for number in numbers:
        publisher.publish(topic, payload(BEGIN + timedelta(seconds=number), float(number % 250)))
    assert publisher.drain(timeout_s=30) == 0
    publisher.close()
