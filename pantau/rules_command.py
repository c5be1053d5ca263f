"""`pantau rules`: rules are checked, tested and tried on past data before anyone is woken by them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from alerts.rulebook.rule_book import Loaded, read_rule_files, read_rules
from alerts.rulebook.rule_schema import rule_schema
from alerts.rulebook.rules import Rule
from alerts.trial.rule_test_schema import rule_test_schema
from alerts.trial.rule_tests import Outcome, read_tests, tried
from alerts.trial.scope_faults import absences
from config.problems import ConfigError, Problem
from devices.kinds import Kind, load_kinds
from devices.registry import Site
from pantau.console import Refusal, complain, counted, say, say_json
from pantau.parts import Folders, registered_sites, rule_book
from storage.ports import StorageUnavailable


def schema(_folders: Folders, given: argparse.Namespace) -> int:
    """Print the JSON Schema of a rule file, or of a file of tests, for editors."""
    say_json(rule_test_schema() if given.tests else rule_schema())
    return 0


def check(folders: Folders, given: argparse.Namespace) -> int:
    """Tell every fault of the rule files; the answer is no when there is one."""
    kinds = load_kinds(folders.config / "kinds")
    in_force = rule_book(folders, kinds).by_file if (folders.config / "rules").is_dir() else {}
    loaded = (
        read_rule_files(given.files, kinds, in_force)
        if given.files
        else read_rules(folders.config / "rules", kinds, in_force)
    )
    rules = sum(len(held) for held in loaded.rules.values())
    warnings, notes = _absent(loaded, _sites(folders), kinds)
    if given.json:
        report = {"problems": loaded.problems, "warnings": warnings, "notes": notes}
        listed = {name: [asdict(problem) for problem in problems] for name, problems in report.items()}
        say_json({"files": len(loaded.rules), "rules": rules, **listed})
    else:
        for says, problems in (("", loaded.problems), ("warning: ", warnings), ("note: ", notes)):
            for problem in problems:
                say(str(replace(problem, message=says + problem.message)))
        right = f"{counted(rules, 'rule')} in {counted(len(loaded.rules), 'file')}"
        more = f", {counted(len(warnings), 'warning')}" if warnings else ""
        found = counted(len(loaded.problems), "problem")
        say(f"{right} {'is' if rules == 1 else 'are'} right; {found}{more}")
    return 1 if loaded.problems else 0


def _sites(folders: Folders) -> Mapping[str, Site]:
    """Return the sites by id; rules can be checked, and are, without a database that answers."""
    try:
        return registered_sites(folders)
    except (Refusal, StorageUnavailable) as error:
        complain(f"whether what the rules name is there cannot be looked up: {error}")
        return {}


def _absent(
    loaded: Loaded, sites: Mapping[str, Site], kinds: Mapping[str, Kind]
) -> tuple[list[Problem], list[Problem]]:
    """Return what the rules name that no site is or has, at its place: warnings, and what may well come."""
    rules = {rule.id: rule for held in loaded.rules.values() for rule in held}
    places = {
        rule.id: (document, number)
        for document in loaded.documents.values()
        for number, rule in enumerate(document.value.rules)
    }
    told: tuple[list[Problem], list[Problem]] = ([], [])
    for absence in absences(rules, sites, kinds):
        document, number = places[absence.rule_id]
        says = f"rule '{absence.rule_id}': {absence.message}"
        told[absence.is_note].append(document.problem(says, "rules", number, *absence.keys))
    return told


def test(folders: Folders, given: argparse.Namespace) -> int:
    """Run the rules' tests on the live engine; the answer is no when one of them fails or cannot be run."""
    kinds = load_kinds(folders.config / "kinds")
    rules, is_complete = rules_that_are_right(folders.config / "rules", kinds)
    files = given.files or sorted((folders.config / "rules" / "tests").glob("*.yaml"))
    tests = [
        (path, test) for path in files for test in read_tests(path, rules, kinds, is_complete=is_complete)
    ]
    outcomes = [(path, tried(test, rules, kinds)) for path, test in tests]
    if given.json:
        say_json([{"file": str(path), "passed": one.is_passed, **asdict(one)} for path, one in outcomes])
    else:
        for path, outcome in outcomes:
            _tell_outcome(path.name, outcome)
        failed = sum(not (outcome.is_passed or outcome.untried) for _, outcome in outcomes)
        untried = sum(bool(outcome.untried) for _, outcome in outcomes)
        say(f"{len(outcomes)} tests, {failed} failed" + (f", {untried} not tried" if untried else ""))
    return 0 if all(outcome.is_passed for _, outcome in outcomes) else 1


def rules_that_are_right(folder: Path, kinds: Mapping[str, Kind]) -> tuple[dict[str, Rule], bool]:
    """Return the rules of the files that are right, by id, and whether that is all; the others are told.

    Raises:
        ConfigError: The faults of all files, when none is right; or the folder does not exist.
    """
    loaded = read_rules(folder, kinds)
    if loaded.problems and not loaded.rules:
        raise ConfigError(loaded.problems)
    for problem in loaded.problems:
        complain(f"left out: {problem}")
    return {rule.id: rule for held in loaded.rules.values() for rule in held}, not loaded.problems


def _tell_outcome(file: str, outcome: Outcome) -> None:
    mark = "-     " if outcome.untried else "ok    " if outcome.is_passed else "FAILED"
    say(f"{mark} {file}: {outcome.name}")
    for rule_id in outcome.untried:
        say(f"       not tried: no file that is right holds rule '{rule_id}'")
    for event in outcome.missing:
        say(f"       did not come:     {event}")
    for event in outcome.unexpected:
        say(f"       was not expected: {event}")
