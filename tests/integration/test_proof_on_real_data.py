"""The figures of docs/alarms.md about real data come out of a fresh run; skipped where the data are not."""

from __future__ import annotations

import json
import re

import pytest
from support.source import ROOT

from pantau.cli import main
from scripts.proof import RUNS, Run, table

DATA = ROOT.parent / "shared" / "data"
FAULTY_STATIONS = ("UDRAD99", "UDR1E2D", "UDR840C")
PAGE = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8")


def require(run: Run) -> None:
    missing = [name for name in (*run.files, run.known) if name and not (DATA / name).exists()]
    if missing:
        pytest.skip(f"the real readings are not here: {missing[0]} (docs/real-data.md names their source)")


def run_of(title: str) -> Run:
    return next(run for run in RUNS if run.title.startswith(title))


def test_every_run_has_its_place_in_the_docs_and_no_table_stands_there_that_nobody_runs():
    proof = PAGE.split("## What the rules caught on real data", 1)[1]
    assert re.findall(r"^### (.*)$", proof, re.MULTILINE)[: len(RUNS)] == [run.title for run in RUNS]
    assert proof.count("\n| rule |") == len(RUNS)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.title)
def test_the_table_of_the_docs_is_what_comes_out(run):
    require(run)
    section = PAGE.split(f"### {run.title}\n", 1)[1].split("\n### ", 1)[0]
    written = re.search(r"^\| rule \|.*?(?=\n\n|\Z)", section, re.MULTILINE | re.DOTALL)
    assert written is not None
    assert written.group().strip() == table(run, DATA)


def test_a_broken_air_sensor_raises_nothing_and_its_zeros_end_nothing(tmp_path, capsys):
    run = run_of("Air")
    require(run)
    faulty = tmp_path / "faulty.csv"
    header, *rows = (DATA / run.files[0]).read_text(encoding="utf-8-sig").splitlines(keepends=True)
    faulty.write_text(header + "".join(row for row in rows if row.startswith(FAULTY_STATIONS)))
    stations = "--stations", str(DATA / "air" / "jakarta_udara_stations.csv")
    main(["rules", "backtest", "--file", str(faulty), *run.words, *stations, "--json"])
    rules = json.loads(capsys.readouterr().out)["rules"]
    alarms = [alarm for rule in rules for alarm in rule["alarms"]]
    thousands = [
        a for a in alarms if a["site"] != "UDR840C" and "2025-04-21" <= a["raised_at"] < "2025-04-30"
    ]
    assert len(alarms) > len(thousands) == 0, "30,157 and 3,460 are the sensor"
    (unhealthy,) = [alarm for alarm in alarms if alarm["site"] == "UDR840C"]
    assert unhealthy["raised_at"].startswith("2025-04-22T15:00")
    assert unhealthy["ended_at"].startswith("2025-04-24T03:00"), "not at 18:00 on the 22nd, by a 0"


def test_depok_s_dropouts_are_no_rise_and_its_sixteen_metres_are_no_level(capsys):
    run = run_of("Depok every ten minutes")
    require(run)
    main([*run.arguments(DATA), "--json"])
    rules = {rule["rule"]: rule["alarms"] for rule in json.loads(capsys.readouterr().out)["rules"]}
    rises = [alarm["raised_at"] for alarm in rules["water_rises_steadily"]]
    dropouts = ("2023-01-01T00", "2023-03-01T0", "2023-03-21T1", "2023-03-22", "2023-03-25T0")
    assert not [at for at in rises if at.startswith(dropouts)]
    worst = [alarm["raised_at"] for level in "21" for alarm in rules[f"jakarta_siaga{level}"]]
    assert worst == ["2023-02-12T18:50:00+07:00"] * 2, "the two readings before the 16 m were believable"
