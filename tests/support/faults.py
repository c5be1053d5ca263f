"""A whole pipeline of real processes under a steady stream of messages, and the verdict over what it kept."""

from __future__ import annotations

import io
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from support import influx
from support.brokers import MosquittoBroker
from support.faults_link import Link
from support.faults_stream import (
    DEVICES,
    KINDS_SENT,
    Held,
    Message,
    Truth,
    Turn,
    held,
    messages,
    registrations,
    truth,
    turns,
)
from support.ingesting import RunningIngest

from alerts.journal.journal_table import events
from config.settings import BrokerAddress, InfluxAddress
from devices.registry_table import read_registry, register
from pantau.cli import main
from pantau.parts import Folders, read_configuration
from pantau.state import State
from simulators.publisher import Publisher
from storage.books_table import Balance
from storage.embedded import EmbeddedReadings
from storage.influx import InfluxReadings
from storage.latest_table import latest_values
from storage.readings import Identity, Reading
from storage.spool import Spool

# Within what ingest recalls of every kind at its start, counted back from the present.
_BEFORE = timedelta(hours=6)
_AT_ONCE = 10
_BURST_PER_S = 3000.0


class Feeder:
    """Publishes a stream from a thread of its own, at a steady pace, and remembers what it sent.

    Attributes:
        sent: The messages that were published, in order.
        per_s: How many messages a second.
    """

    def __init__(self, address: BrokerAddress, stream: Iterator[Message], per_s: float) -> None:
        self.sent: list[Message] = []
        self.per_s = per_s
        self._stream = stream
        self._publisher = Publisher(address, client_id="feeder")
        self._gate = threading.Lock()
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="feeder")

    def start(self) -> None:
        self._publisher.connect()
        self._thread.start()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Publish nothing new for the time of the block; what is on its way goes on."""
        with self._gate:
            yield
            # Ours is one connection: what it must send again may not be overtaken by what is new.
            assert self._publisher.drain(timeout_s=60) == 0

    @contextmanager
    def burst(self) -> Iterator[None]:
        """Publish as fast as it goes for the time of the block."""
        steadily, self.per_s = self.per_s, _BURST_PER_S
        try:
            yield
        finally:
            self.per_s = steadily

    def finish(self) -> None:
        """Stop, and make sure that the broker has taken everything; calling it twice is harmless."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        missing = self._publisher.drain(timeout_s=60)
        self._publisher.close()
        if self._error is not None:
            raise self._error
        assert missing == 0, f"the broker did not take {missing} messages"

    def _run(self) -> None:
        try:
            while not self._stop.wait(_AT_ONCE / self.per_s):
                with self._gate:
                    for message in (next(self._stream) for _ in range(_AT_ONCE)):
                        self._publisher.publish(message.topic, message.payload)
                        self.sent.append(message)
        except Exception as error:  # noqa: BLE001 - told by `finish`
            self._error = error


class RestartableInflux:
    """A real influxd behind a link; stopping and starting keeps its data and its address.

    Raises:
        NoServer: There is no influxd here.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self._database = ""
        self.link = Link(0)
        try:
            self.start()
            self.renew()
        except BaseException:
            self.link.end()
            raise

    @property
    def address(self) -> InfluxAddress:
        return InfluxAddress(url=f"http://127.0.0.1:{self.link.port}", bucket=self._database)

    def renew(self) -> None:
        """Have an empty database and a link that behaves."""
        self._database = f"faults_{uuid.uuid4().hex[:12]}"
        self.link.delay_s, self.link.answers_to_break, self.link.broken = 0.0, 0, 0
        influx.statement(self.address, f'CREATE DATABASE "{self._database}"')

    def start(self) -> None:
        url = self._running.enter_context(influx.started(self._folder))
        self.link.target = urlsplit(url).port or 0
        self.link.open()

    def stop(self) -> None:
        self.link.close()
        self._running.close()

    def end(self) -> None:
        self._running.close()
        self.link.end()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run under faults came to, beside what an undisturbed one comes to.

    Attributes:
        sent: Messages published.
        distinct: Different readings among them.
        stored: Readings found in the store at the end.
        books: What ingest wrote into its books.
        lost: Readings that are missing.
        doubled: Rows of the store that stand for a reading that has another row.
        waiting: Readings left in the spool.
        faults: What else differs from an undisturbed run, "" for nothing.
    """

    sent: int
    distinct: int
    stored: int
    books: Balance
    lost: int
    doubled: int
    waiting: int
    faults: str

    @property
    def redelivered(self) -> int:
        """How many messages ingest saw once more than they were published."""
        return self.books.received - self.sent

    @property
    def is_sound(self) -> bool:
        """True when nothing was lost, doubled or changed and the books balance."""
        return not (self.lost or self.doubled or self.waiting or self.faults) and self.books.is_balanced


