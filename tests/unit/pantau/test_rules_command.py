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
