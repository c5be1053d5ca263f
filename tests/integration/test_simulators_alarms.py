"""The simulated city against the project's own rules: what a newcomer to the demo gets to see, and when."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.journal.alarms import EventType
from alerts.judging.engine import AlarmEngine
from alerts.rulebook.rules import load_rules
from devices.kinds import load_kinds
from devices.topics import parse_telemetry_topic
from simulators.city import run
from simulators.fleet import load_fleet
from simulators.storms import Scenario
from storage.readings import Reading

CONFIG = Path(__file__).parents[2] / "config"
FLEET = load_fleet(CONFIG / "fleets" / "madiun.yaml")
KIND_OF = {site.id: site.kind for site in FLEET.sites}
HOURS_WIB = {"dead of night": 19, "morning rush": 0, "noon": 5, "evening rush": 9}


class Demo(threading.Event):
    """Plays the city into the alarm engine without a broker; waiting moves the clock."""

    def __init__(self, begun_at, lasts):
        super().__init__()
        kinds = load_kinds(CONFIG / "kinds")
        sites = {site.id: site.as_site() for site in FLEET.sites}
        self.engine = AlarmEngine(load_rules(CONFIG / "rules", kinds), sites, kinds)
        self.begun_at, self.now, self.until = begun_at, begun_at, begun_at + lasts
        self.events = []

    def wait(self, timeout=None):
        self.now += timedelta(seconds=timeout or 0)
        return self.now >= self.until

    def publish(self, topic, payload):
        told, device = json.loads(payload), parse_telemetry_topic(topic)
        reading = Reading(
            device_id=device,
            site_id=device,
            kind=KIND_OF[device],
            observed_at=datetime.fromisoformat(told["ts"]),
            received_at=self.now,
            values=told["values"],
        )
        self.events += self.engine.observe(reading, self.now) + self.engine.tick(self.now)

    def raised(self):
        return [e for e in self.events if e.type is EventType.RAISED and not e.retrospective]

    def active(self):
        open_now = {}
        for event in self.events:
            if event.type is EventType.RAISED:
                open_now[event.alarm_id] = event
            elif event.type is EventType.CLEARED:
                open_now.pop(event.alarm_id, None)
        return list(open_now.values())


def play(begun_at, lasts, **options):
    demo = Demo(begun_at, lasts)
    run(FLEET, demo, stop=demo, clock=lambda: demo.now, **options)
    return demo


@pytest.fixture(scope="module", params=HOURS_WIB.values(), ids=HOURS_WIB.keys())
def first_quarter(request):
    return play(datetime(2026, 3, 3, request.param, 3, tzinfo=UTC), timedelta(minutes=17))


def test_the_first_alarm_comes_within_two_minutes(first_quarter):
    first = min(event.recorded_at for event in first_quarter.raised())
    assert timedelta(seconds=30) < first - first_quarter.begun_at < timedelta(minutes=2)


def test_every_siaga_and_a_traffic_jam_are_seen(first_quarter):
    seen = {event.rule_id for event in first_quarter.raised()}
    assert {"bengawan_solo_siaga1", "bengawan_solo_siaga2", "bengawan_solo_siaga3", "traffic_jam"} <= seen


def test_most_sites_never_alarm_so_that_normal_is_seen_too(first_quarter):
    sites = {event.site_id for event in first_quarter.raised()}
    assert 5 <= len(sites) < len(FLEET.sites) / 2


def test_the_city_recovers_within_a_quarter_of_an_hour(first_quarter):
    assert first_quarter.active() == []


def test_no_alarm_flaps(first_quarter):
    times = defaultdict(int)
    for event in first_quarter.raised():
        times[event.rule_id, event.site_id] += 1
    assert max(times.values()) == 1


def test_the_backfill_raises_no_live_alarm(first_quarter):
    assert all(event.observed_at > first_quarter.begun_at for event in first_quarter.raised())


def test_a_calm_day_and_its_past_wake_nobody():
    demo = play(
        datetime(2026, 3, 3, 3, 0, tzinfo=UTC),
        timedelta(hours=24),
        scenario=Scenario.CALM,
        interval_s=120,
        backfill=timedelta(days=3),
    )
    assert [(e.rule_id, e.site_id) for e in demo.events if e.type is EventType.RAISED] == []
