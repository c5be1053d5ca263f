"""The JSON Schema that editors use says what the loader says, as far as one file tells it."""

import jsonschema
import pytest
import yaml
from support.source import ROOT

from alerts.rulebook.rule_schema import rule_schema
from alerts.trial.rule_test_schema import rule_test_schema

SCHEMA = rule_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
TEST_SCHEMA = rule_test_schema()
TEST_VALIDATOR = jsonschema.Draft202012Validator(TEST_SCHEMA)
CORPUS = ROOT / "tests" / "data" / "rules"
# What needs the kinds, another rule or arithmetic to be seen; only the loader sees it.
BEYOND_A_SCHEMA = {
    "clear_below_a_low_limit",
    "clear_beside_a_site_limit",
    "clear_on_the_wrong_side",
    "count_within_all",
    "deep_wrong_metric",
    "duplicate_id",
    "includes_itself",
    "includes_unknown",
    "limit_in_millimetres",
    "limit_is_not_a_number",
    "neighbour_without_scope",
    "outside_upside_down",
    "rise_of_nothing",
    "unknown_kind",
    "unknown_metric",
    "window_too_short",
}


def faults(path):
    return [
        error.message for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))
    ]


def test_the_schema_is_itself_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config" / "rules").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_shipped_file_fits_the_schema(path):
    assert faults(path) == []


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.good.yaml")), ids=lambda path: path.stem)
def test_every_way_to_write_a_rule_fits_the_schema(path):
    assert faults(path) == []


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.bad.yaml")), ids=lambda path: path.stem)
def test_bad_file_does_not_fit_unless_only_the_loader_can_see_why(path):
    assert (faults(path) == []) == (path.name.removesuffix(".bad.yaml") in BEYOND_A_SCHEMA)


@pytest.mark.parametrize("schema", [SCHEMA, TEST_SCHEMA], ids=["rules", "tests"])
def test_editors_can_say_what_every_key_means(schema):
    silent = [
        f"{name}.{key}"
        for name, definition in schema["$defs"].items()
        for key, value in definition["properties"].items()
        if not value.get("description")
    ]
    assert [key for key in silent if not key.startswith("Label.")] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config" / "rules" / "tests").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_shipped_file_of_tests_fits_its_schema(path):
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [error.message for error in TEST_VALIDATOR.iter_errors(document)] == []


def scenario(**changed: object) -> dict[str, object]:
    series = {"site": "gate", "kind": "flood", "values": [1, "55 x 20", "-1.5 .. .5 x 7", None]}
    expected = {"at": "10m", "rule": "high_water", "site": "gate", "event": "cleared"}
    test = {
        "name": "n",
        "rules": ["high_water"],
        "sites": {"gate": {}},
        "readings": [series],
        "expect": [expected],
    }
    return {"tests": [test | changed]}


def test_every_way_to_write_a_series_fits_the_schema():
    assert TEST_VALIDATOR.is_valid(scenario())


@pytest.mark.parametrize(
    "changed",
    [
        {"readings": [{"site": "gate", "kind": "flood", "values": ["55 times 20"]}]},
        {"readings": [{"site": "gate", "kind": "flood", "values": ["1.2.3 x 4"]}]},
        {"readings": [{"site": "gate", "kind": "flood", "values": [True]}]},
        {"expect": [{"at": 600, "rule": "high_water", "site": "gate"}]},
        {"expect": [{"at": "10m", "rule": "high_water", "site": "gate", "event": "over"}]},
        {"rules": []},
        {"untill": "1h"},
    ],
    ids=[
        "no series",
        "no number",
        "a truth",
        "a time without unit",
        "no such event",
        "no rule",
        "a misspelt key",
    ],
)
def test_a_wrong_file_of_tests_does_not_fit(changed):
    assert not TEST_VALIDATOR.is_valid(scenario(**changed))
