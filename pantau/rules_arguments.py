"""The words that `pantau sources` and `pantau rules` understand."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from pantau.alarms_arguments import Actions, AddCommand
from pantau.backtest_arguments import add_backtest_arguments
from pantau.parts import Folders


def add_sources(commands: Actions, command: AddCommand) -> None:
    """Add `sources` and its actions to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    sources = commands.add_parser("sources", help="whose messages are taken, and what they become")
    actions = sources.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = command(actions, "list", "check every source file and list them")
    listing.set_defaults(run=_sources_list)
    test = command(actions, "test", "show step by step what a message becomes")
    test.add_argument("file", type=Path, metavar="FILE", help="a source file, enabled or not")
    test.add_argument("--topic", required=True, metavar="T")
    test.add_argument("--payload", required=True, metavar="P", help="the text, @FILE, or - to read it")
    test.add_argument("--received-at", metavar="TIME", help="when it came (default now)")
    test.set_defaults(run=_sources_test)
    for action in (listing, test):
        action.add_argument("--json", action="store_true")


def add_rules(commands: Actions, command: AddCommand) -> None:
    """Add `rules` and its actions to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    rules = commands.add_parser("rules", help="check rules, and try them before anyone is woken by them")
    actions = rules.add_subparsers(title="actions", required=True, metavar="ACTION")
    schema = command(actions, "schema", "print the JSON Schema of a rule file, for editors")
    schema.add_argument("--tests", action="store_true", help="that of a file of tests instead")
    schema.set_defaults(run=_rules("schema"))
    check = command(actions, "check", "tell every fault of the rule files with its line")
    check.add_argument("files", type=Path, nargs="*", metavar="FILE", help="default: the configuration's")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_rules("check"))
    test = command(actions, "test", "run the tests that stand beside the rules")
    test.add_argument("files", type=Path, nargs="*", metavar="FILE", help="default: those of rules/tests")
    test.add_argument("--json", action="store_true")
    test.set_defaults(run=_rules("test"))
    backtest = command(actions, "backtest", "tell what rules would have done on the stored readings")
    add_backtest_arguments(backtest)
    backtest.set_defaults(run=_rules_backtest)


def _sources_list(folders: Folders, given: argparse.Namespace) -> int:
    from pantau import sources_command

    return sources_command.list_sources(folders, given)


def _sources_test(folders: Folders, given: argparse.Namespace) -> int:
    from pantau import sources_command

    return sources_command.test(folders, given)


def _rules_backtest(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.backtest_command import backtest

    return backtest(folders, given)


def _rules(action: str) -> Callable[[Folders, argparse.Namespace], int]:
    def run(folders: Folders, given: argparse.Namespace) -> int:
        from pantau import rules_command

        return int(getattr(rules_command, action)(folders, given))

    return run
