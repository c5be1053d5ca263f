from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from support.city_database import city_kinds, city_rules

from alerts.desk.chatter import ChatterLimits
from alerts.journal.acts_table import Acts
from alerts.journal.alarms import Alarm, Severity
from alerts.journal.shelving import Shelf
from alerts.judging.outages import AREA
from alerts.rulebook.when import Slope, When
from dashboard.alarm_list import AlarmList, alarm_list
from dashboard.alarm_wire import api_alarm, list_payload
from dashboard.snapshot import Snapshot
from dashboard.view import city_view
from devices.registry import Registry, Site

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KINDS, RULES = city_kinds(), city_rules()
SITES = {
    site.id: site
    for site in (
        Site(
            id="gate", name="Pintu Air", lat_deg=-7.6, lon_deg=111.5, area="Taman", waterway="Madiun", order=1
        ),
        Site(
            id="bridge",
            name="Jembatan",
            lat_deg=-7.61,
            lon_deg=111.5,
            area="Taman",
            waterway="Madiun",
            order=2,
        ),
        Site(id="road", name="Jalan Raya", lat_deg=-7.62, lon_deg=111.5, area="Taman"),
    )
}


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def alarm(rule: str = "siaga", site: str = "gate", *, minutes: float = 10, **more: Any) -> Alarm:
    told: dict[str, Any] = {
        "id": f"{rule}/{site}/{minutes}",
        "rule_id": rule,
        "site_id": site,
        "severity": RULES[rule].severity if rule in RULES else Severity.HIGH,
        "raised_at": ago(minutes),
        "cleared_at": None,
        "data_lost_at": None,
        "last_value": 310.0,
        "limit": 300.0,
        "retrospective": False,
        "change": 1,
    }
    return Alarm(**(told | more))


def shelf(*, until: datetime | None, rule: str = "siaga", site: str = "gate") -> Shelf:
    return Shelf(
        rule_id=rule,
        site_id=site,
        is_maintenance=until is None,
        since=ago(3),
        until=until,
        by="Siti",
        reason="sensor dibersihkan",
        severity=Severity.HIGH,
        change=7,
    )


def listed(alarms: Iterable[Alarm] = (), **more: Any) -> tuple[AlarmList, dict[str, Any], list[Any]]:
    books = Snapshot(registry=Registry(SITES.values(), (), ()), alarms={a.id: a for a in alarms}, **more)
    view = city_view(books, kinds=KINDS, rules=RULES, now=NOW)
    found = alarm_list(books, view, RULES)
    return found, *list_payload(found, SITES, KINDS)


def told(alarms: Iterable[Alarm] = (), **more: Any) -> dict[str, Any]:
    _, rows, _ = listed(alarms, **more)
    (row,) = rows.values()
    assert isinstance(row, dict)
    return row


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def test_two_alarms_of_one_rule_and_site_are_one_row() -> None:
    row = told([alarm(minutes=10, cleared_at=ago(5)), alarm(minutes=2)])
    assert (row["id"], row["state"], row["unseen"]) == ("siaga/gate", "active_unacknowledged", 2)
    assert row["raised_at"] == milliseconds(ago(2))


def test_a_row_tells_who_acknowledged_claimed_assigned_and_said_what_and_when() -> None:
    mine = alarm(
        acknowledged_at=ago(4), acknowledged_by="Siti", claimed_by="Budi", assigned_to="DPUPR", change=9
    )
    acts = Acts(
        claimed_at=ago(3),
        assigned_at=ago(2),
        assigned_by="Budi",
        comments=2,
        comment="pintu dibuka",
        commented_by="Siti",
        commented_at=ago(1),
    )
    row = told([mine], acts={mine.id: acts})
    assert (row["state"], row["change"], row["agency"]) == ("active_acknowledged", 9, "DPUPR")
    assert (row["acknowledged_by"], row["acknowledged_at"]) == ("Siti", milliseconds(ago(4)))
    assert (row["claimed_by"], row["claimed_at"]) == ("Budi", milliseconds(ago(3)))
    assert (row["assigned_by"], row["assigned_at"]) == ("Budi", milliseconds(ago(2)))
    assert (row["comments"], row["comment"], row["commented_by"]) == (2, "pintu dibuka", "Siti")


def test_a_row_whose_claim_was_released_tells_no_time_of_a_claim() -> None:
    assert told([alarm()], acts={alarm().id: Acts(claimed_at=ago(3))})["claimed_at"] is None


def test_a_shelf_tells_who_why_and_until_when_also_where_no_alarm_is() -> None:
    row = told(shelves=[shelf(until=NOW + timedelta(minutes=20))])
    assert (row["state"], row["raised_at"], row["value"]) == ("shelved", None, None)
    assert row["shelf"] == {
        "by": "Siti",
        "reason": "sensor dibersihkan",
        "since": milliseconds(ago(3)),
        "until": milliseconds(NOW + timedelta(minutes=20)),
    }
    assert told([alarm()], shelves=[shelf(until=None)])["state"] == "out_of_service"


