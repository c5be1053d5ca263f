"""The loop: every part gets its turn, and what fails stops nobody else."""

from __future__ import annotations

import logging
import random
import threading

import pytest
from support.alarming import HIGH_WATER
from support.notifying import Service, announcer, event, route

from alerts.journal.alarms import EventType
from alerts.journal.journal_table import append_events
from alerts.telling.routes import Channel
from notification.outbox import Outbox, Way
from notification.service import COMPONENT, NotificationService, Parts
from storage.heartbeat_table import heartbeats


class Follows:
    """A follower that fails on some of its turns and ends the service on its last one."""

    def __init__(self, stop, turns, fails_on=()):
        self.stop, self.turns, self.fails_on = stop, turns, fails_on
        self.turn = 0
        self.troubles = []

    def follow(self, database, now):
        self.turn += 1
        with database.reading() as connection:
            self.troubles.append(heartbeats(connection).get(COMPONENT, (None, ""))[1])
        if self.turn >= self.turns:
            self.stop.set()
        if self.turn in self.fails_on:
            raise RuntimeError("the broker is away")


@pytest.fixture
def stop():
    return threading.Event()


@pytest.fixture
def service():
    return Service()


def outbox(database, service):
    way = Way(name="duty", channel=Channel(), send=service.send, home="pantau", again="AGAIN")
    return Outbox(database, way, random.Random(1))


def run(database, stop, *followers, outboxes=None):
    looks = announcer(database, [HIGH_WATER], route(), available=["duty"])
    parts = Parts(database=database, announcer=looks, outboxes=outboxes or {}, followers=followers)
    NotificationService(parts, stop, every_s=0.01).run()


def test_a_follower_that_fails_is_told_once_at_its_begin_and_end_and_stops_no_other(database, stop, caplog):
    caplog.set_level(logging.INFO, logger="notification")
    failing, other = Follows(stop, 9, fails_on=(2, 3, 4)), Follows(stop, 9)
    run(database, stop, failing, other)
    assert other.turn == failing.turn == 9
    said = [record.getMessage() for record in caplog.records if record.name.startswith("notification")]
    assert said == [
        "follower 1 (Follows) does not work: the broker is away",
        "follower 1 (Follows) works again",
    ]


def test_what_fails_stands_beside_the_sign_of_life(database, stop):
    follower = Follows(stop, 6, fails_on=(2, 3))
    run(database, stop, follower)
    assert follower.troubles[2:4] == ["follower 1 (Follows): the broker is away"] * 2
    assert follower.troubles[4:] == ["", ""]


def begin(database, stop):
    """Let the service look once: it begins at the journal's end."""
    stop.set()
    run(database, stop)
    stop.clear()


class Answers(Service):
    """A service that tells when it was asked."""

    def __init__(self, stop, count):
        super().__init__()
        self.stop, self.left = stop, count

    def send(self, title, body):
        self.left -= 1
        if self.left == 0:
            self.stop.set()
        super().send(title, body)


def test_what_the_journal_says_is_sent_by_the_threads_of_the_channels(database, stop):
    begin(database, stop)
    with database.transaction() as connection:
        append_events(connection, [event(EventType.RAISED, 0)])
    service = Answers(stop, 1)
    run(database, stop, outboxes={"duty": outbox(database, service)})
    assert [title for title, _ in service.received] == ["TINGGI: teks, gate"]


def test_a_fault_of_our_own_ends_the_service_instead_of_hiding(database, stop):
    begin(database, stop)
    with database.transaction() as connection:
        append_events(connection, [event(EventType.RAISED, 0)])
    broken = Service()
    broken.failures = [ZeroDivisionError("a bug")]
    with pytest.raises(ZeroDivisionError):
        run(database, stop, outboxes={"duty": outbox(database, broken)})
