from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.city_database import city_kinds, city_rules, water_rule

from alerts.journal.alarms import Alarm, Severity
from alerts.rulebook.rules import SiteLimit
from dashboard.snapshot import Snapshot
from dashboard.view import State, city_view, rule_limit
from dashboard.wire import rule_texts
from devices.registry import Assignment, Device, Registry, Site
from storage.clock import to_us
from storage.latest_table import LatestValue
from storage.readings import Flag

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KINDS = city_kinds()
RULES = city_rules() | {"awas": water_rule("awas", Severity.CRITICAL, 400.0)}
GATE = Site(id="gate", name="Gate", lat_deg=-7.6, lon_deg=111.5)


def value(
    *,
    age: timedelta = timedelta(0),
    kind: str = "flood",
    level: float = 200.0,
    flag: Flag = Flag.GOOD,
    received_age: timedelta | None = None,
    device: str = "d1",
) -> LatestValue:
    return LatestValue(
        device_id=device,
        site_id="gate",
        kind=kind,
        metric=KINDS[kind].primary,
        observed_us=to_us(NOW - age),
        received_us=to_us(NOW - (age if received_age is None else received_age)),
        value=level,
        flag=flag,
        change=1,
    )


def alarm(
    rule: str = "siaga",
    *,
    severity: Severity = Severity.HIGH,
    age_min: int = 10,
    retrospective: bool = False,
    lost: bool = False,
) -> Alarm:
    return Alarm(
        id=f"{rule}/{age_min}",
        rule_id=rule,
        site_id="gate",
        severity=severity,
        raised_at=NOW - timedelta(minutes=age_min),
        cleared_at=None,
        data_lost_at=NOW - timedelta(minutes=1) if lost else None,
        last_value=310.0,
        limit=300.0,
        retrospective=retrospective,
        change=1,
    )


def snapshot(
    values: Iterable[LatestValue] = (), alarms: Iterable[Alarm] = (), *, kinds: tuple[str, ...] = ("flood",)
) -> Snapshot:
    devices = [Device(id=f"d{n}", kind=kind) for n, kind in enumerate(kinds, start=1)]
    since = NOW - timedelta(days=9)
    standing = [Assignment(device_id=device.id, site_id="gate", since=since) for device in devices]
    return Snapshot(
        registry=Registry([GATE], devices, standing),
        latest={(v.device_id, v.metric): v for v in values},
        alarms={a.id: a for a in alarms},
    )


def view_of(books: Snapshot, now: datetime = NOW):
    return city_view(books, kinds=KINDS, rules=RULES, now=now)


def state_of(books: Snapshot, now: datetime = NOW) -> State:
    return view_of(books, now).sites["gate"].state


def test_a_fresh_value_without_alarm_is_normal() -> None:
    assert state_of(snapshot([value()])) is State.NORMAL


def test_a_sensor_that_never_spoke_is_unknown() -> None:
    assert state_of(snapshot()) is State.UNKNOWN


def test_a_value_becomes_unknown_by_age_alone() -> None:
    books = snapshot([value()])
    limit = KINDS["flood"].overdue_after
    assert state_of(books, NOW + limit) is State.NORMAL
    assert state_of(books, NOW + limit + timedelta(milliseconds=1)) is State.UNKNOWN


def test_an_alarm_stays_painted_and_marked_when_its_data_stop() -> None:
    status = view_of(snapshot([value(age=timedelta(hours=1))], [alarm()])).sites["gate"]
    assert (status.state, status.is_overdue, status.is_data_lost) == (State.HIGH, True, True)


def test_the_journal_alone_can_mark_an_alarm_as_data_lost() -> None:
    assert view_of(snapshot([value()], [alarm(lost=True)])).alarms[0].is_data_lost


def test_a_clock_that_runs_ahead_cannot_keep_a_dead_sensor_alive() -> None:
    ahead = value(age=-timedelta(days=1), received_age=timedelta(hours=2))
    assert state_of(snapshot([ahead])) is State.UNKNOWN
    assert view_of(snapshot([ahead])).newest_at is None


