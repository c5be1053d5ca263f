"""From a published value to its alarm in the journal and outside, with real processes under a steady load."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from alerts.journal.journal_table import events, last_event_change
from benchmarks.feeder import Feeder
from benchmarks.processes import Worker
from benchmarks.runs import broker
from benchmarks.workload import Workload, write_configuration
from devices.registry import Device, Registration, Site
from devices.registry_table import register
from devices.topics import telemetry_topic
from storage.database import Database
from storage.heartbeat_table import heartbeats

_LOOK_EVERY_S = 0.01
_SEND_EVERY_S = 0.05
_READY_WITHIN_S = 60
_SEEN_WITHIN_S = 120
_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_RULE = "probe"
_RULES = """\
rules:
  - id: probe
    title: {id: Uji, en: Probe}
    instruction: {id: Periksa, en: Look}
    kind: flood
    metric: water_level_cm
    above: 1000
    severity: high
    agency: BPBD
"""

Times = dict[str, float]


class Sightings:
    """When each probe was published and first seen at each place; on the monotonic clock of this machine."""

    def __init__(self) -> None:
        self.published: Times = {}
        self.in_journal: Times = {}
        self.on_topic: Times = {}

    def latencies_ms(self, seen: Times) -> list[float]:
        """Return how long it took for every probe that was seen, least first."""
        return sorted((seen[name] - self.published[name]) * 1000 for name in seen)


def measured(folder: Path, *, rate_per_s: int, probes: int, probes_per_s: int) -> Sightings:
    """Return when alarms were seen that probes raised while other sensors sent so many readings a second.

    Args:
        folder: Empty; broker, state and configuration go there.
        rate_per_s: Readings a second of sensors that raise nothing of interest.
        probes: How many alarms are raised, each by a gauge of its own.
        probes_per_s: How many of them a second.

    Raises:
        RuntimeError: A process ended, or an alarm was not seen in time.
    """
    workload = Workload(metrics=3, messages=0, devices=rate_per_s, end=datetime.now(UTC))
    names = [f"probe-{number}" for number in range(probes)]
    sightings = Sightings()
    with broker(folder) as mosquitto, _database(folder / "state", workload, names) as database:
        write_configuration(folder / "config", port=mosquitto.port, influx=None)
        (folder / "config" / "rules" / "probe.yaml").write_text(_RULES)
        shutil.copy(Path(__file__).parents[1] / "config" / "notifications.yaml", folder / "config")
        workers = [_worker(service, folder) for service in ("ingest", "notify")]
        done = threading.Event()
        journal = threading.Thread(target=_watch_journal, args=(database, sightings, done), daemon=True)
        listener = _listener(mosquitto.port, sightings)
        try:
            _wait_until_well(database, workers)
            journal.start()
            _send(mosquitto.port, workload, names, probes_per_s, sightings)
            _wait_until_seen(sightings, names, workers)
        finally:
            done.set()
            listener.loop_stop()
            for worker in workers:
                worker.stop()
    return sightings


@contextmanager
def _database(state: Path, workload: Workload, names: list[str]) -> Iterator[Database]:
    state.mkdir()
    database = Database.in_folder(state)
    try:
        database.upgrade()
        with database.transaction() as connection:
            register(connection, [*workload.registrations(), *map(_probe, names)])
        yield database
    finally:
        database.close()


def _probe(name: str) -> Registration:
    site = Site(id=name, name=name, lat_deg=-7.6, lon_deg=111.5)
    return Registration(site=site, device=Device(id=name, kind="flood"), since=_LONG_AGO)


def _worker(service: str, folder: Path) -> Worker:
    places = ["--state", str(folder / "state"), "--config", str(folder / "config")]
    return Worker("pantau", [service, *places], folder / f"{service}.log")


def _wait_until_well(database: Database, workers: list[Worker]) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    beats: set[str] = set()
    while not {"ingest", "notify"} <= beats:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {beats} said that they are well")
        for worker in workers:
            worker.require_running()
        time.sleep(_LOOK_EVERY_S)
        with database.reading() as connection:
            beats = {name for name, (_, trouble) in heartbeats(connection).items() if not trouble}


def _send(port: int, workload: Workload, names: list[str], probes_per_s: int, sightings: Sightings) -> None:
    """Send the load and the probes at a steady pace, the probes spread over it."""
    feeder = Feeder(port)
    share = max(1, round(workload.devices * _SEND_EVERY_S))
    waiting, turn, begun = iter(names), 0, time.monotonic()
    registrations = workload.registrations()
    while len(sightings.published) < len(names):
        time.sleep(max(0.0, begun + turn * _SEND_EVERY_S - time.monotonic()))
        now = datetime.now(UTC).isoformat()
        first = turn * share % workload.devices
        load = [(r.device.id, 40 + turn % 7) for r in registrations[first : first + share]]
        due = int((turn + 1) * _SEND_EVERY_S * probes_per_s) - len(sightings.published)
        for name in list(itertools.islice(waiting, max(0, due))):
            sightings.published[name] = time.monotonic()
            feeder.publish([_message(name, '"water_level_cm": 2000', now)])
        feeder.publish(_message(name, _TRAFFIC % value, now) for name, value in load)
        turn += 1
    feeder.close()


_TRAFFIC = '"speed_km_h": %d, "flow_veh_h": 700, "occupancy_pct": 12'


def _message(device_id: str, values: str, at: str) -> tuple[bytes, bytes]:
    return telemetry_topic(device_id).encode(), f'{{"ts": "{at}", "values": {{{values}}}}}'.encode()


def _watch_journal(database: Database, sightings: Sightings, done: threading.Event) -> None:
    with database.reading() as connection:
        change = last_event_change(connection)
    while not done.wait(_LOOK_EVERY_S):
        with database.reading() as connection:
            newest = last_event_change(connection)
            told = events(connection, rule_id=_RULE, after_change=change) if newest > change else []
        now, change = time.monotonic(), newest
        for event in told:
            sightings.in_journal.setdefault(event.site_id, now)


def _listener(port: int, sightings: Sightings) -> Client:
    """Return a connected client that notes when each probe's alarm comes on its topic."""

    def heard(_client: Client, _data: object, message: MQTTMessage) -> None:
        sightings.on_topic.setdefault(message.topic.split("/")[-2], time.monotonic())

    client = Client(CallbackAPIVersion.VERSION2, client_id=f"bench-{os.getpid()}")
    client.on_message = heard
    client.connect("127.0.0.1", port)
    client.subscribe(f"pantau/v1/alarms/+/{_RULE}", qos=1)
    client.loop_start()
    return client


def _wait_until_seen(sightings: Sightings, names: list[str], workers: list[Worker]) -> None:
    deadline = time.monotonic() + _SEEN_WITHIN_S
    while not all(len(seen) == len(names) for seen in (sightings.in_journal, sightings.on_topic)):
        for worker in workers:
            worker.require_running()
        if time.monotonic() > deadline:
            counts = len(sightings.in_journal), len(sightings.on_topic)
            raise RuntimeError(
                f"of {len(names)} alarms {counts} were seen in the journal and on their topics"
            )
        time.sleep(_LOOK_EVERY_S)
