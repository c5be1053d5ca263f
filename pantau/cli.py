"""The command line: words into calls, errors into one sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import config
import pantau
from config.problems import ConfigError
from pantau.alarms_arguments import add_alarms
from pantau.backtest_arguments import add_backtest_arguments
from pantau.console import Refusal, complain
from pantau.notifications_arguments import add_notifications
from pantau.parts import Folders
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
    _add_services(commands)
    _add_devices(commands)
    _add_sources(commands)
    _add_rules(commands)
    _add_books(commands)
    add_alarms(commands, _command)
    add_notifications(commands, _command)
    add_users(commands, _command)
    _add_data(commands)
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; choose one from 1 to 65535")
    return port


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < 100_000:
        raise argparse.ArgumentTypeError(f"{text} is not a speed; choose a number above 0")
    return speed


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, says: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=says, description=says)
    command.add_argument("--state", metavar="DIR", help="databases, logs, broker files (default var/)")
    command.add_argument(
        "--config", metavar="DIR", help="kinds, rules, city (default: those that came along)"
    )
    return command


def _add_services(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    up = _command(commands, "up", "start everything on this machine, watch it, stop it on Ctrl-C")
    up.add_argument("--demo", action="store_true", help="a simulated city, open to everyone on this machine")
    up.add_argument("--port", type=_port, default=8050, help="port of the page (default 8050)")
    up.add_argument("--mqtt-port", type=_port, help="port of the broker (default 1883, or a free one)")
    up.add_argument(
        "--scenario", choices=("storm", "calm"), default="storm", help="what the city lives through"
    )
    up.set_defaults(run=_up)
    doctor = _command(commands, "doctor", "check broker, stores, clock and disk, and say what to do")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=_doctor)
    ingest = _command(commands, "ingest", "take messages from the broker until stopped")
    ingest.set_defaults(run=_ingest)
    dashboard = _command(commands, "dashboard", "serve the page on loopback until stopped")
    dashboard.add_argument("--port", type=_port, default=8050)
    dashboard.add_argument("--demo", action="store_true", help="let in everyone on this machine")
    dashboard.set_defaults(run=_dashboard)
    simulate = _command(commands, "simulate", "let a simulated fleet speak over MQTT until stopped")
    simulate.add_argument("--fleet", default="madiun", help="a file of the configuration's fleets/")
    simulate.add_argument("--scenario", choices=("storm", "calm"), default="storm")
    simulate.add_argument("--speed", type=_speed, default=1.0, help="how fast the city's inner clock runs")
    simulate.set_defaults(run=_simulate)


def _add_devices(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    devices = commands.add_parser("devices", help="register sensors and look them up")
    actions = devices.add_subparsers(title="actions", required=True, metavar="ACTION")
    add = _command(actions, "add", "register a site, its hardware and the assignment in one step")
    add.add_argument("--id", required=True, help="name of the device in its MQTT topic")
    add.add_argument("--kind", required=True, help="traffic, flood, rain, air or a kind of your own")
    add.add_argument("--name", required=True, help="name of the place")
    add.add_argument("--lat", type=float, required=True, metavar="DEGREES")
    add.add_argument("--lon", type=float, required=True, metavar="DEGREES")
    add.add_argument("--area", default="", help="kelurahan or kecamatan")
    add.set_defaults(run=_devices_add)
    listing = _command(actions, "list", "list every device")
    listing.set_defaults(run=_devices_list)
    show = _command(actions, "show", "show one device")
    show.add_argument("id")
    show.set_defaults(run=_devices_show)
    for action in (add, listing, show):
        action.add_argument("--json", action="store_true")


def _add_sources(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sources = commands.add_parser("sources", help="whose messages are taken, and what they become")
    actions = sources.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = _command(actions, "list", "check every source file and list them")
    listing.set_defaults(run=_sources_list)
    test = _command(actions, "test", "show step by step what a message becomes")
    test.add_argument("file", type=Path, metavar="FILE", help="a source file, enabled or not")
    test.add_argument("--topic", required=True, metavar="T")
    test.add_argument("--payload", required=True, metavar="P", help="the text, @FILE, or - to read it")
    test.add_argument("--received-at", metavar="TIME", help="when it came (default now)")
    test.set_defaults(run=_sources_test)
    for action in (listing, test):
        action.add_argument("--json", action="store_true")


def _add_rules(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    rules = commands.add_parser("rules", help="check rules, and try them before anyone is woken by them")
    actions = rules.add_subparsers(title="actions", required=True, metavar="ACTION")
    schema = _command(actions, "schema", "print the JSON Schema of a rule file, for editors")
    schema.add_argument("--tests", action="store_true", help="that of a file of tests instead")
    schema.set_defaults(run=_rules("schema"))
    check = _command(actions, "check", "tell every fault of the rule files with its line")
    check.add_argument("files", type=Path, nargs="*", metavar="FILE", help="default: the configuration's")
    check.add_argument("--json", action="store_true")
    check.set_defaults(run=_rules("check"))
    test = _command(actions, "test", "run the tests that stand beside the rules")
    test.add_argument("files", type=Path, nargs="*", metavar="FILE", help="default: those of rules/tests")
    test.add_argument("--json", action="store_true")
    test.set_defaults(run=_rules("test"))
    backtest = _command(actions, "backtest", "tell what rules would have done on the stored readings")
    add_backtest_arguments(backtest)
    backtest.set_defaults(run=_rules_backtest)


def _add_books(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    ledger = _command(commands, "ledger", "balance what was received with what became of it")
    ledger.add_argument("--since", metavar="TIME", help="only hours that begin at it or later")
    ledger.add_argument("--device", metavar="ID")
    ledger.add_argument("--json", action="store_true")
    ledger.set_defaults(run=_ledger)
    letters = commands.add_parser("deadletters", help="messages that could not become readings")
    actions = letters.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = _command(actions, "list", "list them, with their reasons")
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="show the newest N (default 20)")
    listing.set_defaults(run=_letters("list_letters"), ids=[])
    show = _command(actions, "show", "show one with all its bytes")
    show.add_argument("id", type=int, metavar="NUMBER")
    show.set_defaults(run=_letters("show"))
    replay = _command(actions, "replay", "try them again, after a mapping was mended")
    replay.set_defaults(run=_letters("replay"))
    drop = _command(actions, "drop", "let them go; the ledger goes on counting them")
    drop.set_defaults(run=_letters("drop"))
    for action in (replay, drop):
        action.add_argument("ids", type=int, nargs="*", metavar="NUMBER")
        action.add_argument("--all", action="store_true", help="every one of them")
    for action in (listing, replay, drop):
        action.add_argument("--device", metavar="ID")
        action.add_argument("--reason", metavar="TEXT", help="only reasons that hold this text")
    for action in (listing, show):
        action.add_argument("--json", action="store_true")


def _add_data(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = _command(commands, "export", "write readings into a file")
    export.add_argument("--kind", required=True)
    export.add_argument("--from", dest="start", required=True, metavar="TIME", help="first instant wanted")
    export.add_argument("--to", dest="end", required=True, metavar="TIME", help="first instant not wanted")
    export.add_argument("--out", required=True, metavar="FILE", help="- for standard output")
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    export.set_defaults(run=_export)
    report = commands.add_parser("report", help="what is told to people who were not there, as PDF")
    actions = report.add_subparsers(title="actions", required=True, metavar="ACTION")
    situation = _command(actions, "situation", "write the situation report of a moment")
    situation.add_argument("--at", metavar="TIME", help="default: the newest that is due")
    situation.add_argument("--out", required=True, metavar="FILE.pdf", help="- for standard output")
    situation.add_argument("--lang", choices=("id", "en"), help="default: the language of the settings")
    situation.set_defaults(run=_report_situation)
    replay = _command(commands, "replay", "publish a CSV of real readings through the whole pipeline")
    replay.add_argument("file", type=Path)
    replay.add_argument("--mapping", type=Path, required=True, metavar="MAPPING.yaml")
    replay.add_argument("--stations", type=Path, metavar="FILE", help="where the stations file is")
    replay.add_argument("--speed", default="max", metavar="N|max", help="times faster than it happened")
    replay.add_argument("--shift-to-now", action="store_true", help="let the newest reading be of now")
    replay.add_argument("--json", action="store_true")
    replay.set_defaults(run=_replay)


# Each command imports what it needs when it is called: `pantau devices list` need not wait for Dash.


def _up(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.up import Wishes, up

    wishes = Wishes(demo=given.demo, port=given.port, mqtt_port=given.mqtt_port, scenario=given.scenario)
    return up(folders, wishes)


def _doctor(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.doctor import doctor

    return doctor(folders, as_json=given.json)


def _ingest(folders: Folders, _given: argparse.Namespace) -> int:
    from pantau.services import ingest

    return ingest(folders)


def _dashboard(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.services import dashboard

    return dashboard(folders, port=given.port, demo=given.demo)


def _simulate(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.services import simulate

    return simulate(folders, fleet_name=given.fleet, scenario=given.scenario, speed=given.speed)


def _devices_add(folders: Folders, given: argparse.Namespace) -> int:
    from pantau import devices_command

    return devices_command.add(folders, given)


def _devices_list(folders: Folders, given: argparse.Namespace) -> int:
    from pantau import devices_command

    return devices_command.list_devices(folders, given)


def _devices_show(folders: Folders, given: argparse.Namespace) -> int:
    from pantau import devices_command

    return devices_command.show(folders, given)


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


def _ledger(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.ledger_command import ledger

    return ledger(folders, given)


def _letters(action: str) -> Callable[[Folders, argparse.Namespace], int]:
    def run(folders: Folders, given: argparse.Namespace) -> int:
        from pantau import deadletters_command

        return int(getattr(deadletters_command, action)(folders, given))

    return run


def _export(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.export import export

    return export(folders, given)


def _report_situation(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.report_command import report_situation

    return report_situation(folders, given)


def _replay(folders: Folders, given: argparse.Namespace) -> int:
    from pantau.replay import replay

    return replay(folders, given)
