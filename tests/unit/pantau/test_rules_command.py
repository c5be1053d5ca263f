import json

import pytest
from support.source import ROOT

from pantau.cli import main

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
