"""The replay's account of real files, to the row; skipped where the files are not at hand."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from support.brokers import free_port
from support.running import ROOT, RunningPantau, run

DATA = ROOT.parent / "shared" / "data"
FLOOD = DATA / "flood" / "jakarta_pintu_air_2020-01.csv"
SPEED = DATA / "traffic" / "nab_realTraffic" / "speed_7578.csv"
AIR = DATA / "air" / "jakarta_udara_ispu_2025-04-10_2025-05-11.csv"
AIR_ROWS = 30_000


@pytest.fixture
def state(tmp_path):
    pantau = RunningPantau(tmp_path / "state", "--port", str(free_port()), "--mqtt-port", str(free_port()))
    pantau.ready_url()
    yield tmp_path / "state"
    assert pantau.stop() == 0


def replayed(path: Path, mapping: str, state: Path) -> dict[str, object]:
    if not path.exists():
        pytest.skip(f"the real readings are not here: {path.name} (docs/real-data.md names their source)")
    answer = run("replay", str(path), "--mapping", mapping, "--json", state=state)
    assert answer.returncode == 0, answer.stderr + answer.stdout
    return json.loads(answer.stdout)


def test_the_jakarta_flood_is_accounted_for_and_the_rules_say_what_the_agency_said(state):
    account = replayed(FLOOD, "jakarta_pintu_air", state)
    assert (account["rows"], account["sent"]) == (31_059, 31_059)
    assert (account["stored"], account["duplicates"], account["rejected"]) == (22_112, 8_947, 0)
    assert account["distinct_in_file"] == account["distinct_stored"] == 22_112
    assert account["agreement"] >= 0.99
    again = replayed(FLOOD, "jakarta_pintu_air", state)
    assert (again["stored"], again["duplicates"]) == (0, 31_059)
    assert again["distinct_stored"] == 22_112


def test_a_series_whose_file_names_the_detector_is_accounted_for_and_has_its_unit(state):
    account = replayed(SPEED, "nab_traffic", state)
    assert (account["rows"], account["sent"], account["rejected"]) == (1_127, 1_127, 0)
    assert account["distinct_in_file"] == account["distinct_stored"]
    span = ("--from", "2015-09-08", "--to", "2015-09-18", "--out", str(state / "speeds.csv"))
    exported = run("export", "--kind", "traffic", *span, state=state)
    assert exported.returncode == 0, exported.stderr
    with (state / "speeds.csv").open(newline="") as file:
        first = next(csv.DictReader(file))
    assert (first["site_id"], float(first["speed_km_h"])) == ("nab-7578", round(73 * 1.609344, 6))


def test_days_of_jakarta_air_from_a_hundred_stations_are_accounted_for(tmp_path, state):
    # The whole month is in docs/real-data.md, with its command.
    if not AIR.exists():
        pytest.skip(f"the real readings are not here: {AIR.name} (docs/real-data.md names their source)")
    shutil.copy(AIR.with_name("jakarta_udara_stations.csv"), tmp_path)
    header, *rows = AIR.read_text().splitlines()[: AIR_ROWS + 1]
    (tmp_path / AIR.name).write_text("\n".join([header, *rows]) + "\n")
    stations = {row.split(",")[0] for row in rows}
    distinct = len({tuple(row.split(",")[:2]) for row in rows})
    assert len(stations) > 100
    assert distinct < len(rows)
    account = replayed(tmp_path / AIR.name, "jakarta_udara_ispu", state)
    assert (account["rows"], account["sent"]) == (AIR_ROWS, AIR_ROWS)
    assert (account["stored"], account["duplicates"], account["rejected"]) == (
        distinct,
        AIR_ROWS - distinct,
        0,
    )
    assert account["distinct_in_file"] == account["distinct_stored"] == distinct


def test_a_file_with_bad_rows_still_balances_and_every_reason_is_told(tmp_path, state):
    rows = [
        "nama_pintu_air,lokasi,latitude,longitude,tanggal,tinggi_air,status_siaga",
        'PA. Manggarai,Ciliwung,0,0,2020-01-01 00:10:00,6320,"Status : Normal"',
        'PA. Manggarai,Ciliwung,0,0,2020-01-01 00:10:00,6320,"Status : Normal"',
        'PA. Manggarai,Ciliwung,0,0,31/12/2019,6320,"Status : Normal"',
        'PA. Nowhere,Ciliwung,0,0,2020-01-01 00:20:00,100,"Status : Normal"',
        'PA. Manggarai,Ciliwung,0,0,2020-01-01 00:30:00,tinggi,"Status : Normal"',
        "PA. Manggarai",
    ]
    file = tmp_path / "short.csv"
    file.write_text("\n".join(rows) + "\n")
    account = json.loads(
        run("replay", str(file), "--mapping", "jakarta_pintu_air", "--json", state=state).stdout
    )
    assert account["balanced"] is True
    assert (account["sent"], account["stored"], account["duplicates"]) == (2, 1, 1)
    assert sum(account["not_sendable"].values()) == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("no-such-file.csv", "--mapping", "jakarta_pintu_air"), "cannot be read", id="no file"),
        pytest.param(
            ("README.md", "--mapping", "jakarta_pintu_air"), "has no column", id="another sort of file"
        ),
        pytest.param(("README.md", "--mapping", "nowhere"), "nowhere", id="no mapping"),
        pytest.param(("README.md", "--mapping", "jakarta_pintu_air", "--speed", "-1"), "above 0", id="speed"),
    ],
)
def test_a_wrong_word_is_one_clear_sentence(tmp_path, arguments, sentence):
    refused = run("replay", *arguments, state=tmp_path / "state")
    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_replay_without_a_running_ingest_says_what_to_start(tmp_path):
    file = tmp_path / "one.csv"
    file.write_text("nama_pintu_air,tanggal,tinggi_air,status_siaga\nPA. Manggarai,2020-01-01 00:10:00,1,x\n")
    refused = run("replay", str(file), "--mapping", "jakarta_pintu_air", state=tmp_path / "state")
    assert refused.returncode == 2
    assert "start `pantau up`" in refused.stderr
