import json
from zoneinfo import ZoneInfo

import pytest
from support.alarming import FLOOD, GATE, HIGH_WATER, at, engine, observe_all

from alerts.journal.alarms import AlarmEvent
from alerts.journal.journal_table import append_events
from devices.registry import Device, Registration
from devices.registry_table import register
from notification.alarm_messages import PREFIX, STATUS, SUMMARY
from notification.alarm_topics import AlarmTopics
from storage.database import Database
from storage.heartbeat_table import beat
from storage.ports import StorageUnavailable

TOPIC = f"{PREFIX}/gate/high_water"


class Broker:
    """A broker that keeps retained messages, and the connection to it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.log: list[tuple[str, bytes]] = []
        self.connections = 0
        self.is_ready = self.is_over = False
        self.trouble = ""
        self._coming: list[tuple[str, bytes]] = []

    def connect(self) -> "Broker":
        self.connections += 1
        self.is_ready, self.is_over = True, False
        self._coming = list(self.kept.items())
        return self

    def publish(self, topic: str, payload: bytes) -> None:
        self.log.append((topic, payload))
        self.write(topic, payload)

    def write(self, topic: str, payload: bytes) -> None:
        self.kept.pop(topic, None)
        if payload:
            self.kept[topic] = payload
        self._coming.append((topic, payload))

    def heard(self) -> list[tuple[str, bytes]]:
        coming, self._coming = self._coming, []
        return coming

    def close(self) -> None:
        self.is_over = True

    def said(self, topic: str) -> dict[str, object]:
        return json.loads(self.kept[topic])


class City:
    """A journal, the follower of it, and a broker."""

    def __init__(self, folder) -> None:
        self.database = Database.in_folder(folder)
        self.database.upgrade()
        self.broker = Broker()
        self.start()
        with self.database.transaction() as connection:
            device = Device(id="d1", kind="flood")
            register(connection, [Registration(site=GATE, device=device, since=at(-600))])

    def start(self) -> None:
        self.topics = AlarmTopics(
            self.broker.connect,
            rules={"high_water": HIGH_WATER},
            kinds={"flood": FLOOD},
            zone=ZoneInfo("Asia/Jakarta"),
        )

    def happens(self, events: list[AlarmEvent]) -> None:
        with self.database.transaction() as connection:
            append_events(connection, events)

    def second(self, minute: float, *, ingest_lives: bool = True) -> None:
        if ingest_lives:
            with self.database.transaction() as connection:
                beat(connection, "ingest", at(minute))
        self.topics.follow(self.database, at(minute))


@pytest.fixture
def city(tmp_path):
    city = City(tmp_path)
    yield city
    city.database.close()


def test_an_alarm_comes_and_goes_on_its_topic(city):
    watcher = engine()
    city.happens(observe_all(watcher, (0, 120)))
    city.second(0)
    assert city.broker.said(TOPIC)["active"] is True
    assert city.broker.said(TOPIC)["place"] == "Gate"
    city.happens(observe_all(watcher, (5, 50)))
    city.second(5)
    assert city.broker.said(TOPIC)["state"] == "cleared_unacknowledged"
    assert city.broker.said(SUMMARY)["active"] == 0


def test_the_status_is_online_only_after_what_was_left_over_is_gone(city):
    city.broker.kept = {f"{PREFIX}/gone/rule": b"junk", STATUS: b"online"}
    city.second(0)
    assert city.broker.kept[STATUS] == b"offline"
    city.second(1 / 60)
    assert city.broker.kept[STATUS] == b"online"
    assert sorted(city.broker.kept) == [STATUS, SUMMARY]


def test_topics_are_not_to_be_trusted_while_ingest_is_silent(city):
    city.second(0)
    city.second(0.1)
    assert city.broker.kept[STATUS] == b"online"
    city.second(2, ingest_lives=False)
    assert city.broker.kept[STATUS] == b"offline"
    city.second(3)
    assert city.broker.kept[STATUS] == b"online"


def test_topics_are_not_to_be_trusted_while_the_database_is_away(city, tmp_path):
    city.second(0)
    city.second(0.1)
    broken = Database.in_folder(tmp_path / "nowhere")
    with pytest.raises(StorageUnavailable):
        city.topics.follow(broken, at(1))
    assert city.broker.kept[STATUS] == b"offline"
    city.second(2)
    assert city.broker.kept[STATUS] == b"online"


def test_a_broker_that_forgot_everything_is_told_everything_again(city):
    city.happens(observe_all(engine(), (0, 120)))
    city.second(0)
    before = dict(city.broker.kept)
    city.broker.kept = {}
    city.broker.is_over = True
    city.second(1)
    assert city.broker.kept == {}  # it is left alone for a moment
    city.second(1.1)
    assert city.broker.connections == 2
    assert city.broker.kept.keys() >= {TOPIC, SUMMARY}
    assert city.broker.said(TOPIC) | {"told_at": 0} == json.loads(before[TOPIC]) | {"told_at": 0}


def test_an_alarm_that_ended_while_nobody_told_is_normal_after_the_restart(city):
    watcher = engine()
    city.happens(observe_all(watcher, (0, 120)))
    city.second(0)
    city.happens(observe_all(watcher, (5, 50)))
    city.happens([])
    city.start()
    city.second(6)
    assert city.broker.said(TOPIC)["active"] is False


def test_what_another_client_writes_there_does_not_stay(city):
    city.happens(observe_all(engine(), (0, 120)))
    city.second(0)
    city.broker.write(TOPIC, b'{"state": "normal"}')
    city.broker.write(SUMMARY, b"")
    city.broker.write(STATUS, b"offline")
    city.second(0.2)
    assert city.broker.said(TOPIC)["active"] is True
    assert city.broker.said(SUMMARY)["active"] == 1
    assert city.broker.kept[STATUS] == b"online"


def test_a_quiet_second_publishes_nothing(city):
    city.happens(observe_all(engine(), (0, 120)))
    for second in range(3):
        city.second(second / 60)
    city.broker.log.clear()
    city.second(4 / 60)
    assert city.broker.log == []


def test_an_outage_of_the_broker_is_logged_once_at_its_begin_and_once_at_its_end(city, caplog):
    caplog.set_level("INFO")
    city.second(0)
    city.broker.trouble = "no broker answers"
    for attempt in range(1, 5):
        city.broker.is_ready, city.broker.is_over = False, True
        city.second(attempt)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    city.broker.trouble = ""
    city.second(9)
    city.second(9.1)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
