"""`pantau users`: accounts, their sessions and the audit trail, from the machine's own terminal."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.settings import Settings, load_settings
from pantau.console import Refusal, say, say_json, say_table
from pantau.export import instant
from pantau.parts import Folders, open_database
from people.account_desk import AccountDesk, AccountTaken, UnknownAccount
from people.accounts import Account, NameRefused, PasswordRefused
from people.audit import COMMAND_LINE, AuditEntry
from people.audit_table import audit_entries
from people.people_table import accounts
from people.roles import Role
from people.sessions import is_over
from people.sessions_table import sessions_of
from storage.database import Database


def add(folders: Folders, given: argparse.Namespace) -> int:
    """Make an account with a password that is typed twice, or read from standard input."""
    with _desk(folders) as desk:
        account = desk.add(given.name, Role(given.role), _new_password(given))
    say(f"{account.name} may sign in as {account.role.value}.")
    return 0


def list_accounts(folders: Folders, given: argparse.Namespace) -> int:
    """List every account with its role and how many sessions it has."""
    settings = load_settings(folders.config)
    now = datetime.now(UTC)
    with open_database(folders, settings) as database:
        rows = _account_rows(database, settings, now)
    if given.json:
        say_json(rows)
    elif rows:
        say_table(rows)
    else:
        say("Nobody can sign in yet; `pantau users add NAME --role admin` makes the first account.")
    return 0


def disable(folders: Folders, given: argparse.Namespace) -> int:
    """Keep somebody out from now on."""
    with _desk(folders) as desk:
        desk.disable(given.name)
    say(f"{given.name} can no longer sign in, and open pages end within seconds.")
    return 0


def enable(folders: Folders, given: argparse.Namespace) -> int:
    """Let somebody sign in again."""
    with _desk(folders) as desk:
        desk.enable(given.name)
    say(f"{given.name} may sign in again.")
    return 0


def set_role(folders: Folders, given: argparse.Namespace) -> int:
    """Give somebody another role."""
    with _desk(folders) as desk:
        desk.set_role(given.name, Role(given.role))
    say(f"{given.name} is {given.role} now.")
    return 0


def set_password(folders: Folders, given: argparse.Namespace) -> int:
    """Give somebody another password, and sign them out everywhere."""
    with _desk(folders) as desk:
        desk.set_password(given.name, _new_password(given))
    say(f"{given.name} has a new password and is signed out everywhere.")
    return 0


def end_sessions(folders: Folders, given: argparse.Namespace) -> int:
    """Sign somebody out everywhere."""
    with _desk(folders) as desk:
        ended = desk.end_sessions(given.name)
    say(f"{given.name} is signed out everywhere; sessions ended: {ended}.")
    return 0


def show_audit(folders: Folders, given: argparse.Namespace) -> int:
    """Show the audit trail, the oldest line first."""
    settings = load_settings(folders.config)
    zone = ZoneInfo(settings.time_zone)
    start, end = (instant(text, zone) if text else None for text in (given.start, given.end))
    with open_database(folders, settings) as database, database.reading() as connection:
        rows = [_audit_row(entry, zone) for entry in audit_entries(connection, start=start, end=end)]
    if given.json:
        say_json(rows)
    else:
        say_table([row | {"details": _in_words(row["details"])} for row in rows])
    return 0


def os_user() -> str:
    """Return who types commands on this machine, as the audit trail writes it."""
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError):
        return "os:unknown"  # a container may run as a number that has no name


@contextlib.contextmanager
def _desk(folders: Folders) -> Iterator[AccountDesk]:
    """Give the desk of accounts; what it refuses becomes one sentence."""
    with open_database(folders, load_settings(folders.config)) as database:
        try:
            yield AccountDesk(
                database=database, by=os_user(), origin=COMMAND_LINE, clock=lambda: datetime.now(UTC)
            )
        except (AccountTaken, UnknownAccount, NameRefused, PasswordRefused) as error:
            raise Refusal(str(error.args[0])) from error


def _new_password(given: argparse.Namespace) -> str:
    if given.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Refusal("a password is typed on a terminal; let a program write it to --password-stdin")
    typed = getpass.getpass("New password: ")
    if getpass.getpass("Again: ") != typed:
        raise Refusal("the two passwords differ; try again")
    return typed


def _account_rows(database: Database, settings: Settings, now: datetime) -> list[dict[str, object]]:
    with database.reading() as connection:
        signed_in = {
            account: [
                session
                for session in sessions_of(connection, account.id)
                if not is_over(session, settings.sessions, now)
            ]
            for account in accounts(connection)
        }
    zone = ZoneInfo(settings.time_zone)
    return [_account_row(account, len(sessions), zone) for account, sessions in signed_in.items()]


def _account_row(account: Account, sessions: int, zone: ZoneInfo) -> dict[str, object]:
    disabled_at = account.disabled_at.astimezone(zone) if account.disabled_at else None
    return {
        "name": account.name,
        "role": account.role.value,
        "provider": account.issuer,
        "since": account.since.astimezone(zone).isoformat(timespec="seconds"),
        "disabled": disabled_at.isoformat(timespec="seconds") if disabled_at else None,
        "sessions": sessions,
    }


def _audit_row(entry: AuditEntry, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": entry.at.astimezone(zone).isoformat(timespec="seconds"),
        "by": entry.by,
        "act": entry.act.value,
        "about": entry.about,
        "origin": entry.origin,
        "details": dict(entry.details),
    }


def _in_words(details: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in details.items())
