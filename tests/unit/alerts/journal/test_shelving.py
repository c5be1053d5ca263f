from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from support.alarming import at

from alerts.journal.alarms import Severity
from alerts.journal.shelving import RETURN_APART, Shelf, expired

SHELF = Shelf(
    rule_id="high_water",
    site_id="gate",
    is_maintenance=False,
    since=at(0),
    until=at(60),
    by="operator-1",
    reason="sensor dibersihkan",
    severity=Severity.HIGH,
    change=1,
)


def several(count: int) -> list[Shelf]:
    return [replace(SHELF, site_id=f"gate-{number}", change=number) for number in range(count)]


def test_a_shelf_ends_when_its_time_is_over_and_not_before():
    assert expired([SHELF], at(60) - timedelta(microseconds=1)) == []
    assert expired([SHELF], at(60)) == [SHELF]


def test_out_of_service_never_ends_by_itself():
    assert expired([replace(SHELF, until=None, is_maintenance=True)], at(1e6)) == []


def test_shelves_that_make_themselves_heard_end_one_at_a_time_worst_first():
    shelves = several(3)
    shelves[2] = replace(shelves[2], severity=Severity.CRITICAL)
    keys = [shelf.key for shelf in shelves]
    assert expired(shelves, at(60), active=keys) == [shelves[2]]
    assert expired(shelves[:2], at(60.5), active=keys, last_return=at(60)) == []
    assert expired(shelves[:2], at(61), active=keys, last_return=at(60)) == [shelves[0]]


def test_shelves_with_nothing_to_say_need_not_wait():
    shelves = several(20)
    assert expired(shelves, at(60), active=[shelves[0].key], last_return=at(60)) == shelves[1:]


@given(st.lists(st.integers(0, 90), min_size=1, max_size=30))
def test_however_many_end_together_they_are_no_flood_and_none_is_forgotten(minutes):
    left = [replace(shelf, until=at(m)) for shelf, m in zip(several(len(minutes)), minutes, strict=True)]
    keys = [shelf.key for shelf in left]
    returns, now = [], at(0)
    while left:
        for shelf in expired(left, now, active=keys, last_return=returns[-1] if returns else None):
            assert shelf.until <= now
            left.remove(shelf)
            returns.append(now)
        now += timedelta(seconds=20)
    assert all(later - earlier >= RETURN_APART for earlier, later in pairwise(returns))
