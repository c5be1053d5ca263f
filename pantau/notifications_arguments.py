"""The words that `pantau notify` and `pantau notifications` understand."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from pantau.alarms_arguments import Actions, AddCommand
from pantau.parts import Folders


def add_notifications(commands: Actions, command: AddCommand) -> None:
    """Add `notify`, and `notifications` with its actions, to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    notify = command(commands, "notify", "tell people and machines of alarms until stopped")
    notify.set_defaults(run=_notify)
    notifications = commands.add_parser("notifications", help="who is told of which alarm, and who was")
    actions = notifications.add_subparsers(title="actions", required=True, metavar="ACTION")
    check = command(actions, "check", "tell which rule goes to whom, at which hours, and which to nobody")
    check.set_defaults(run=_notifications("check"))
    test = command(actions, "test", "send a message that says that it is a test")
    test.add_argument("channel", metavar="CHANNEL")
    test.set_defaults(run=_notifications("test"))
    listing = command(actions, "list", "list messages with their receipts, newest first")
    listing.add_argument("--failed", action="store_true", help="only those that nobody received")
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="show the newest N (default 20)")
    listing.set_defaults(run=_notifications("list_deliveries"))
    schema = command(actions, "schema", "print the JSON Schema of notifications.yaml, for editors")
    schema.set_defaults(run=_notifications("schema"))
    for action in (check, listing):
        action.add_argument("--json", action="store_true")


def _notify(folders: Folders, _given: argparse.Namespace) -> int:
    from pantau.notify_service import notify

    return notify(folders)


def _notifications(action: str) -> Callable[[Folders, argparse.Namespace], int]:
    def run(folders: Folders, given: argparse.Namespace) -> int:
        from pantau import notifications_command

        return int(getattr(notifications_command, action)(folders, given))

    return run
