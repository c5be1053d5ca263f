from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.city_database import city_kinds, city_rules

from alerts.journal.alarms import Alarm, Severity
from dashboard.kept_view import KeptView, next_move
from dashboard.snapshot import Snapshot
from dashboard.view import city_view
from devices.registry import Assignment, Device, Registry, Site
from storage.clock import to_us
from storage.latest_table import LatestValue
from storage.readings import Flag

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
KINDS, RULES = city_kinds(), city_rules()
SITES = ("gate", "road", "bare")
DEVICES = {"f1": "flood", "f2": "flood", "t1": "traffic"}
SWAP = START + timedelta(minutes=10)


def registry(*, moved: bool = False) -> Registry:
    """Two gauges and a counter; f1 leaves the gate for the road at SWAP."""
    stays = {"f2": "gate", "t1": "road" if not moved else "bare"}
    return Registry(
        [Site(id=site, name=site, lat_deg=-7.6, lon_deg=111.5) for site in SITES],
        [Device(id=device, kind=kind) for device, kind in DEVICES.items()],
        [
            Assignment(device_id="f1", site_id="gate", since=START - timedelta(days=1), until=SWAP),
            Assignment(device_id="f1", site_id="road", since=SWAP),
            *(Assignment(device_id=d, site_id=s, since=START - timedelta(days=1)) for d, s in stays.items()),
        ],
    )


def value(device: str, site: str, at: datetime, level: float, flag: Flag = Flag.GOOD) -> LatestValue:
    kind = DEVICES[device]
    return LatestValue(
        device_id=device,
        site_id=site,
        kind=kind,
        metric=KINDS[kind].primary,
        observed_us=to_us(at),
        received_us=to_us(at),
        value=level,
        flag=flag,
        change=1,
    )


def alarm(site: str, at: datetime) -> Alarm:
    return Alarm(
        id=f"siaga/{site}",
        rule_id="siaga",
        site_id=site,
        severity=Severity.HIGH,
        raised_at=at,
        cleared_at=None,
        data_lost_at=None,
        last_value=1.0,
        limit=300.0,
        retrospective=False,
        change=1,
    )


devices = st.sampled_from(sorted(DEVICES))
places = st.sampled_from(SITES)
steps = st.one_of(
    st.tuples(st.just("wait"), st.integers(-2, 1200)),
    st.tuples(
        st.just("measure"), devices, places, st.integers(-900, 120), st.sampled_from([Flag.GOOD, Flag.FAIL])
    ),
    st.tuples(st.just("raise"), places),
    st.tuples(st.just("clear"), places),
    st.tuples(st.just("register"), st.booleans()),
    st.tuples(st.just("restore")),
)


def after(snapshot: Snapshot, step: tuple[Any, ...], now: datetime) -> Snapshot:
    verb, *words = step
    if verb == "measure":
        device, site, seconds, flag = words
        made = value(device, site, now + timedelta(seconds=seconds), float(seconds), flag)
        return dataclasses.replace(snapshot, latest={**snapshot.latest, (device, made.metric): made})
    if verb == "raise":
        return dataclasses.replace(
            snapshot, alarms={**snapshot.alarms, f"siaga/{words[0]}": alarm(words[0], now)}
        )
    if verb == "clear":
        left = {key: held for key, held in snapshot.alarms.items() if held.site_id != words[0]}
        return dataclasses.replace(snapshot, alarms=left)
    if verb == "register":
        return dataclasses.replace(snapshot, registry=registry(moved=words[0]))
    if verb == "restore":  # an older copy of the database: values are gone
        return dataclasses.replace(snapshot, latest=dict(list(snapshot.latest.items())[1:]))
    return snapshot


@settings(max_examples=200, deadline=None)
@given(st.lists(steps, max_size=14))
def test_the_kept_view_is_the_view_made_afresh_whatever_happens(story: list[tuple[Any, ...]]) -> None:
    kept, snapshot, now = KeptView(kinds=KINDS, rules=RULES), Snapshot(registry=registry()), START
    for step in story:
        if step[0] == "wait":
            now += timedelta(seconds=step[1])
        snapshot = after(snapshot, step, now)
        assert kept.at(snapshot, now) == city_view(snapshot, kinds=KINDS, rules=RULES, now=now)


def test_a_site_that_nothing_touched_keeps_its_very_status() -> None:
    kept = KeptView(kinds=KINDS, rules=RULES)
    first = after(Snapshot(registry=registry()), ("measure", "t1", "road", 0, Flag.GOOD), START)
    before = kept.at(first, START)
    now = START + timedelta(seconds=1)
    second = after(first, ("measure", "f2", "gate", 0, Flag.GOOD), now)
    view = kept.at(second, now)
    assert view.sites["road"] is before.sites["road"]
    assert view.sites["gate"] is not before.sites["gate"]
    assert before.sites["gate"].latest is None  # an earlier view is not written over


def test_a_device_that_moves_is_seen_to_move_though_no_message_comes() -> None:
    kept, books = KeptView(kinds=KINDS, rules=RULES), Snapshot(registry=registry())
    assert kept.at(books, SWAP - timedelta(seconds=1)).sites["road"].kinds == ("traffic",)
    assert set(kept.at(books, SWAP).sites["road"].kinds) == {"traffic", "flood"}


def test_the_next_move_is_the_first_in_the_future() -> None:
    assert next_move(registry(), START) == SWAP
    assert next_move(registry(), SWAP) is None