def test_what_pantau_says_of_itself_does_not_make_the_data_young() -> None:
    own = value(device="own")._replace(kind="pantau")
    sensor = value(age=timedelta(minutes=9))
    assert view_of(snapshot([sensor, own])).newest_at == sensor.observed_at


def test_an_old_value_received_just_now_is_no_sign_of_life() -> None:
    resent = value(age=timedelta(hours=2), received_age=timedelta(0))
    assert state_of(snapshot([resent])) is State.UNKNOWN


@pytest.mark.parametrize("flag", [Flag.FAIL, Flag.MISSING])
def test_a_value_that_failed_its_checks_is_not_health(flag: Flag) -> None:
    assert state_of(snapshot([value(flag=flag)])) is State.UNKNOWN


def test_one_silent_kind_makes_a_site_of_two_unknown() -> None:
    assert state_of(snapshot([value()], kinds=("flood", "rain"))) is State.UNKNOWN


def test_a_retrospective_alarm_paints_nothing_and_stands_apart() -> None:
    view = view_of(snapshot([value()], [alarm(retrospective=True)]))
    assert view.sites["gate"].state is State.NORMAL
    assert (len(view.alarms), len(view.retrospective)) == (0, 1)


def test_the_worst_alarm_paints_the_site_and_heads_the_list() -> None:
    worst = alarm("awas", severity=Severity.CRITICAL, age_min=90)
    view = view_of(snapshot([value()], [alarm(age_min=5), worst, alarm(age_min=2)]))
    assert view.sites["gate"].state is State.CRITICAL
    assert [status.alarm.id for status in view.alarms] == ["awas/90", "siaga/2", "siaga/5"]


def test_an_alarm_survives_that_its_rule_file_is_deleted() -> None:
    view = view_of(snapshot([value()], [alarm("forgotten")]))
    assert view.alarms[0].rule is None
    assert view.sites["gate"].state is State.HIGH


def test_an_alarm_survives_that_its_site_lost_its_device() -> None:
    assert view_of(snapshot([], [alarm()], kinds=())).sites["gate"].state is State.HIGH


def test_a_site_without_device_and_alarm_is_not_shown() -> None:
    assert view_of(snapshot(kinds=())).sites == {}


def test_the_newest_of_two_devices_of_one_kind_speaks() -> None:
    books = snapshot(
        [value(age=timedelta(hours=3)), value(level=222.0, device="d2")], kinds=("flood", "flood")
    )
    latest = view_of(books).sites["gate"].latest
    assert latest is not None
    assert latest.value == 222.0


@given(st.permutations([5, 3, 9, 1]), st.integers(0, 3))
def test_the_order_in_which_alarms_are_kept_changes_nothing(ages: list[int], rotation: int) -> None:
    alarms = [alarm(age_min=age) for age in ages]
    kept = alarms[rotation:] + alarms[:rotation]
    told = [status.alarm.id for status in view_of(snapshot([value()], kept)).alarms]
    assert told == ["siaga/1", "siaga/3", "siaga/5", "siaga/9"]


@given(st.integers(0, 48 * 60))
def test_no_age_turns_an_active_alarm_into_anything_else(minutes: int) -> None:
    assert state_of(snapshot([value()], [alarm()]), NOW + timedelta(minutes=minutes)) is State.HIGH


def test_a_rule_without_a_level_at_the_site_has_no_limit_there() -> None:

    own = dataclasses.replace(RULES["siaga"], above=SiteLimit(site="siaga2"))
    elsewhere = dataclasses.replace(RULES["siaga"], sites=("other",))
    high = Site(id="h", name="H", lat_deg=1.0, lon_deg=1.0, thresholds={"water_level_cm": {"siaga2": 750.0}})
    assert [rule_limit(own, GATE), rule_limit(own, high), rule_limit(elsewhere, GATE)] == [None, 750.0, None]


def test_an_outage_that_pantau_finds_has_its_words_in_both_languages_like_any_rule() -> None:
    told = rule_texts(city_rules(), ["flood"], ["bpbd"])
    assert told["outage_channel_bpbd"]["title"]["en"] == "Notifications through bpbd do not get out"
    assert told["outage_kind_flood"]["title"]["en"] == "All flood sensors are silent"
    assert all(text for rule in told.values() for text in rule["instruction"].values())