def test_an_alarm_of_the_past_is_told_apart_but_not_when_a_live_one_of_its_row_was_seen_by_nobody() -> None:
    late = alarm(minutes=90, retrospective=True)
    assert told([late])["retrospective"]
    assert not told([late, alarm(minutes=200, cleared_at=ago(100))])["retrospective"]


def test_silent_rows_fold_under_their_outage_and_belong_to_no_incident() -> None:
    outage = alarm(AREA, "gate", minutes=5)
    silent = [alarm(data_lost_at=ago(6)), alarm(site="bridge", data_lost_at=ago(6))]
    _, rows, incidents = listed([outage, *silent])
    assert {key: row["folded_under"] for key, row in rows.items()} == {
        "siaga/gate": f"{AREA}/gate",
        "siaga/bridge": f"{AREA}/gate",
        f"{AREA}/gate": "",
    }
    assert incidents == []


def test_what_comes_and_goes_tells_how_often() -> None:
    spoken = [ago(1) + timedelta(seconds=10 * n) for n in range(5)]
    assert told([alarm()], spoken={("siaga", "gate"): spoken})["chatter"] == 5
    assert told([alarm()], spoken={("siaga", "gate"): spoken[:2]})["chatter"] == 0


def test_the_list_calls_chatter_what_the_settings_call_so() -> None:
    spoken = [ago(1) + timedelta(seconds=10 * n) for n in range(5)]
    snapshot = Snapshot(alarms={"a": alarm(id="a")}, spoken={("siaga", "gate"): spoken})
    view = city_view(snapshot, kinds=KINDS, rules=RULES, now=NOW)
    (row,) = alarm_list(snapshot, view, RULES, limits=ChatterLimits(activations=6)).rows
    assert row.chatter == 0


def test_an_incident_tells_its_rows_upstream_first_and_where_it_began() -> None:
    came_first = alarm(site="bridge", minutes=30)
    _, _, incidents = listed([alarm(minutes=5), came_first, alarm("jam", "road")])
    assert incidents == [
        {
            "place": "Madiun",
            "severity": "high",
            "since": milliseconds(ago(30)),
            "first_out": "siaga/bridge",
            "rows": ["siaga/gate", "siaga/bridge"],
        }
    ]


def test_shelved_and_retrospective_rows_are_in_no_incident() -> None:
    rows = [alarm(), alarm(site="bridge"), alarm("jam", "road", retrospective=True)]
    assert listed(rows, shelves=[shelf(until=None)])[2] == []


def test_a_row_survives_that_its_rule_and_its_site_are_gone() -> None:
    row = told([alarm("forgotten", "nowhere")])
    assert (row["site_name"], row["agency"], row["value"]) == ("nowhere", "", 310.0)


def test_a_cleared_alarm_whose_sensor_is_silent_has_not_lost_its_data() -> None:
    row = told([alarm(cleared_at=ago(1))])
    assert (row["state"], row["data_lost"]) == ("cleared_unacknowledged", False)


def test_the_map_stays_painted_while_an_alarm_is_shelved() -> None:
    found, _, _ = listed([alarm()], shelves=[shelf(until=None)])
    books = Snapshot(registry=Registry(SITES.values(), (), ()), alarms={alarm().id: alarm()})
    view = city_view(books, kinds=KINDS, rules=RULES, now=NOW)
    assert not found.rows[0].stands_for_itself
    assert view.sites["gate"].state == "high"


def test_a_row_without_news_is_told_the_same_whatever_the_time() -> None:
    books = Snapshot(
        registry=Registry(SITES.values(), (), ()), shelves=[shelf(until=NOW + timedelta(hours=1))]
    )
    views = [city_view(books, kinds=KINDS, rules=RULES, now=NOW + timedelta(seconds=s)) for s in (0, 40)]
    first, second = (list_payload(alarm_list(books, view, RULES), SITES, KINDS) for view in views)
    assert first == second


def test_a_rise_is_told_with_its_own_limit_beside_the_newest_value() -> None:
    rise = When(rise=Slope(by_per_h=10.0, over=timedelta(minutes=30)))
    rising = replace(RULES["siaga"], id="rising", above=None, when=rise)
    told = alarm("rising", last_value=30.0, limit=10.0, severity=Severity.HIGH)
    books = Snapshot(registry=Registry(SITES.values(), (), ()), alarms={told.id: told})
    view = city_view(books, kinds=KINDS, rules={"rising": rising}, now=NOW)
    rows, _ = list_payload(alarm_list(books, view, {"rising": rising}), SITES, KINDS)
    for payload in (rows["rising/gate"], api_alarm(view.alarms[0], KINDS)):
        assert payload["limit"] is None
        assert payload["decided"] == {
            "what": {"id": "naik", "en": "rise"},
            "value": 30.0,
            "limit": 10.0,
            "unit": {"id": "cm/jam", "en": "cm/h"},
            "precision": 0,
            "upward": True,
        }
