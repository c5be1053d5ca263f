"""Replay: rows become messages in the order of the file, and nothing is lost without a reason."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.kinds import load_kinds
from simulators.mapping import load_mapping
from simulators.replay import Message, Unsendable, WrongColumns, plan, read_rows, run, shift_to_now

PROJECT = Path(__file__).parents[3]
DATA = PROJECT.parent / "shared" / "data"
KINDS = load_kinds(PROJECT / "config" / "kinds")
FLOOD = load_mapping(PROJECT / "config" / "mappings" / "jakarta_pintu_air.yaml", KINDS)
AIR = load_mapping(PROJECT / "config" / "mappings" / "jakarta_udara_ispu.yaml", KINDS)
HEADER = "nama_pintu_air,lokasi,latitude,longitude,tanggal,tinggi_air,status_siaga\n"
WIB = timezone(timedelta(hours=7))
NOW = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)


def flood_rows(*rows):
    return list(plan([HEADER, *(f"{row}\n" for row in rows)], FLOOD))


def gate(at, mm=6320, status="Status : Normal", name="PA. Manggarai"):
    return f'"{name}",Ciliwung,-6.2,106.8,"{at}",{mm},"{status}"'


def message(minute, device="d"):
    return Message(line=1, device_id=device, observed_at=NOW + timedelta(minutes=minute), values={"x": 1.0})


class Wire:
    """Keeps what was published and moves a clock when somebody sleeps."""

    def __init__(self):
        self.sent = []
        self.now = NOW
        self.progress = []

    def publish(self, topic, payload):
        self.sent.append((self.now, topic, json.loads(payload)))

    def sleep(self, seconds):
        assert seconds > 0
        self.now += timedelta(seconds=seconds)

    def run(self, rows, *, speed=None, shift=timedelta(0)):
        return run(
            rows,
            self,
            speed=speed,
            shift=shift,
            progress=lambda done, total: self.progress.append((done, total)),
            clock=lambda: self.now,
            sleep=self.sleep,
        )


def test_a_row_in_millimetres_and_wib_becomes_centimetres_and_utc():
    (row,) = flood_rows(gate("2020-01-02 00:40:00", 9690, "Status : Siaga 1"))
    assert row.topic == "pantau/v1/jkt-manggarai/telemetry"
    assert row.observed_at == datetime(2020, 1, 1, 17, 40, tzinfo=UTC)
    assert row.oracle == "jakarta_siaga1"
    assert json.loads(row.payload) == {
        "ts": "2020-01-01T17:40:00+00:00",
        "values": {"water_level_cm": 969.0},
    }


@pytest.mark.parametrize("mm", [3, 7, -1950, 0, 1497, 12_001])
def test_scaling_leaves_no_binary_dust(mm):
    (row,) = flood_rows(gate("2020-01-02 00:40:00", mm))
    assert row.values == {"water_level_cm": float(f"{mm / 10:.1f}")}


def test_spaces_around_a_name_do_not_make_another_gate():
    first, second = flood_rows(
        gate("2020-01-02 00:40:00", name="P.A. Istiqlal  "),
        gate("2020-01-02 00:50:00", name=" P.A. Istiqlal"),
    )
    assert first.device_id == second.device_id == "jkt-istiqlal"


UNSENDABLE = {
    "an unknown gate": (gate("2020-01-02 00:40:00", name="P.A. Nowhere"), "no id for 'P.A. Nowhere'"),
    "a time in other words": (gate("02/01/2020"), "'02/01/2020' is not a time like"),
    "the thirtieth of February": (gate("2020-02-30 00:00:00"), "is not a time"),
    "an empty level": (gate("2020-01-02 00:40:00", ""), "no value on the row"),
    "a level in words": (gate("2020-01-02 00:40:00", "banjir"), "tinggi_air 'banjir' is not a number"),
    "not a number": (gate("2020-01-02 00:40:00", "nan"), "'nan' is not a number"),
    "infinity": (gate("2020-01-02 00:40:00", "1e999"), "'1e999' is not a number"),
    "too few cells": ('"PA. Manggarai",Ciliwung', "not as many cells"),
    "too many cells": (gate("2020-01-02 00:40:00") + ",more", "not as many cells"),
    "a cell without end": (gate("2020-01-02 00:40:00") + "x" * 200_000, "field larger than field limit"),
}


@pytest.mark.parametrize(("row", "reason"), UNSENDABLE.values(), ids=UNSENDABLE.keys())
def test_a_row_that_cannot_be_sent_keeps_its_place_and_tells_why(row, reason):
    before, bad, after = flood_rows(gate("2020-01-02 00:40:00"), row, gate("2020-01-02 00:50:00"))
    assert isinstance(before, Message)
    assert isinstance(after, Message)
    assert isinstance(bad, Unsendable)
    assert reason in bad.reason
    assert bad.line == 3


def test_an_agency_label_that_nobody_mapped_is_no_label_but_the_row_is_sent():
    (row,) = flood_rows(gate("2020-01-02 00:40:00", status="Status : Awas"))
    assert isinstance(row, Message)
    assert row.oracle is None


def test_a_file_of_another_sort_is_refused_before_the_first_row():
    with pytest.raises(WrongColumns, match="no column nama_pintu_air"):
        list(plan(["ID,Tanggal,Value\n", "a,b,1\n"], FLOOD))


def test_an_empty_file_is_refused_too():
    with pytest.raises(WrongColumns):
        list(plan([], FLOOD))


def test_a_byte_order_mark_does_not_hide_the_first_column(tmp_path):
    path = tmp_path / "excel.csv"
    path.write_text("ID,Tanggal,Value\nUDR1,2025-04-10 12:00:00Z,79\n", encoding="utf-8-sig")
    (row,) = read_rows(path, AIR)
    assert (row.device_id, row.values) == ("UDR1", {"ispu": 79.0})
    assert row.observed_at == datetime(2025, 4, 10, 12, tzinfo=UTC)


def test_a_zone_in_the_text_wins_over_the_mapping():
    time = dataclasses.replace(AIR.time, format="%Y-%m-%dT%H:%M%z")
    mapping = dataclasses.replace(AIR, time=time)
    (row,) = plan(["ID,Tanggal,Value\n", "A,2025-04-10T12:00+07:00,1\n"], mapping)
    assert row.observed_at == datetime(2025, 4, 10, 12, tzinfo=WIB)


def test_rows_are_sent_in_the_order_of_the_file_even_when_the_clock_goes_back():
    wire = Wire()
    counts = wire.run([message(10), message(0), message(5)])
    assert [sent["ts"] for _, _, sent in wire.sent] == [
        "2026-03-03T05:10:00+00:00",
        "2026-03-03T05:00:00+00:00",
        "2026-03-03T05:05:00+00:00",
    ]
    assert wire.now == NOW
    assert (counts.rows, counts.sent) == (3, 3)


def test_the_gaps_are_divided_by_the_speed():
    wire = Wire()
    wire.run([message(0), message(60), message(90)], speed=60)
    assert [(at - NOW).total_seconds() for at, _, _ in wire.sent] == [0, 60, 90]


def test_a_late_row_is_sent_at_once_and_holds_nothing_up():
    wire = Wire()
    wire.run([message(0), message(60), message(-10_000), message(61)], speed=60)
    assert [(at - NOW).total_seconds() for at, _, _ in wire.sent] == [0, 60, 60, 61]


@pytest.mark.parametrize("speed", [0, -1])
def test_a_speed_of_nothing_is_refused(speed):
    with pytest.raises(ValueError, match="greater than 0"):
        Wire().run([message(0)], speed=speed)


def test_progress_counts_every_row_and_reasons_are_counted():
    wire = Wire()
    bad = Unsendable(line=3, reason="no value on the row")
    counts = wire.run([message(0), bad, bad])
    assert wire.progress == [(1, 3), (2, 3), (3, 3)]
    assert (counts.rows, counts.sent, counts.unsendable) == (3, 1, {"no value on the row": 2})


@given(
    minutes=st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=30),
    speed=st.none() | st.floats(0.1, 1e4),
)
def test_shifted_to_now_no_reading_comes_from_the_future_and_one_is_of_now(minutes, speed):
    rows = [message(minute) for minute in minutes]
    wire = Wire()
    wire.run(rows, speed=speed, shift=shift_to_now(rows, now=NOW, speed=speed))
    ages_s = [(at - datetime.fromisoformat(sent["ts"])).total_seconds() for at, _, sent in wire.sent]
    assert min(ages_s) == pytest.approx(0, abs=1e-3)


def test_at_speed_one_rows_in_order_are_sent_at_the_time_that_they_tell():
    rows = [message(-500), message(-400), message(-100)]
    wire = Wire()
    wire.run(rows, speed=1, shift=shift_to_now(rows, now=NOW, speed=1))
    assert all(at == datetime.fromisoformat(sent["ts"]) for at, _, sent in wire.sent)


def test_nothing_to_send_needs_no_shift():
    assert shift_to_now([Unsendable(line=2, reason="x")], now=NOW, speed=None) == timedelta(0)


@given(st.text())
def test_no_text_at_all_breaks_the_plan(text):
    for row in plan([HEADER, text], FLOOD):
        assert isinstance(row, Message | Unsendable)


def real(folder, name, mapping):
    path = DATA / folder / name
    if not path.exists():
        pytest.skip(f"real data are not here: ../shared/data/{folder}/{name}")
    return read_rows(path, mapping)


def test_the_jakarta_flood_is_read_to_the_row():
    rows = real("flood", "jakarta_pintu_air_2020-01.csv", FLOOD)
    assert len(rows) == 31_059
    assert all(isinstance(row, Message) for row in rows)
    told = {}
    for row in rows:
        key = (row.device_id, row.observed_at)
        assert told.setdefault(key, row.payload) == row.payload
    assert len(told) == 22_112
    assert len({device for device, _ in told}) == 21
    assert all(row.oracle for row in rows)


def test_every_gate_of_the_jakarta_flood_speaks_in_order_of_time():
    newest = {}
    for row in real("flood", "jakarta_pintu_air_2020-01.csv", FLOOD):
        assert newest.get(row.device_id, row.observed_at) <= row.observed_at
        newest[row.device_id] = row.observed_at


def test_the_limits_say_what_the_agency_said_on_every_row_of_the_usable_gates():
    rows = real("flood", "jakarta_pintu_air_2020-01.csv", FLOOD)
    limits = {site.id: site.thresholds.get("water_level_cm", {}) for site in FLOOD.sites}
    worst = ["jakarta_siaga1", "jakarta_siaga2", "jakarta_siaga3"]
    differing = set()
    for row in rows:
        level, levels = row.values["water_level_cm"], limits[row.device_id]
        said = next((label for label in worst if label in levels and level >= levels[label]), "normal")
        if said != row.oracle:
            differing.add(row.device_id)
    assert differing <= set(FLOOD.unusable)


def test_the_jakarta_air_is_read_to_the_row_with_its_disorder():
    rows = real("air", "jakarta_udara_ispu_2025-04-10_2025-05-11.csv", AIR)
    assert len(rows) == 137_047
    told, newest, late = {}, {}, 0
    for row in rows:
        key = (row.device_id, row.observed_at)
        assert told.setdefault(key, row.values) == row.values
        late += row.observed_at < newest.get(row.device_id, row.observed_at)
        newest[row.device_id] = max(row.observed_at, newest.get(row.device_id, row.observed_at))
    assert len(told) == 133_219
    assert len(newest) == 113
    assert late == 9_414


DEPOK = load_mapping(PROJECT / "config" / "mappings" / "jakarta_depok_10min.yaml", KINDS)
NAB = load_mapping(PROJECT / "config" / "mappings" / "nab_traffic.yaml", KINDS)


def test_day_and_hour_may_stand_in_two_columns_and_the_file_s_name_for_the_device():
    lines = ["Tanggal,Jam,Tinggi Air,sheet\n", "2023-02-12 00:00:00,18:40,2610,Feb\n"]
    (row,) = plan(lines, DEPOK, file="jakarta_tma_depok_10min_2023_q1")
    assert row.device_id == "jkt-depok"
    assert row.observed_at == datetime(2023, 2, 12, 18, 40, tzinfo=WIB)
    assert row.values == {"water_level_cm": 261.0}


def test_a_file_s_name_says_which_metric_its_column_holds():
    lines = ["timestamp,value\n", "2015-09-01 13:45:00,60\n"]
    (speed,) = plan(lines, NAB, file="speed_6005")
    (occupancy,) = plan(lines, NAB, file="occupancy_6005")
    assert speed.device_id == occupancy.device_id == "nab-6005"
    assert speed.values == {"speed_km_h": 96.56064}
    assert occupancy.values == {"occupancy_pct": 60.0}


def test_a_file_of_another_name_is_the_wrong_sort_of_file():
    with pytest.raises(WrongColumns, match="knows no metric for a file called 'exchange'"):
        list(plan(["timestamp,value\n"], NAB, file="exchange"))
