import json

import pytest
from support.alarming import at
from support.ruling import SITES, series
from support.source import ROOT

from devices.registry import Device, Registration
from devices.registry_table import register
from pantau.cli import main
from storage.database import Database
from storage.embedded import EmbeddedReadings

CORPUS = ROOT / "tests" / "data" / "rules"


@pytest.fixture
def said(capsys):
    def run(*words):
        code = main(["rules", *map(str, words)])
        return code, capsys.readouterr()

    return run


def test_the_schema_is_printed_as_json(said):
    code, told = said("schema")
    assert code == 0
    assert json.loads(told.out)["title"] == "Pantau alarm rules"


def test_the_shipped_rules_are_right(said):
    code, told = said("check")
    assert code == 0
    assert told.out.strip().endswith("files are right; 0 problems")


def test_faults_are_told_with_their_places_and_the_answer_is_no(said):
    bad = CORPUS / "misspelt_key.bad.yaml"
    code, told = said("check", bad, CORPUS / "every_form.good.yaml")
    assert code == 1
    assert told.out.startswith(f"{bad}:9:5: unknown key 'pendng'")
    assert told.out.strip().endswith("4 rules in 1 files are right; 1 problems")


def test_check_can_be_read_by_programs(said):
    code, told = said("check", "--json", CORPUS / "negative_deadband.bad.yaml")
    (problem,) = json.loads(told.out)["problems"]
    assert (code, problem["line"]) == (1, 3)


def test_the_shipped_tests_pass(said):
    code, told = said("test")
    assert code == 0
    assert told.out.strip().endswith("tests, 0 failed")


def test_a_failing_test_is_a_no_and_tells_both_sides(said, tmp_path):
    shipped = (ROOT / "config" / "rules" / "tests" / "traffic.yaml").read_text(encoding="utf-8")
    (tmp_path / "traffic.yaml").write_text(shipped.replace("at: 9m", "at: 8m"), encoding="utf-8")
    code, told = said("test", tmp_path / "traffic.yaml")
    assert code == 1
    assert "did not come:     0h08m cleared traffic_jam at link" in told.out
    assert "was not expected: 0h09m cleared traffic_jam at link" in told.out


# back-test

DAY = ("--from", "2026-01-01T13:00", "--to", "2026-01-02T13:00")


@pytest.fixture
def tried(said, tmp_path):
    """Run a back-test on a day of one road: ten minutes of jam, and a speed that dances around the limit."""
    speeds = [40] * 60 + [5] * 10 + [40] * 60 + [9, 16] * 3
    readings = EmbeddedReadings(tmp_path / "readings.sqlite")
    readings.write(series(speeds, every=1, site="link", kind="traffic", metric="speed_km_h"))
    readings.close()
    database = Database.in_folder(tmp_path)
    database.upgrade()
    with database.transaction() as connection:
        device = Device(id="link.traffic", kind="traffic")
        register(connection, [Registration(site=SITES["link"], device=device, since=at(-60))])
    database.close()
    return lambda *words: said("backtest", "--state", tmp_path, *DAY, "--rule", "traffic_jam", *words)


def test_backtest_tells_what_a_rule_would_have_done_on_the_stored_readings(tried):
    code, told = tried()
    assert code == 0
    assert "3 shifts of 8 hours" in told.out
    assert "traffic_jam: would have fired once, 0.33 per shift" in told.out
    assert "longest    9 min at link" in told.out


def test_backtest_can_be_read_by_programs_and_drawn(tried, tmp_path):
    code, told = tried("--json", "--chart", tmp_path / "jam.svg")
    (rule,) = json.loads(told.out)["rules"]
    assert code == 0
    assert (rule["fired"], rule["by_site"], rule["longest_s"]) == (1, {"link": 1}, 540)
    assert (tmp_path / "jam.svg").read_text(encoding="utf-8").startswith("<svg")


def test_backtest_tries_rules_that_are_not_in_force(tried, tmp_path):
    shipped = (ROOT / "config" / "rules" / "traffic.yaml").read_text(encoding="utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "traffic.yaml").write_text(
        shipped.replace("below: 10\n    clear: 15\n    pending: 1m", "below: 10\n    pending: 0s"),
        encoding="utf-8",
    )
    code, told = tried("--rules", tmp_path / "rules", "--json")
    assert code == 0
    (rule,) = json.loads(told.out)["rules"]
    assert rule["fired"] == 4
    assert rule["chattering"] == {"link": [3]}


def test_missed_event_is_a_no(tried, tmp_path):
    events = tmp_path / "events.csv"
    events.write_text("name,start,end\ncrash,2026-01-01T14:02,2026-01-01T14:30\n", encoding="utf-8")
    code, told = tried("--events", events)
    assert (code, "caught 1 of 1" in told.out) == (0, True)
    events.write_text("name,start,end\nquiet,2026-01-01T20:00,2026-01-01T21:00\n", encoding="utf-8")
    code, told = tried("--events", events)
    assert (code, "MISSED  quiet, 2026-01-01 20:00" in told.out) == (1, True)


def test_what_is_still_to_come_is_nobodys_silence(said, tried, tmp_path):
    code, told = said("backtest", "--state", tmp_path, "--from", "2999-01-01", "--to", "2999-01-02")
    assert code == 2
    assert "or not in the past" in told.err


def test_rule_that_does_not_exist_is_told(tried):
    code, told = tried("--rule", "traffic_yam")
    assert code == 2
    assert "there is no rule 'traffic_yam'; known: " in told.err
