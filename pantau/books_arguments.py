"""The words that `pantau ledger` and `pantau deadletters` understand."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from pantau.alarms_arguments import Actions, AddCommand
from pantau.parts import Folders


def add_books(commands: Actions, command: AddCommand) -> None:
    """Add `ledger`, and `deadletters` with its actions, to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    ledger = command(commands, "ledger", "balance what was received with what became of it")
    ledger.add_argument("--since", metavar="TIME", help="only hours that begin at it or later")
    ledger.add_argument("--device", metavar="ID")
    ledger.add_argument("--json", action="store_true")
    ledger.set_defaults(run=_ledger)
    letters = commands.add_parser("deadletters", help="messages that could not become readings")
    actions = letters.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = command(actions, "list", "list them, with their reasons")
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="show the newest N (default 20)")
    listing.set_defaults(run=_letters("list_letters"), ids=[])
    show = command(actions, "show", "show one with all its bytes")
    show.add_argument("id", type=int, metavar="NUMBER")
    show.set_defaults(run=_letters("show"))
    replay = command(actions, "replay", "try them again, after a mapping was mended")
    replay.set_defaults(run=_letters("replay"))
    drop = command(actions, "drop", "let them go; the ledger goes on counting them")
    drop.set_defaults(run=_letters("drop"))
    for action in (replay, drop):
        action.add_argument("ids", type=int, nargs="*", metavar="NUMBER")
        action.add_argument("--all", action="store_true", help="every one of them")
    for action in (listing, replay, drop):
        action.add_argument("--device", metavar="ID")
        action.add_argument("--reason", metavar="TEXT", help="only reasons that hold this text")
    for action in (listing, show):
        action.add_argument("--json", action="store_true")


def _ledger(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.ledger_command import ledger

    return ledger(folders, given)


def _letters(action: str) -> Callable[[Folders, argparse.Namespace], int]:
    def run(folders: Folders, given: argparse.Namespace) -> int:
        from pantau import deadletters_command

        return int(getattr(deadletters_command, action)(folders, given))

    return run
