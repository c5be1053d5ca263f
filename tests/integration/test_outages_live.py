"""A whole city falls silent and comes back, with a real broker and a real ingest."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from support.brokers import require_mosquitto
from support.ingesting import RunningIngest
from support.readings import LEVEL, payload

from alerts.desk.desk import alarm_rows
from alerts.desk.folding import held_under
from alerts.journal.alarms import Alarm
from alerts.journal.journal_table import events
from alerts.judging.engine import AlarmEngine
from alerts.judging.outages import is_outage
from alerts.rulebook.rules import Rule, load_rules
from devices.kinds import load_kinds
from devices.registry import Device, Registration, Site
from devices.registry_table import read_registry, register
from devices.topics import telemetry_topic
from simulators.publisher import Publisher
from storage.latest_table import latest_values
from storage.readings import Reading

POSTS = [f"post-{number}" for number in range(6)]
SPEAK_EVERY_S = 0.3
# Three intervals of a second make a value overdue; outages are looked for every 15 seconds.
OVERDUE, LOOK_EVERY = timedelta(seconds=3), timedelta(seconds=15)
KIND = """\
name: flood
label: {id: Tinggi muka air, en: Water level}
primary: water_level_cm
expected_interval: 1s
metrics:
  water_level_cm: {label: {id: Tinggi, en: Level}, unit: cm, plausible_min: -500, plausible_max: 2500}
"""
RULES = """\
rules:
  - id: high_water
    title: {id: Air tinggi, en: High water}
    instruction: {id: Buka pintu air, en: Open the gate}
    kind: flood
    metric: water_level_cm
    above: 300
    severity: high
    agency: BPBD
  - id: gauge_silent
    title: {id: Alat diam, en: Gauge silent}
    instruction: {id: Kirim teknisi, en: Send a technician}
    kind: flood
    metric: water_level_cm
    when: {silent: {after: 4s}}
    severity: low
    agency: BPBD
"""
HIGH, LOW = 400.0, 100.0


class City:
    """Six posts on one river, and what an operator would see of them."""

    def __init__(self, folder, broker):
        self.broker = broker
        self.ingest = RunningIngest(folder, broker.port)
        (self.ingest.config / "kinds" / "flood.yaml").write_text(KIND)
        (self.ingest.config / "rules" / "flood.yaml").write_text(RULES)
        for source in (self.ingest.config / "sources").iterdir():
            if source.stem != "native":
                source.unlink()  # it speaks of metrics that the quick posts do not have
        since = datetime.now(UTC) - timedelta(days=1)
        with self.ingest.database.transaction() as connection:
            register(connection, [_registration(name, since) for name in POSTS])
            self.registry = read_registry(connection)

    def active(self) -> list[Alarm]:
        return [alarm for row in alarm_rows(self.ingest.database) for alarm in row.active]

    def names(self, *, outages: bool) -> set[str]:
        return {f"{a.rule_id}/{a.site_id}" for a in self.active() if is_outage(a.rule_id) == outages}

    def visible(self) -> set[str]:
        """The active rows that no outage explains."""
        rows = [row for row in alarm_rows(self.ingest.database) if row.active]
        held = held_under(rows, self.registry, self.rules())
        return {row.key for row in rows} - held.keys()

    def rules(self) -> dict[str, Rule]:
        return load_rules(self.ingest.config / "rules", load_kinds(self.ingest.config / "kinds"))

    def afresh(self, now: datetime) -> set[str]:
        """What an engine that knows nothing but the newest values says is active."""
        kinds = load_kinds(self.ingest.config / "kinds")
        engine = AlarmEngine(self.rules(), self.registry.sites, kinds)
        with self.ingest.database.reading() as connection:
            newest = [value for value in latest_values(connection) if value.metric == LEVEL]
        for value in newest:
            reading = Reading(
                device_id=value.device_id,
                site_id=value.site_id,
                kind="flood",
                observed_at=value.observed_at,
                received_at=value.received_at,
                values={LEVEL: value.value},
            )
            engine.observe(reading, value.observed_at)
        engine.tick(now)
        return {key for key, state in engine.snapshot().items() if state["phase"] == "active"}


class Chorus:
    """Posts that speak again and again until they are hushed."""

    def __init__(self, broker, levels: Mapping[str, float]) -> None:
        self.last: dict[str, datetime] = {}  # when each post spoke last
        self._hush = threading.Event()
        self._publisher = Publisher(broker.address, client_id="chorus")
        self._thread = threading.Thread(target=self._speak, args=(levels.items(),))

    def __enter__(self) -> Chorus:
        self._publisher.connect()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._hush.set()
        self._thread.join()
        self._publisher.close()

    def _speak(self, levels: Iterable[tuple[str, float]]) -> None:
        while not self._hush.wait(SPEAK_EVERY_S):
            for name, level in levels:
                self.last[name] = datetime.now(UTC)
                self._publisher.publish(telemetry_topic(name), payload(self.last[name], level))


def _registration(name: str, since: datetime) -> Registration:
    site = Site(id=name, name=name, lat_deg=-7.6, lon_deg=111.5, area="Taman", waterway="Kali Madiun")
    return Registration(site=site, device=Device(id=name, kind="flood"), since=since)


@pytest.fixture
def city(tmp_path, mosquitto):
    require_mosquitto()
    made = City(tmp_path, mosquitto)
    made.ingest.start()
    try:
        made.ingest.wait_until_well()
        yield made
    finally:
        made.ingest.close()


def outages_told(city):
    with city.ingest.database.reading() as connection:
        return [event for event in events(connection) if is_outage(event.rule_id)]


def test_a_city_that_falls_silent_is_one_alarm_and_leaves_nothing_behind_when_it_is_back(city):
    before = dict.fromkeys(POSTS, LOW) | {"post-0": HIGH, "post-5": HIGH}
    with Chorus(city.broker, before) as chorus:
        city.ingest.wait_for(lambda: city.visible() == {"high_water/post-0", "high_water/post-5"})
        city.ingest.wait_for(lambda: all(city.ingest.latest(name) for name in POSTS))
    silent_since = max(chorus.last.values())

    city.ingest.wait_for(lambda: city.names(outages=True) != set(), within_s=30)
    raised = outages_told(city)[0]
    assert raised.observed_at == silent_since + OVERDUE
    assert raised.recorded_at - silent_since < OVERDUE + LOOK_EVERY + timedelta(seconds=10)
    assert raised.value == len(POSTS)
    everything = {f"gauge_silent/{name}" for name in POSTS} | {"high_water/post-0", "high_water/post-5"}
    city.ingest.wait_for(lambda: city.names(outages=False) == everything)
    assert city.visible() == {"outage_city/pantau"}

    after = dict.fromkeys(POSTS[:5], LOW) | {"post-1": HIGH}  # the sixth stays dead
    with Chorus(city.broker, after):
        city.ingest.wait_for(lambda: city.names(outages=True) == set(), within_s=30)
        stands = {"high_water/post-1", "high_water/post-5", "gauge_silent/post-5"}
        city.ingest.wait_for(lambda: city.visible() == stands)
        assert city.visible() == city.afresh(datetime.now(UTC)) == city.names(outages=False)
    told = [(event.type.value, event.rule_id) for event in outages_told(city)]
    assert told[:2] == [("raised", "outage_city"), ("cleared", "outage_city")]
    assert {rule_id for _, rule_id in told} == {"outage_city"}
