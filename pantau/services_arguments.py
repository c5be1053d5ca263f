"""The words that `pantau up`, `doctor` and the services understand."""

from __future__ import annotations

import argparse

from pantau.alarms_arguments import Actions, AddCommand
from pantau.parts import Folders


def add_services(commands: Actions, command: AddCommand) -> None:
    """Add `up`, `doctor` and the services to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    up = command(commands, "up", "start everything on this machine, watch it, stop it on Ctrl-C")
    up.add_argument("--demo", action="store_true", help="a simulated city, open to everyone on this machine")
    up.add_argument("--port", type=_port, default=8050, help="port of the page (default 8050)")
    up.add_argument("--mqtt-port", type=_port, help="port of the broker (default 1883, or a free one)")
    up.add_argument(
        "--scenario", choices=("storm", "calm"), default="storm", help="what the city lives through"
    )
    up.set_defaults(run=_up)
    doctor = command(commands, "doctor", "check broker, stores, clock and disk, and say what to do")
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(run=_doctor)
    ingest = command(commands, "ingest", "take messages from the broker until stopped")
    ingest.set_defaults(run=_ingest)
    dashboard = command(commands, "dashboard", "serve the page on loopback until stopped")
    dashboard.add_argument("--port", type=_port, default=8050)
    dashboard.add_argument("--demo", action="store_true", help="let in everyone on this machine")
    dashboard.set_defaults(run=_dashboard)
    simulate = command(commands, "simulate", "let a simulated fleet speak over MQTT until stopped")
    simulate.add_argument("--fleet", default="madiun", help="a file of the configuration's fleets/")
    simulate.add_argument("--scenario", choices=("storm", "calm"), default="storm")
    simulate.add_argument("--speed", type=_speed, default=1.0, help="how fast the city's inner clock runs")
    simulate.set_defaults(run=_simulate)


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