class Trial:
    """Broker, ingest, store and feeder of one run.

    Attributes:
        broker: mosquitto with persistence.
        broker_link: What ingest, and only ingest, connects to the broker by.
        influx: The store, None for the embedded one.
        rng: Draws the moments of the faults.
        is_refused: Tells which readings the store never takes.
        keeps_order: Whether the broker delivers in the order of publishing, and alarms follow from it.
    """

    def __init__(
        self, folder: Path, seed: int, *, store: RestartableInflux | None, via: str, per_s: float
    ) -> None:
        self.rng = random.Random(seed)
        self.influx = store
        self.is_refused: Callable[[Identity, Held], bool] = lambda _identity, _held: False
        self.keeps_order = True
        self.broker = MosquittoBroker(folder, persistence=True)
        self.broker.start()
        self.broker_link = Link(self.broker.port)
        self.broker_link.open()
        self.ingest = RunningIngest(folder, self.broker_link.port, _environment(store, via))
        with self.ingest.database.transaction() as connection:
            register(connection, registrations())
        begin = datetime.now(UTC).replace(microsecond=0) - _BEFORE
        self.feeder = Feeder(self.broker.address, messages(seed, begin), per_s)

    def set(self, line: str) -> None:
        """Add a line to `pantau.yaml`; ingest must not run yet."""
        with (self.ingest.config / "pantau.yaml").open("a") as file:
            file.write(f"{line}\n")

    def begin(self) -> None:
        """Start ingest and the stream, and return when messages arrive."""
        self.ingest.start()
        self.ingest.wait_until_well()
        self.feeder.start()
        self.wait_for_more()

    def keep_spool_in(self, folder: Path) -> None:
        """Have the spool on another disk; ingest must not run yet."""
        (self.ingest.state / "spool.sqlite").symlink_to(folder / "spool.sqlite")

    def close(self) -> None:
        """End everything, each part even when another one cannot be ended."""
        with ExitStack() as ends:
            ends.callback(self.broker.stop)
            ends.callback(self.broker_link.end)
            ends.callback(self.ingest.close)
            ends.callback(self.feeder.finish)

    def wait_for_more(self, count: int = 1) -> None:
        """Return when ingest has settled so many messages more."""
        before = self.ingest.books().received
        self.ingest.wait_for(lambda: self.ingest.books().received >= before + count)

    def waiting(self) -> int:
        """Return how many readings wait in the spool."""
        return Spool(self.ingest.state / "spool.sqlite", capacity_bytes=1_000_000).count()

    def log(self) -> str:
        return (self.ingest.state / "ingest.log").read_text()

    def truth(self) -> Truth:
        configuration = read_configuration(
            Folders(state=State(folder=self.ingest.state), config=self.ingest.config)
        )
        with self.ingest.database.reading() as connection:
            registry = read_registry(connection)
        return truth(self.feeder.sent, registry, configuration.kinds, configuration.rules)

    def verdict(self, within_s: float = 60) -> Verdict:
        """End the stream, wait until all of it is settled, stop ingest and hold it against the truth."""
        self.feeder.finish()
        expected = self.truth()
        wanted = {i: held for i, held in expected.history.items() if not self.is_refused(i, held)}
        is_settled = self._settles(len(self.feeder.sent), len(wanted), within_s)
        ended_well = self.ingest.stop() == 0
        rows = self._rows()
        kept = held(rows)
        differences = {
            "was not settled in time": not is_settled,
            "did not end cleanly": not ended_well,
            **_differences("values or flags", kept, wanted),
            **_differences("latest values", self._latest(), dict(expected.latest)),
            **self._alarm_differences(expected.turns),
            "rejections are missing": self.ingest.books().rejected
            < expected.rejected + len(expected.history) - len(wanted),
            "pantau ledger says no": self._ledger_code() != 0,
        }
        return Verdict(
            sent=len(self.feeder.sent),
            distinct=len(wanted),
            stored=len(kept),
            books=self.ingest.books(),
            lost=len(wanted.keys() - kept.keys()),
            doubled=len(rows) - len(kept),
            waiting=self.waiting(),
            faults=", ".join(words for words, is_true in differences.items() if is_true),
        )

    def _alarm_differences(self, expected: Counter[Turn]) -> dict[str, bool]:
        found = self._turns()
        if self.keeps_order:
            return _differences("alarms", found, expected)
        return {"an alarm was told twice": max(found.values(), default=1) > 1}

    def _settles(self, sent: int, distinct: int, within_s: float) -> bool:
        def is_settled() -> bool:
            books = self.ingest.books()
            return books.received >= sent and books.stored >= distinct and not self.waiting()

        try:
            self.ingest.wait_for(is_settled, within_s)
        except AssertionError:
            return False
        return True

    def _ledger_code(self) -> int:
        """Return what `pantau ledger` ends with; in this process, since another takes seconds to start."""
        places = ["--config", str(self.ingest.config), "--state", str(self.ingest.state)]
        with redirect_stdout(io.StringIO()):
            return main(["ledger", *places])

    def _latest(self) -> dict:
        with self.ingest.database.reading() as connection:
            return {
                (v.device_id, v.metric): (v.observed_at, v.value, v.flag)
                for v in latest_values(connection)
                if v.device_id in DEVICES
            }

    def _turns(self) -> Counter[Turn]:
        with self.ingest.database.reading() as connection:
            return turns(event for event in events(connection) if event.rule_id == "high_water")

    def _rows(self) -> list[Reading]:
        """Return every row of the store, as it stands there."""
        store = self._reader()
        end = datetime.now(UTC) + timedelta(days=2)
        try:
            return [
                row for kind in KINDS_SENT for row in store.read(kind, start=end - timedelta(days=9), end=end)
            ]
        finally:
            store.close()

    def _reader(self) -> EmbeddedReadings | InfluxReadings:
        if self.influx is None:
            return EmbeddedReadings(self.ingest.state / "readings.sqlite")
        return InfluxReadings(self.influx.address, timeout_s=60)


