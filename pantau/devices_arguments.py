"""The words that `pantau devices` understands."""

from __future__ import annotations

import argparse

from pantau.alarms_arguments import Actions, AddCommand
from pantau.parts import Folders


def add_devices(commands: Actions, command: AddCommand) -> None:
    """Add `devices` and its actions to the command line.

    Args:
        commands: The commands of `pantau`.
        command: Adds a command with the options that all have in common.
    """
    devices = commands.add_parser("devices", help="register sensors and look them up")
    actions = devices.add_subparsers(title="actions", required=True, metavar="ACTION")
    add = command(actions, "add", "register a site, its hardware and the assignment in one step")
    add.add_argument("--id", required=True, help="name of the device in its MQTT topic")
    add.add_argument("--kind", required=True, help="traffic, flood, rain, air or a kind of your own")
    add.add_argument("--name", required=True, help="name of the place")
    add.add_argument("--lat", type=float, required=True, metavar="DEGREES")
    add.add_argument("--lon", type=float, required=True, metavar="DEGREES")
    add.add_argument("--area", default="", help="kelurahan or kecamatan")
    add.add_argument(
        "--tag", action="append", default=[], help="a word by which rules choose sites; repeat it"
    )
    add.set_defaults(run=_devices_add)
    listing = command(actions, "list", "list every device")
    listing.set_defaults(run=_devices_list)
    show = command(actions, "show", "show one device")
    show.add_argument("id")
    show.set_defaults(run=_devices_show)
    for action in (add, listing, show):
        action.add_argument("--json", action="store_true")


def _devices_add(folders: Folders, given: argparse.Namespace) -> int:
    from pantau import devices_command

    return devices_command.add(folders, given)


def _devices_list(folders: Folders, given: argparse.Namespace) -> int:
    from pantau import devices_command

    return devices_command.list_devices(folders, given)


def _devices_show(folders: Folders, given: argparse.Namespace) -> int:
    from pantau import devices_command

    return devices_command.show(folders, given)
