import io
import sys
from datetime import timedelta

import pytest
from support.alarming import START, reading

from pantau.console import Progress
from pantau.past_progress import PastProgress


class Store:
    def __init__(self, minutes):
        self.readings = [reading(minute, 100) for minute in minutes]

    def read(self, kind, *, start, end, site_ids=None):
        return iter(self.readings)

    def close(self):
        raise AssertionError("the store belongs to somebody else")


def watched(minutes, *, hours=10):
    told = []
    end = START + timedelta(hours=hours)
    store = PastProgress(Store(minutes), lambda done, total: told.append((done, total)), start=START, end=end)
    return store, told, {"start": START, "end": end}


def test_each_hour_of_the_past_is_told_once_and_nothing_is_lost():
    store, told, span = watched(range(0, 600, 5))
    assert list(store.read("flood", **span)) == store._store.readings
    assert told == [(hour, 10) for hour in range(1, 10)]


def test_a_second_look_begins_anew():
    store, told, span = watched(range(0, 600, 30))
    for _ in range(2):
        list(store.read("flood", **span))
    assert [done for done, _ in told] == [*range(1, 10), 0, *range(1, 10)]


def test_a_look_at_one_site_and_what_lies_before_the_start_tell_nothing():
    store, told, span = watched([-6000, -30])
    list(store.read("flood", **span))
    list(store.read("flood", **span, site_ids=["gate"]))
    store.close()
    assert told == []


@pytest.mark.parametrize("is_terminal", [True, False], ids=["on a terminal", "into a file"])
def test_the_line_is_for_people_only(monkeypatch, is_terminal):
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    progress = Progress("back-test, hours read", every=1)
    progress(3, 24)
    progress.end()
    assert ("3 / 24" in screen.getvalue()) is is_terminal
