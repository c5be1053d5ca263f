from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.site_changes import site_changes
from dashboard.view import SiteStatus, State
from dashboard.wire import whole_ms
from devices.registry import Site
from storage.clock import to_us
from storage.latest_table import LatestValue
from storage.readings import Flag

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT_MS = whole_ms(NOW)


def value(level: float = 200.0, *, age_s: float = 1, flag: Flag = Flag.GOOD) -> LatestValue:
    at_us = to_us(NOW - timedelta(seconds=age_s))
    return LatestValue("d", "s", "flood", "water_level_cm", at_us, at_us, level, flag, 1)


def status(site_id: str = "gate", *, name: str = "", **told: Any) -> SiteStatus:
    known: dict[str, Any] = {
        "site": Site(id=site_id, name=name or site_id, lat_deg=-7.6, lon_deg=111.5),
        "kinds": ("flood",),
        "is_simulated": False,
        "state": State.NORMAL,
        "kind": "flood",
        "metric": "water_level_cm",
        "is_overdue": False,
        "is_data_lost": False,
        "latest": value(),
    }
    return SiteStatus(**known | told)


def changes(before: list[SiteStatus], after: list[SiteStatus]) -> Any:
    by_id = [{told.site.id: told for told in view} for view in (before, after)]
    return site_changes(*by_id, at_ms=AT_MS)


def test_a_newer_value_is_told_by_the_number_of_its_site_and_its_age() -> None:
    still = status("far")
    told = changes([still, status()], [still, status(latest=value(210.0, age_s=0.25))])
    assert told == {"sites": [], "values": {"of": [1], "value": [210.0], "age_ms": [250]}}


@pytest.mark.parametrize(
    "turned",
    [
        {"state": State.UNKNOWN, "latest": value(210.0)},
        {"is_overdue": True},
        {"is_data_lost": True},
        {"metric": "rain_mm", "latest": value(3.0)},
        {"latest": value(210.0, flag=Flag.FAIL)},
        {"latest": None},
    ],
    ids=["state", "overdue", "data lost", "metric", "flag", "no value"],
)
def test_of_a_site_of_which_more_changed_the_whole_condition_is_told(turned: dict[str, Any]) -> None:
    told = changes([status()], [status(**turned)])
    assert not told["values"]
    assert [set(site) >= {"id", "state", "value", "flag", "observed_at"} for site in told["sites"]] == [True]


def test_a_site_that_was_made_anew_and_is_the_same_is_not_told() -> None:
    held = value()
    assert changes([status(latest=held)], [status(latest=held)]) == {"sites": [], "values": {}}


@pytest.mark.parametrize(
    "after",
    [
        [status("gate"), status("far")],
        [],
        [status("far")],
        [status(name="New name")],
        [status(kinds=("rain",))],
    ],
    ids=["came", "went", "another", "renamed", "other kinds"],
)
def test_other_sites_than_before_need_everything_told(after: list[SiteStatus]) -> None:
    assert changes([status("gate")], after) is None


def test_sites_in_another_order_need_everything_told() -> None:
    """A site is told by its number, so a page must know them in the order of the server."""
    gate, far = status("gate"), status("far")
    assert changes([gate, far], [far, gate]) is None
