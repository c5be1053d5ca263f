"""Being told to stop while waiting for messages."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime

import pytest

from config.settings import BrokerAddress
from ingest.mqtt import Subscriber

_WAIT_S = 0.05


@pytest.fixture
def slow_signal():
    """A signal whose handling outlasts the wait that it falls into."""
    before = signal.signal(signal.SIGUSR1, lambda *_: time.sleep(2 * _WAIT_S))
    yield signal.SIGUSR1
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.timeout(20)
def test_a_signal_in_the_last_moment_of_waiting_does_not_make_ingest_wait_for_ever(slow_signal):
    subscriber = Subscriber(
        BrokerAddress(),
        client_id="never-connected",
        topic_filters=["#"],
        receive_maximum=1,
        clock=lambda: datetime.now(UTC),
    )
    soon = threading.Timer(_WAIT_S / 2, os.kill, (os.getpid(), slow_signal))
    soon.start()
    assert subscriber.take(10, _WAIT_S) == []
    soon.join()
