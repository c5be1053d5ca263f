"""The command line: words into calls, errors into one sentence and an exit code.

The words of each subject stand in its `*_arguments` module. Each command imports what it needs when it is
called: `pantau devices list` need not wait for Dash.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import config
import pantau
from config.problems import ConfigError
from pantau.alarms_arguments import Actions, add_alarms
from pantau.books_arguments import add_books
from pantau.console import Refusal, complain
from pantau.data_arguments import add_data
from pantau.devices_arguments import add_devices
from pantau.notifications_arguments import add_notifications
from pantau.parts import Folders
from pantau.rules_arguments import add_rules, add_sources
from pantau.services_arguments import add_services
from pantau.state import State
from pantau.users_arguments import add_users
from storage.ports import StorageMisconfigured, StorageUnavailable

_COULD_NOT_RUN = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 the answer is no, 2 could not run."""
    given = _parser().parse_args(arguments)
    state = State(folder=Path(given.state or os.environ.get("PANTAU_STATE") or "var"))
    shipped = Path(config.__file__).parent
    folder = Path(given.config or os.environ.get("PANTAU_CONFIG") or shipped)
    try:
        return int(given.run(Folders(state=state, config=folder), given))
    except ConfigError as error:
        for problem in error.problems:
            complain(str(problem))
    except (Refusal, StorageUnavailable, StorageMisconfigured) as error:
        complain(f"pantau: {error}")
    except KeyboardInterrupt:
        complain("pantau: stopped")
    except BrokenPipeError:
        # Whoever read the answer, `head` for example, has had enough; Python must not complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return _COULD_NOT_RUN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pantau", description="A city's sensors from MQTT to a map that tells the truth."
    )
    parser.add_argument("--version", action="version", version=f"pantau {pantau.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_services(commands, _command)
    add_devices(commands, _command)
    add_sources(commands, _command)
    add_rules(commands, _command)
    add_books(commands, _command)
    add_alarms(commands, _command)
    add_notifications(commands, _command)
    add_users(commands, _command)
    add_data(commands, _command)
    return parser


def _command(commands: Actions, name: str, says: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=says, description=says)
    command.add_argument("--state", metavar="DIR", help="databases, logs, broker files (default var/)")
    command.add_argument(
        "--config", metavar="DIR", help="kinds, rules, city (default: those that came along)"
    )
    return command
