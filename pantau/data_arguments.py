"""The words that `pantau export`, `report` and `replay` understand."""

from __future__ import annotations

import argparse
from pathlib import Path

from pantau.alarms_arguments import Actions, AddCommand
from pantau.parts import Folders


def add_data(commands: Actions, command: AddCommand) -> None:
    """Add `export`, `report` and `replay` to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    export = command(commands, "export", "write readings into a file")
    export.add_argument("--kind", required=True)
    export.add_argument("--from", dest="start", required=True, metavar="TIME", help="first instant wanted")
    export.add_argument("--to", dest="end", required=True, metavar="TIME", help="first instant not wanted")
    export.add_argument("--out", required=True, metavar="FILE", help="- for standard output")
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    export.set_defaults(run=_export)
    report = commands.add_parser("report", help="what is told to people who were not there, as PDF")
    actions = report.add_subparsers(title="actions", required=True, metavar="ACTION")
    situation = command(actions, "situation", "write the situation report of a moment")
    situation.add_argument("--at", metavar="TIME", help="default: the newest that is due")
    situation.add_argument("--out", required=True, metavar="FILE.pdf", help="- for standard output")
    situation.add_argument("--lang", choices=("id", "en"), help="default: the language of the settings")
    situation.set_defaults(run=_report_situation)
    replay = command(commands, "replay", "publish a CSV of real readings through the whole pipeline")
    replay.add_argument("file", type=Path)
    replay.add_argument("--mapping", type=Path, required=True, metavar="MAPPING.yaml")
    replay.add_argument("--stations", type=Path, metavar="FILE", help="where the stations file is")
    replay.add_argument("--speed", default="max", metavar="N|max", help="times faster than it happened")
    replay.add_argument("--shift-to-now", action="store_true", help="let the newest reading be of now")
    replay.add_argument("--json", action="store_true")
    replay.set_defaults(run=_replay)


def _export(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.export import export

    return export(folders, given)


def _report_situation(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.report_command import report_situation

    return report_situation(folders, given)


def _replay(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.replay import replay

    return replay(folders, given)
