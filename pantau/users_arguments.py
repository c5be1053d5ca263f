"""The words that `pantau users` understands."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from pantau.alarms_arguments import Actions, AddCommand
from pantau.parts import Folders
from people.roles import Role

_ROLES = [role.value for role in Role]


def add_users(commands: Actions, command: AddCommand) -> None:
    """Add `users` and its actions to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    users = commands.add_parser("users", help="who may sign in, in which role, and what they did")
    actions = users.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_account_actions(actions, command)
    sessions = actions.add_parser("sessions", help="who is signed in where")
    of_sessions = sessions.add_subparsers(title="actions", required=True, metavar="ACTION")
    _named(of_sessions, command, "end", "sign somebody out everywhere", run="end_sessions")
    trail = command(actions, "audit", "show who did what, when and from where")
    trail.add_argument("--from", dest="start", metavar="TIME", help="first instant wanted")
    trail.add_argument("--to", dest="end", metavar="TIME", help="first instant not wanted")
    trail.add_argument("--json", action="store_true")
    trail.set_defaults(run=_users("show_audit"))


def _add_account_actions(actions: Actions, command: AddCommand) -> None:
    add = _named(actions, command, "add", "make an account; its password is asked for", run="add")
    add.add_argument("--role", required=True, choices=_ROLES, help="what they are here for")
    listing = command(actions, "list", "list every account")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(run=_users("list_accounts"))
    _named(actions, command, "disable", "keep somebody out from now on", run="disable")
    _named(actions, command, "enable", "let somebody sign in again", run="enable")
    role = _named(actions, command, "role", "give somebody another role", run="set_role")
    role.add_argument("role", choices=_ROLES, metavar="ROLE", help=", ".join(_ROLES))
    password = _named(actions, command, "password", "give somebody another password", run="set_password")
    for action in (add, password):
        action.add_argument(
            "--password-stdin", action="store_true", help="read it from standard input, not the terminal"
        )


def _named(
    actions: Actions, command: AddCommand, name: str, says: str, *, run: str
) -> argparse.ArgumentParser:
    action = command(actions, name, says)
    action.add_argument("name", metavar="NAME")
    action.set_defaults(run=_users(run))
    return action


def _users(action: str) -> Callable[[Folders, argparse.Namespace], int]:
    def run(folders: Folders, given: argparse.Namespace) -> int:
        from pantau import users_command

        return int(getattr(users_command, action)(folders, given))

    return run
