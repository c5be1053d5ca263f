"""The page about rules says what the code does."""

import dataclasses
import re

import pytest
from support.ruling import KINDS, rule_of
from support.source import ROOT

from alerts.rulebook.limits import Limits
from alerts.rulebook.rule_faults import faults_between
from alerts.rulebook.rules import Rule, RuleFile, load_rules
from alerts.rulebook.when import Source, When
from alerts.trial.rule_tests import read_tests, tried
from config.loader import read_document

PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^when:.*?(?=^#)", PAGE.split("## Conditions", 1)[1], re.MULTILINE | re.DOTALL)


def rows(head: str) -> dict[str, str]:
    table = PAGE.split(head, 1)[1].split("\n\n", 1)[0]
    found = re.findall(r"^\| (`[^|]+) \| ([^|]*?) ?\|", table, re.MULTILINE)
    return {name: says for names, says in found for name in re.findall(r"`(\w+)`", names)}


def own_keys(condition: type) -> set[str]:
    inherited = {f.name for each in (Limits, Source) for f in dataclasses.fields(each)}
    return {f.name for f in dataclasses.fields(condition)} - inherited


def test_every_key_of_a_rule_is_explained_and_no_other():
    assert set(rows("| key | meaning | default |\n|---|---|---|\n")) == {
        field.name for field in dataclasses.fields(Rule)
    }


def test_every_condition_is_listed_with_its_keys_and_no_other():
    from alerts.rulebook import when

    listed = rows("| condition | keys of its own |\n|---|---|\n")
    assert set(listed) == {field.name for field in dataclasses.fields(When)}
    classes = {"rise": when.Slope, "window": when.Window, "unusual": when.Unusual, "flat": when.Flat}
    classes |= {"value": when.Value, "silent": when.Silent, "count": when.Count}
    for name, condition in classes.items():
        told = set(re.findall(r"`(\w+)`", listed[name]))
        assert told - {"deadband"} == own_keys(condition) - {"deadband"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split(": ", 1)[-1][:20].strip())
def test_every_example_can_be_loaded(example, tmp_path):
    scope = "sites: [post]" if "at:" in example else ""
    rule_of(tmp_path, f"{example}\n{scope}")
    assert faults_between([read_document(tmp_path / "tried.yaml", RuleFile)], KINDS) == []


def test_every_condition_has_an_example():
    shown = set(re.findall(r"\b([a-z]+):", " ".join(EXAMPLES)))
    assert {f.name for f in dataclasses.fields(When)} - shown <= {"any", "fall"}


def test_the_example_of_a_test_passes(tmp_path):
    example = PAGE.split("## Testing rules", 1)[1].split("```yaml\n", 1)[1].split("```", 1)[0]
    path = tmp_path / "example.yaml"
    path.write_text(example, encoding="utf-8")
    rules = load_rules(ROOT / "config" / "rules", KINDS)
    (test,) = read_tests(path, rules, KINDS)
    assert tried(test, rules, KINDS).is_passed
