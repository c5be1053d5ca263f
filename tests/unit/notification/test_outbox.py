"""One channel's messages, its service and its clock played by the test."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from support.alarming import at
from support.notifying import Clock, Service

from alerts.journal.alarms import EventType
from alerts.journal.journal_table import events
from alerts.telling.deliveries_table import Delivery, add_deliveries, deliveries, post
from alerts.telling.notices import Purpose
from alerts.telling.routes import Channel
from notification.outbox import NotificationError, Outbox, Way, waiting
from storage.ports import StorageUnavailable

BUSY = NotificationError("error=503")
WRONG = NotificationError("error=401", permanent=True)


class Office:
    """An outbox with everything around it."""

    def __init__(self, database, channel=None):
        self.database, self.channel = database, channel or Channel()
        self.service, self.clock = Service(), Clock(at(0))
        self.restart()

    def restart(self):
        way = Way(name="duty", channel=self.channel, send=self.service.send, home="pantau", again="AGAIN")
        self.outbox = Outbox(self.database, way, random.Random(1))

    def post(self, key="k1", channel="duty"):
        letter = Delivery(
            key=key,
            route="floods",
            channel=channel,
            purpose=Purpose.NEW,
            alarm_ids=("a",),
            title=key,
            body="body",
            created_at=self.clock(),
            next_attempt_at=self.clock(),
        )
        with self.database.transaction() as connection:
            add_deliveries(connection, [letter])

    def send(self):
        return self.outbox.send_next(self.clock)

    def kept(self):
        with self.database.reading() as connection:
            return {one.key: one for one in deliveries(connection)}

    def journal(self):
        with self.database.reading() as connection:
            return [(one.rule_id, one.type) for one in events(connection)]


@pytest.fixture
def office(database):
    return Office(database)


def test_a_message_is_sent_once_and_its_receipt_kept(office):
    office.post()
    office.post()  # the same decision once more
    assert [office.send(), office.send()] == [True, False]
    assert office.service.received == [("k1", "body")]
    assert office.kept()["k1"].delivered_at == at(0)


def test_the_oldest_message_goes_first_and_only_through_its_own_channel(office):
    office.post("k1", channel="other")
    office.post("k2")
    office.post("k3")
    while office.send():
        pass
    assert [title for title, _ in office.service.received] == ["k2", "k3"]


def test_a_refused_message_is_tried_again_later_and_later(office):
    office.service.failures = [BUSY, BUSY]
    office.post()
    waits = []
    for _ in range(2):
        assert office.send()
        due = office.kept()["k1"].next_attempt_at
        waits.append(due - office.clock())
        assert not office.send()
        office.clock.now = due
    assert office.send()
    assert waits[0] < waits[1]
    assert [body for _, body in office.service.received] == ["body"]
    assert office.kept()["k1"].error == ""


def test_retries_are_spread_and_never_rarer_than_every_forty_minutes():
    assert waiting(0, 0.0) == timedelta(seconds=7.5)
    assert waiting(0, 1.0) == timedelta(seconds=12.5)
    assert waiting(500, 1.0) == timedelta(minutes=37.5)


def test_what_will_never_be_taken_is_given_up_and_listed(office):
    office.service.failures = [WRONG]
    office.post()
    office.send()
    kept = office.kept()["k1"]
    assert (kept.given_up_at, kept.error) == (at(0), "error=401")
    office.clock.pass_time(timedelta(days=2))
    assert not office.send()


def test_a_message_is_given_up_when_it_is_of_no_use_any_more(office):
    office.service.failures = [BUSY] * 1000
    office.post()
    for _ in range(1000):
        if not office.send():
            break
        office.clock.now = max(office.kept()["k1"].next_attempt_at, office.clock())
    kept = office.kept()["k1"]
    assert timedelta(hours=24) <= kept.given_up_at - kept.created_at < timedelta(hours=25)


def test_no_more_messages_go_out_than_a_channel_may_take(database):
    office = Office(database, Channel(at_most=2, per=timedelta(minutes=1)))
    for number in range(5):
        office.post(f"k{number}")
    sent = []
    for _ in range(3):
        while office.send():
            pass
        sent.append(len(office.service.received))
        office.clock.pass_time(timedelta(seconds=61))
    assert sent == [2, 4, 5]


def test_a_channel_that_fails_has_an_alarm_until_a_message_gets_through(office):
    office.service.failures = [BUSY] * 4
    office.post()
    for _ in range(2):
        office.send()
        office.clock.pass_time(timedelta(hours=1))
    assert office.journal() == []
    assert office.outbox.trouble == ""
    for _ in range(2):
        office.send()
        office.clock.pass_time(timedelta(hours=1))
    assert office.journal() == [("outage_channel_duty", EventType.RAISED)]
    assert office.outbox.trouble == "error=503"
    office.send()
    assert office.journal()[1:] == [("outage_channel_duty", EventType.CLEARED)]
    assert office.outbox.trouble == ""


def test_a_wrong_address_is_an_alarm_at_once(office):
    office.service.failures = [WRONG]
    office.post()
    office.send()
    assert office.journal() == [("outage_channel_duty", EventType.RAISED)]


def test_a_message_that_may_have_arrived_says_so_when_it_is_sent_again(office):
    office.service.failures = [NotificationError("no answer", is_in_doubt=True), BUSY]
    office.post()
    for _ in range(3):
        office.send()
        office.clock.pass_time(timedelta(hours=1))
    assert office.service.received == [("k1", "AGAIN\n\nbody")]


class _Killed(BaseException):
    """The process ends here."""


def test_a_process_killed_while_sending_sends_again_and_says_so(office):
    office.post()
    office.service.failures = [_Killed()]
    with pytest.raises(_Killed):
        office.send()
    office.restart()
    assert office.send()
    assert office.service.received == [("k1", "AGAIN\n\nbody")]


class FailsOnce:
    """A database whose second change fails, as when its disk is full for a moment."""

    def __init__(self, database):
        self.reading, self._transaction = database.reading, database.transaction
        self._changes = 0

    def transaction(self):
        self._changes += 1
        if self._changes == 2:
            raise StorageUnavailable("away")
        return self._transaction()


def test_a_receipt_that_could_not_be_kept_is_kept_before_anything_else_is_sent(database):
    office = Office(database)
    office.post()
    office.database = FailsOnce(database)
    office.restart()
    with pytest.raises(StorageUnavailable):
        office.send()
    assert not office.send()
    assert office.service.received == [("k1", "body")]
    assert office.kept()["k1"].delivered_at == at(0)


def test_the_post_is_counted_by_channel_and_outcome(office):
    office.service.failures = [WRONG]
    for key in ("k1", "k2", "k3"):
        office.post(key)
    office.send()
    office.send()
    with office.database.reading() as connection:
        (found,) = post(connection)
    assert (found.delivered, found.given_up, found.waiting, found.oldest) == (1, 1, 1, at(0))
