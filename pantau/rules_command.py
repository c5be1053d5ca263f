"""`pantau rules`: rules are checked, tested and tried on past data before anyone is woken by them."""

from __future__ import annotations

import argparse

from alerts.rule_book import read_rule_files, read_rules
from alerts.rule_schema import rule_schema
from devices.kinds import load_kinds
from pantau.console import say, say_json
from pantau.parts import Folders


def schema(_folders: Folders, _given: argparse.Namespace) -> int:
    """Print the JSON Schema of a rule file, for editors."""
    say_json(rule_schema())
    return 0


def check(folders: Folders, given: argparse.Namespace) -> int:
    """Tell every fault of the rule files; the answer is no when there is one."""
    kinds = load_kinds(folders.config / "kinds")
    loaded = (
        read_rule_files(given.files, kinds) if given.files else read_rules(folders.config / "rules", kinds)
    )
    rules = sum(len(held) for held in loaded.rules.values())
    if given.json:
        problems = [
            {"path": p.path, "line": p.line, "column": p.column, "message": p.message}
            for p in loaded.problems
        ]
        say_json({"files": len(loaded.rules), "rules": rules, "problems": problems})
    else:
        for problem in loaded.problems:
            say(str(problem))
        say(f"{rules} rules in {len(loaded.rules)} files are right; {len(loaded.problems)} problems")
    return 1 if loaded.problems else 0