def _differences(what: str, found: dict, expected: dict) -> dict[str, bool]:
    """Return which of two tables differ, with the first difference, ready to be told."""
    keys = sorted((k for k in expected if found.get(k) != expected[k]), key=str)
    if not keys and found.keys() == expected.keys():
        return {}
    example = f": {keys[0]} is {found.get(keys[0])}, not {expected[keys[0]]}" if keys else ""
    return {f"{len(keys)} {what} differ{example}": True}


def _environment(store: RestartableInflux | None, via: str) -> dict[str, str]:
    if store is None:
        return {}
    address = store.address
    return {"PANTAU_INFLUXDB_URL": via or address.url, "PANTAU_INFLUXDB_BUCKET": address.bucket}


@contextmanager
def trial(
    folder: Path,
    seed: int,
    *,
    store: RestartableInflux | None = None,
    via: str = "",
    per_s: float = 150.0,
) -> Iterator[Trial]:
    """Give a trial, and end all that it started.

    Args:
        folder: An empty folder of its own.
        seed: Of the stream and of the moments of the faults.
        store: An InfluxDB; None for the embedded store.
        via: What ingest takes for the store's URL; "" for the store itself.
        per_s: Messages a second.
    """
    made = Trial(folder, seed, store=store, via=via, per_s=per_s)
    try:
        yield made
    finally:
        made.close()
