"""One run: a broker with a full queue, one worker that empties it, and what that took."""

from __future__ import annotations

import functools
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from support.brokers import MosquittoBroker

from benchmarks.feeder import Feeder
from benchmarks.processes import Cost, Worker, cost
from benchmarks.workload import Workload, write_configuration
from benchmarks.yardsticks import Yardstick
from config.settings import InfluxAddress
from devices.registry_table import register
from storage.books_table import Balance, balance
from storage.database import Database
from storage.heartbeat_table import heartbeats

_LOOK_EVERY_S = 0.05
_STALLED_AFTER_S = 120
_PIECE = 10_000
# As `pantau up` sets it; only a worker that speaks MQTT 3.1.1 is bound by it.
_BROKER_SETTINGS = "max_inflight_messages 1000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is run.

    Attributes:
        workload: The messages.
        backlog: How many of them may wait at the broker at once. With as many as there are messages, all wait
            before the worker starts; with fewer, the rest is sent while it works.
        module: The program that ingests: `pantau`, or one that measures it from inside.
        influx: The store of readings, None for the embedded one.
    """

    workload: Workload
    backlog: int
    module: str = "pantau"
    influx: InfluxAddress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How far the worker was at one moment, and what it and the broker had cost by then."""

    at_s: float
    settled: int
    worker: Cost
    broker: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run.

    Attributes:
        first: When the first messages were in the books; what happened before, starting, is left out.
        samples: Everything seen from then on, the last with all messages in the books.
    """

    first: Sample
    samples: tuple[Sample, ...]

    @property
    def last(self) -> Sample:
        """When every message was in the books."""
        return self.samples[-1]

    @property
    def messages(self) -> int:
        """Messages between first and last."""
        return self.last.settled - self.first.settled

    @property
    def rate_per_s(self) -> float:
        """Messages a second, by the clock on the wall."""
        return self.messages / (self.last.at_s - self.first.at_s)

    def us_per_message(self, seconds: Callable[[Sample], float]) -> float:
        """Return how many microseconds of a counter that only grows one message took."""
        return (seconds(self.last) - seconds(self.first)) / self.messages * 1e6


def measured(setting: Setting, folder: Path) -> Run:
    """Return what it took to empty the broker's queue into the stores.

    Args:
        setting: What to run.
        folder: An empty folder for the broker, the state and the configuration.

    Raises:
        RuntimeError: The worker ended or stood still, or not every message was stored.
    """
    with broker(folder) as mosquitto, _database(folder / "state", setting.workload) as database:
        write_configuration(folder / "config", port=mosquitto.port, influx=setting.influx)
        _make_session(setting.module, folder, database)
        publications = setting.workload.publications()
        feeder = Feeder(mosquitto.port)
        feeder.publish(itertools.islice(publications, setting.backlog))
        worker = _worker(setting.module, folder)
        books = functools.partial(_books, database, setting.workload)
        feeding = threading.Thread(
            target=_keep_feeding, args=(feeder, publications, setting, books), daemon=True
        )
        feeding.start()
        try:
            samples = tuple(_watch(setting.workload.messages, books, worker, mosquitto.pid))
        finally:
            worker.stop()
        feeding.join()
        feeder.close()
        _require_all_stored(books(), setting.workload)
    return Run(first=samples[0], samples=samples)


@contextmanager
def broker(folder: Path) -> Iterator[MosquittoBroker]:
    """Give a running mosquitto on loopback that keeps any number of messages in memory."""
    mosquitto = MosquittoBroker(folder, extra=_BROKER_SETTINGS)
    mosquitto.start()
    try:
        yield mosquitto
    finally:
        mosquitto.stop()


@contextmanager
def _database(state: Path, workload: Workload) -> Iterator[Database]:
    state.mkdir()
    database = Database.in_folder(state)
    try:
        database.upgrade()
        with database.transaction() as connection:
            register(connection, workload.registrations())
        yield database
    finally:
        database.close()


def _make_session(module: str, folder: Path, database: Database) -> None:
    """Let the worker subscribe once, so that the broker keeps what comes for it from now on."""
    since = datetime.now(UTC)
    worker = _worker(module, folder)
    deadline = time.monotonic() + _STALLED_AFTER_S
    try:
        while not _is_well(database, since):
            worker.require_running()
            if time.monotonic() > deadline:
                raise RuntimeError("the worker never said that it is well")
            time.sleep(_LOOK_EVERY_S)
    finally:
        worker.stop()


def _worker(module: str, folder: Path) -> Worker:
    arguments = ["ingest", "--state", str(folder / "state"), "--config", str(folder / "config")]
    return Worker(module, arguments, folder / "worker.log")


def _is_well(database: Database, since: datetime) -> bool:
    with database.reading() as connection:
        at, trouble = heartbeats(connection).get("ingest", (since, ""))
    return at > since and not trouble


def _books(database: Database, workload: Workload) -> Balance:
    """Return what came of the workload; what Pantau says about itself is left out."""
    device_ids = [registration.device.id for registration in workload.registrations()]
    with database.reading() as connection:
        return balance(connection, device_ids=device_ids)


def _keep_feeding(
    feeder: Feeder,
    publications: Iterator[tuple[bytes, bytes]],
    setting: Setting,
    books: Callable[[], Balance],
) -> None:
    """Send the rest in pieces, so that about `backlog` messages wait at the broker."""
    sent = min(setting.backlog, setting.workload.messages)
    while sent < setting.workload.messages:
        if sent - books().received > setting.backlog - _PIECE:
            time.sleep(_LOOK_EVERY_S)
            continue
        piece = list(itertools.islice(publications, _PIECE))
        feeder.publish(piece)
        sent += len(piece)


def _watch(messages: int, books: Callable[[], Balance], worker: Worker, broker_pid: int) -> Iterator[Sample]:
    """Yield how far the worker is, from its first messages to its last."""
    settled, progress_at = 0, time.monotonic()
    while settled < messages:
        time.sleep(_LOOK_EVERY_S)
        worker.require_running()
        before, settled = settled, books().received
        now = time.monotonic()
        if settled > before:
            progress_at = now
            yield Sample(at_s=now, settled=settled, worker=cost(worker.pid), broker=cost(broker_pid))
        elif now - progress_at > _STALLED_AFTER_S:
            raise RuntimeError(f"the worker stands still after {settled} messages")


def _require_all_stored(books: Balance, workload: Workload) -> None:
    if books.stored != workload.messages:
        raise RuntimeError(f"{workload.messages} messages were sent, the books say {books}")


def subscriber_alone(name: str, folder: Path, workload: Workload) -> Yardstick:
    """Return what it takes one of `yardsticks.SUBSCRIBERS`, in a process of its own, to empty the queue."""
    with broker(folder) as mosquitto:
        command = [
            sys.executable,
            "-m",
            "benchmarks.yardsticks",
            name,
            str(mosquitto.port),
            str(workload.messages),
        ]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdout.readline()
            feeder = Feeder(mosquitto.port)
            feeder.publish(workload.publications())
            feeder.close()
            told, _ = process.communicate("go\n")
    return Yardstick(**json.loads(told))
