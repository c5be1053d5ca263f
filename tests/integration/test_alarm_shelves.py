"""Shelves in the running ingest: they end by themselves, in time, also after it was killed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from support.readings import REGISTRATION
from support.running import run

from alerts.journal.alarms import EventType
from alerts.journal.journal_table import events

ROW = f"high_water/{REGISTRATION.site.id}"
_SOON = timedelta(seconds=5)


def alarms(ingest, *words):
    return run("alarms", *words, "--config", str(ingest.config), state=ingest.state)


def expiries(ingest):
    with ingest.database.reading() as connection:
        return [event for event in events(connection) if event.type is EventType.SHELF_EXPIRED]


def shelve(ingest, lasting: str) -> datetime:
    done = alarms(ingest, "shelve", ROW, "--by", "operator-1", "--for", lasting, "--reason", "uji")
    assert done.returncode == 0, done.stderr
    return shelf_end(ingest)


def shelf_end(ingest) -> datetime:
    with ingest.database.reading() as connection:
        (shelved,) = [event for event in events(connection) if event.type is EventType.SHELVED]
    return shelved.until


def test_a_shelf_ends_within_seconds_of_its_time(ingest):
    until = shelve(ingest, "4s")
    ingest.wait_for(lambda: expiries(ingest))
    (ended,) = expiries(ingest)
    assert until <= ended.recorded_at <= until + _SOON
    assert json.loads(alarms(ingest, "list", "--shelved", "--json").stdout) == []


def test_a_shelf_whose_time_was_over_while_ingest_was_dead_ends_when_it_lives_again(ingest):
    ingest.kill()
    until = shelve(ingest, "4s")
    ingest.wait_for(lambda: datetime.now(UTC) > until)
    assert expiries(ingest) == []
    ingest.start()
    ingest.wait_for(lambda: expiries(ingest))
    assert len(expiries(ingest)) == 1
