import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.journal.alarms import Severity
from alerts.rulebook.rules import SiteLimit, load_rules
from config.problems import ConfigError
from devices.kinds import load_kinds

PROJECT = Path(__file__).parents[4]
CORPUS = PROJECT / "tests" / "data" / "rules"
KINDS = load_kinds(PROJECT / "config" / "kinds")


@pytest.fixture
def folder(tmp_path):
    def with_files(*names: str) -> Path:
        for name in names:
            shutil.copy(CORPUS / name, tmp_path / name)
        return tmp_path

    return with_files


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_rules(folder, KINDS)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.mark.parametrize("bad", sorted(CORPUS.glob("*.bad.yaml")), ids=lambda path: path.name)
def test_bad_rule_file_is_told_with_its_one_fault_and_place(bad, folder):
    expected = bad.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    (problem,) = problems_of(folder(bad.name))
    assert problem.startswith(expected)


def test_faults_of_several_files_are_told_together(folder):
    names = [
        "unknown_kind.bad.yaml",
        "misspelt_key.bad.yaml",
        "every_form.good.yaml",
        "above_and_below.bad.yaml",
    ]
    told = problems_of(folder(*names))
    assert [problem.split(":")[0] for problem in told] == [
        "above_and_below.bad.yaml",
        "misspelt_key.bad.yaml",
        "unknown_kind.bad.yaml",
    ]


def test_rule_id_used_in_two_files_is_told_with_the_other_place(folder, tmp_path):
    folder("every_form.good.yaml")
    shutil.copy(CORPUS / "every_form.good.yaml", tmp_path / "again.yaml")
    told = problems_of(tmp_path)
    assert len(told) == 4
    assert told[0] == (
        f"every_form.good.yaml:3:9: rule 'shortest' exists already at {tmp_path}/again.yaml:3;"
        " give this one another id"
    )


def test_every_form_of_a_rule_is_read(folder):
    rules = load_rules(folder("every_form.good.yaml"), KINDS)
    assert list(rules) == ["shortest", "own_limit_of_the_site", "low_with_clear", "with_a_condition"]
    shortest, own, low, grown = rules.values()
    assert (shortest.limit, shortest.pending, shortest.deadband, shortest.sites) == (
        100.0,
        timedelta(0),
        0.0,
        None,
    )
    assert own.limit == SiteLimit(site="jakarta_siaga2")
    assert (own.pending, own.sites) == (timedelta(seconds=90), ("jkt-manggarai",))
    assert own.severity is Severity.CRITICAL
    assert (low.limit, low.clear, low.is_upward) == (10.5, 15.0, False)
    assert low.title.id == "Tidak"
    assert grown.off_delay == timedelta(minutes=10)
    assert [type(leaf).__name__ for leaf in grown.condition.leaves()] == ["Slope", "Value", "Window"]


def test_folder_without_files_holds_no_rules(tmp_path):
    assert load_rules(tmp_path, KINDS) == {}


def test_missing_folder_is_told(tmp_path):
    assert problems_of(tmp_path / "rules")[0].endswith("name another one with --config")


# the rules that come with Pantau


@pytest.fixture(scope="module")
def shipped():
    return load_rules(PROJECT / "config" / "rules", KINDS)


def test_shipped_rules_load(shipped):
    kinds = {"flood", "rain", "air", "air_plantower", "ispu", "traffic", "pantau"}
    assert {rule.kind for rule in shipped.values()} == kinds


@pytest.mark.parametrize(
    ("label", "severity"),
    [
        ("bengawan_solo_siaga1", Severity.LOW),
        ("bengawan_solo_siaga2", Severity.HIGH),
        ("bengawan_solo_siaga3", Severity.CRITICAL),
        ("jakarta_siaga3", Severity.LOW),
        ("jakarta_siaga2", Severity.HIGH),
        ("jakarta_siaga1", Severity.CRITICAL),
    ],
)
def test_siaga_counts_up_on_the_bengawan_solo_and_down_in_jakarta(shipped, label, severity):
    (rule,) = [rule for rule in shipped.values() if rule.limit == SiteLimit(site=label)]
    assert rule.severity is severity


def test_jakarta_rules_say_at_once_what_the_agency_says(shipped):
    for rule in shipped.values():
        if rule.id.startswith("jakarta_"):
            assert (rule.pending, rule.deadband) == (timedelta(0), 0.0)


def test_no_shipped_flood_rule_waits_longer_than_two_minutes(shipped):
    assert all(rule.pending <= timedelta(minutes=2) for rule in shipped.values() if rule.kind == "flood")
