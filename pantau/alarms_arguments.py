"""The words that `pantau alarms` understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

from pantau.parts import Folders

# argparse gives the type of its subcommands no public name.
Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
AddCommand = Callable[[Actions, str, str], argparse.ArgumentParser]
_OPERATIONS = {
    "ack": ("acknowledge", "say that you have seen it"),
    "claim": ("claim", "say that you are on it"),
    "release": ("release", "say that nobody is on it any more"),
    "comment": ("comment", "write something to it"),
    "assign": ("assign", "let another agency answer for it"),
    "shelve": ("shelve", "put it aside for a while; it comes back unacknowledged"),
    "unshelve": ("unshelve", "take it back from the shelf now"),
    "out-of-service": ("take_out_of_service", "take it out of service for maintenance"),
    "in-service": ("put_in_service", "put it back in service"),
}
_REASON = ("--reason", "text", "TEXT")
_WANTS = {
    "comment": (("--text", "text", "TEXT"),),
    "assign": (("--to", "text", "AGENCY"),),
    "shelve": (("--for", "lasting", "2h"), _REASON),
    "out-of-service": (_REASON,),
}


def add_alarms(commands: Actions, command: AddCommand) -> None:
    """Add `alarms` and its actions to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    alarms = commands.add_parser("alarms", help="what alarms, who has it, and what is put aside")
    actions = alarms.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = command(actions, "list", "list open alarms, one row per rule and site")
    which = listing.add_mutually_exclusive_group()
    which.add_argument("--active", action="store_true", help="only those that are active now")
    which.add_argument(
        "--shelved", action="store_true", help="only shelved and out of service, with time left"
    )
    which.add_argument("--all", action="store_true", help="every row that ever was")
    listing.add_argument(
        "--chatter", metavar="N/TIME", help="what is chatter, like 3/60s (default: the settings')"
    )
    listing.set_defaults(run=_alarms("list_alarms"))
    show = command(actions, "show", "show one row with everything that happened to it")
    show.add_argument("id", metavar="RULE/SITE")
    show.set_defaults(run=_alarms("show"))
    going_on = command(actions, "incidents", "list what goes on, by place and time")
    going_on.add_argument("--within", metavar="2h", help="how far apart its alarms may begin (2h)")
    going_on.set_defaults(run=_alarms("list_incidents"))
    report = command(actions, "report", "tell how the alarms served the operators, by ISA-18.2")
    report.add_argument("--from", dest="start", required=True, metavar="TIME", help="first instant wanted")
    report.add_argument("--to", dest="end", required=True, metavar="TIME", help="first instant not wanted")
    report.add_argument("--operators", type=int, default=1, metavar="N", help="how many share the alarms")
    report.add_argument(
        "--chatter", metavar="N/TIME", help="what is chatter, like 3/60s (default: the settings')"
    )
    report.add_argument("--format", choices=("text", "csv", "html", "json"), default="text")
    report.set_defaults(run=_alarms_report)
    for action in (listing, show, going_on):
        action.add_argument("--json", action="store_true")
    _add_operations(actions, command)


def _add_operations(actions: Actions, command: AddCommand) -> None:
    for name, (verb, says) in _OPERATIONS.items():
        action = command(actions, name, says)
        action.add_argument("ids", nargs="+", metavar="RULE/SITE")
        action.add_argument("--by", required=True, metavar="NAME", help="who you are; recorded as told")
        action.add_argument(
            "--seen", type=change_number, metavar="CHANGE", help="refuse if more has happened since"
        )
        for option, destination, metavar in _WANTS.get(name, ()):
            action.add_argument(option, dest=destination, required=True, metavar=metavar)
        action.set_defaults(run=_alarms("operate"), verb=verb)


def change_number(text: str) -> int:
    """Return a number of the journal; none is greater than what the database counts to."""
    return min(int(text), 2**63 - 1)


def _alarms(action: str) -> Callable[[Folders, argparse.Namespace], int]:
    def run(folders: Folders, given: argparse.Namespace) -> int:
        from pantau import alarms_command

        return int(getattr(alarms_command, action)(folders, given))

    return run


def _alarms_report(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.alarms_report import report

    return report(folders, given)
