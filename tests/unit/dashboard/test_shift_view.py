"""The shift board: every figure against a count by hand on a fixed log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.city_database import CityDatabase, city_kinds, city_rules

from alerts.desk.shifts import Note
from alerts.desk.shifts_table import add_handover, add_note, sign_on, take_over
from alerts.journal.alarms import AlarmEvent, EventType
from dashboard.parts import Parts
from dashboard.shift_facts import ShiftDesk

NOW = datetime(2026, 11, 21, 12, 34, tzinfo=UTC)
SIAGA, JAM = city_rules()["siaga"], city_rules()["jam"]


def before(**span: float) -> datetime:
    return NOW - timedelta(**span)


def act(raised: AlarmEvent, type_: EventType, at: datetime, **more) -> AlarmEvent:
    return AlarmEvent(
        alarm_id=more.pop("alarm_id", raised.alarm_id),
        rule_id=raised.rule_id,
        site_id=raised.site_id,
        type=type_,
        observed_at=at,
        recorded_at=at,
        severity=raised.severity,
        **more,
    )


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    """Two operators since 4 h ago; the shift began 6 h ago with a handover.

    Told in the shift: gate 5 h ago (acknowledged after 60 s), road 3 times within a minute 2 h ago (one of
    them acknowledged after 300 s), dam 5 min ago. Told before it: old, 30 h ago, still active. Shelved: mute.
    """
    city = CityDatabase(tmp_path)
    for site_id, kind in (("gate", "flood"), ("dam", "flood"), ("old", "flood"), ("road", "traffic")):
        city.add_site(site_id, kind)
    city.add_site("mute", "air", name="Stasiun Sunyi")
    for site_id in ("gate", "dam", "old"):
        city.measure(site_id, "flood", before(minutes=1), water_level_cm=310.0)
    city.measure("road", "traffic", before(minutes=1), speed_km_h=40.0)
    city.measure("mute", "air", before(hours=3), pm2_5_ug_m3=12.0)
    city.raise_alarm("old", before(hours=30), rule=SIAGA, value=320.0)
    gate = city.raise_alarm("gate", before(hours=5), rule=SIAGA, value=310.0)
    city.tell(act(gate, EventType.ACKNOWLEDGED, before(hours=5) + timedelta(seconds=60), by="Siti"))
    city.tell(act(gate, EventType.CLAIMED, before(hours=4), by="Budi"))
    for second in (0, 20, 40):
        told = city.raise_alarm("road", before(hours=2, seconds=-second), rule=JAM, value=4.0)
        city.clear_alarm(told, before(hours=2, seconds=-second - 10))
    city.tell(act(told, EventType.ACKNOWLEDGED, before(hours=2, seconds=-340), by="Budi"))
    shelved = act(
        told,
        EventType.SHELVED,
        before(hours=1),
        alarm_id="jam/road",
        by="Siti",
        text="roadworks",
        until=NOW + timedelta(hours=1),
    )
    city.tell(shelved)
    city.raise_alarm("dam", before(minutes=5), rule=SIAGA, value=305.0)
    with city.database.transaction() as connection:
        number = add_handover(
            connection, start=before(hours=14), outgoing="Ayu", at=before(hours=6), facts={}
        )
        take_over(connection, number, incoming="Siti", at=before(hours=6))
        add_note(connection, Note(at=before(hours=7), by="Ayu", text="of the shift before"))
        add_note(connection, Note(at=before(hours=3), by="Siti", text="Pompa 2 dinyalakan"))
        for name in ("Siti", "Budi"):
            sign_on(connection, name, before(hours=4))
    yield city
    city.close()


@pytest.fixture
def board(city: CityDatabase):
    return ShiftDesk(parts_of(city)).board(NOW)


def parts_of(city: CityDatabase, **more) -> Parts:
    return Parts(
        database=city.database,
        readings=city.readings,
        kinds=city_kinds(),
        rules=city_rules(),
        city_folder=Path("madiun"),
        time_zone=ZoneInfo("Asia/Jakarta"),
        language="id",
        demo=True,
        **more,
    )


def test_every_figure_equals_the_count_by_hand(board):
    assert board["operators"] == 2
    found = board["kpis"]
    assert found["annunciated"] == 5
    assert found["per_period"] == pytest.approx(5 / 2 / 36)
    assert found["peak"] == 3 / 2
    assert (found["flooded"], found["periods"]) == (0, 36)
    assert (found["median_s"], found["ninetieth_s"]) == (180, 300)
    assert found["unacknowledged"] == 3
    assert found["chattering"] == 1
    assert found["top_share"] == 1
    assert found["severities"] == {"low": 3, "medium": 0, "high": 2, "critical": 0}


def test_the_bars_are_tens_of_minutes_of_the_clock_with_those_on_duty_then(board):
    bars = {bar["at"]: bar for bar in board["bars"]}
    assert len(bars) == 48
    assert max(bars) == int(datetime(2026, 11, 21, 12, 30, tzinfo=UTC).timestamp() * 1000)
    counted = {at: bar["count"] for at, bar in bars.items() if bar["count"]}
    of = {
        "gate": datetime(2026, 11, 21, 7, 30, tzinfo=UTC),
        "road": datetime(2026, 11, 21, 10, 30, tzinfo=UTC),
        "dam": datetime(2026, 11, 21, 12, 20, tzinfo=UTC),
    }
    ms = {name: int(at.timestamp() * 1000) for name, at in of.items()}
    assert counted == {ms["gate"]: 1, ms["road"]: 3, ms["dam"]: 1}
    assert (bars[ms["gate"]]["operators"], bars[ms["gate"]]["per_operator"]) == (1, 1.0)
    assert (bars[ms["road"]]["operators"], bars[ms["road"]]["band"]) == (2, "manageable")
    assert board["load_now"]["count"] == 1
    assert board["load_now"]["per_operator"] == 0.5


def test_what_is_open_tells_who_has_it(board):
    held = {row["site"]: (row["state"], row["claimed_by"], row["acknowledged_by"]) for row in board["open"]}
    assert held == {
        "gate": ("active_acknowledged", "Budi", "Siti"),
        "dam": ("active_unacknowledged", "", ""),
        "old": ("active_unacknowledged", "", ""),
    }


def test_what_stands_is_shelved_or_silent_is_told(board):
    assert [row["site"] for row in board["standing"]] == ["old"]
    (shelf,) = board["shelved"]
    assert (shelf["by"], shelf["reason"], shelf["until"]) == (
        "Siti",
        "roadworks",
        int((NOW + timedelta(hours=1)).timestamp() * 1000),
    )
    assert [(row["site_name"], row["last_at"]) for row in board["dead"]] == [
        ("Stasiun Sunyi", int(before(hours=3).timestamp() * 1000))
    ]
    assert board["top"][0] | {"title": None} == {
        "rule": "jam",
        "site": "road",
        "site_name": "Road",
        "title": None,
        "count": 3,
        "chatter": 3,
    }


def test_notes_of_the_shift_before_are_not_of_this_one(board):
    assert [note["text"] for note in board["notes"]] == ["Pompa 2 dinyalakan"]


def test_an_incident_that_is_over_is_told_with_its_end(board):
    incidents = {one["first"]["site"]: one for one in board["incidents"]}
    assert incidents["road"]["until"] is not None
    assert incidents["gate"]["until"] is None


def test_a_board_without_anything_says_so(tmp_path):
    empty = CityDatabase(tmp_path)
    board = ShiftDesk(parts_of(empty)).board(NOW)
    assert (board["operators"], board["on_duty"], board["open"], board["sheets"]) == (1, [], [], [])
    assert board["kpis"]["median_s"] is None
    assert board["start"] == int(before(hours=8).timestamp() * 1000)
    empty.close()


def test_many_viewers_cost_one_reading_until_somebody_changes_something(city):
    desk = ShiftDesk(parts_of(city))
    first = desk.board(NOW)
    city.raise_alarm("mute", NOW, rule=SIAGA, value=1.0)
    assert desk.board(NOW + timedelta(seconds=1)) is first
    desk.forget()
    assert len(desk.board(NOW + timedelta(seconds=1))["open"]) == len(first["open"]) + 1
