"""Whatever happens to the alarm list: a full message and all deltas since add up to the full message now."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.city_database import city_kinds, city_rules

from alerts.journal.acts_table import Acts
from alerts.journal.alarms import Alarm
from alerts.journal.shelving import Shelf
from dashboard.snapshot import Snapshot
from dashboard.stream import Feed
from devices.registry import Assignment, Device, Registry, Site
from storage.clock import to_us
from storage.latest_table import LatestValue
from storage.readings import Flag

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KINDS, RULES = city_kinds(), city_rules()
SITES = [
    Site(id=name, name=name, lat_deg=-7.6, lon_deg=111.5, waterway="Madiun", order=place)
    for place, name in enumerate(("gate", "bridge", "dam"))
]
# At the dam nothing stands: it is only told of while an alarm stands there.
REGISTRY = Registry(
    SITES,
    [Device(id=f"{name}-1", kind="flood") for name in ("gate", "bridge")],
    [
        Assignment(device_id=f"{name}-1", site_id=name, since=NOW - timedelta(days=1))
        for name in ("gate", "bridge")
    ],
)
# How long an example takes depends on what else the machine does.
unhurried = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
MINUTES = st.integers(0, 600).map(lambda minutes: NOW - timedelta(minutes=minutes))
WHO = st.sampled_from(["", "Siti", "Budi"])


@st.composite
def alarms(draw: st.DrawFn) -> Alarm:
    rule = RULES[draw(st.sampled_from(sorted(RULES)))]
    site = draw(st.sampled_from(SITES)).id
    raised_at = draw(MINUTES)
    return Alarm(
        id=f"{rule.id}/{site}/{raised_at.timestamp()}",
        rule_id=rule.id,
        site_id=site,
        severity=rule.severity,
        raised_at=raised_at,
        cleared_at=draw(st.none() | MINUTES),
        data_lost_at=draw(st.none() | MINUTES),
        last_value=draw(st.none() | st.floats(0, 999)),
        limit=300.0,
        retrospective=draw(st.booleans()),
        change=draw(st.integers(1, 99)),
        acknowledged_at=draw(st.none() | MINUTES),
        acknowledged_by=draw(WHO),
        claimed_by=draw(WHO),
    )


@st.composite
def shelves(draw: st.DrawFn) -> Shelf:
    is_maintenance = draw(st.booleans())
    return Shelf(
        rule_id=draw(st.sampled_from(sorted(RULES))),
        site_id=draw(st.sampled_from(SITES)).id,
        is_maintenance=is_maintenance,
        since=NOW,
        until=None if is_maintenance else NOW + timedelta(hours=1),
        by="Siti",
        reason=draw(st.text(max_size=20)),
        severity=RULES["siaga"].severity,
        change=draw(st.integers(1, 99)),
    )


@st.composite
def values(draw: st.DrawFn) -> LatestValue:
    site = draw(st.sampled_from(["gate", "bridge"]))
    at = NOW - timedelta(milliseconds=draw(st.integers(-2000, 2_000_000)))
    return LatestValue(
        device_id=f"{site}-1",
        site_id=site,
        kind="flood",
        metric="water_level_cm",
        observed_us=to_us(at),
        received_us=to_us(at),
        value=draw(st.floats(0, 999)),
        flag=draw(st.sampled_from([Flag.GOOD, Flag.SUSPECT, Flag.FAIL])),
        change=1,
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    found = {alarm.id: alarm for alarm in draw(st.lists(alarms(), max_size=6)) if alarm.is_open}
    aside = {shelf.key: shelf for shelf in draw(st.lists(shelves(), max_size=2))}
    return Snapshot(
        registry=REGISTRY,
        latest={(v.device_id, v.metric): v for v in draw(st.lists(values(), max_size=2))},
        alarms=found,
        alarm_change=draw(st.integers(0, 99)),
        acts={alarm_id: Acts(comments=draw(st.integers(0, 3))) for alarm_id in found},
        shelves=list(aside.values()),
    )


class Viewer:
    """What assets/live/city.js does with messages, in a few lines."""

    def __init__(self) -> None:
        self.sites: dict[str, Any] = {}
        self.rows: dict[str, Any] = {}
        self.rest: dict[str, Any] = {}

    def take(self, message: bytes) -> None:
        event, data = message.decode().strip().split("\n")
        told = json.loads(data.removeprefix("data: "))
        if event.endswith("full"):
            self.sites, self.rows = {}, {}
        for site in told.pop("sites", []):
            self.sites[site["id"]] = self.sites.get(site["id"], {}) | site
        columns = told.pop("values", {"of": [], "value": [], "age_ms": []})
        for number, value, age_ms in zip(*(columns[name] for name in ("of", "value", "age_ms")), strict=True):
            newer = {"value": value, "observed_at": told["at"] - age_ms}
            self.sites[list(self.sites)[number]] |= newer
        for row in told.pop("rows", []):
            self.rows[row["id"]] = row
        for key in told.pop("gone", []):
            del self.rows[key]
        self.rest |= told

    def knows(self) -> tuple[Any, ...]:
        return self.sites, self.rows, self.rest


@unhurried
@given(st.lists(snapshots(), min_size=1, max_size=5))
def test_full_message_and_deltas_add_up_to_the_full_message_of_the_end(books: list[Snapshot]) -> None:
    feed = Feed(kinds=KINDS, rules=RULES)
    follower, latecomer = Viewer(), Viewer()
    for second, snapshot in enumerate(books):
        follower.take(feed.advance(snapshot, now=NOW + timedelta(seconds=second), is_store_silent=False))
    full = feed.full()
    assert full is not None
    latecomer.take(full)
    assert follower.knows() == latecomer.knows()


@unhurried
@given(st.lists(snapshots(), min_size=2, max_size=4))
def test_nothing_is_said_twice(books: list[Snapshot]) -> None:
    feed = Feed(kinds=KINDS, rules=RULES)
    for snapshot in books:
        feed.advance(snapshot, now=NOW, is_store_silent=False)
    again = feed.advance(books[-1], now=NOW, is_store_silent=False)
    assert set(json.loads(again.split(b"data: ")[1])) == {"at", "change", "health"}
