"""The broker that `pantau up` starts on loopback: mosquitto when installed, else the embedded one."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.settings import BrokerAddress, Settings
from devices.credentials import hash_password
from devices.topics import TELEMETRY_FILTER, telemetry_topic
from ingest.topic_filters import overlap
from pantau.state import State

OWN_USER = "pantau"
# Whoever only shows alarms: a siren, a sign, a lamp.
SIGN_USER = "sign"
ALARM_FILTER = "pantau/v1/alarms/#"
_MOSQUITTO = """\
# Written by `pantau up` at every start; changes here are lost.
listener {port} 127.0.0.1
{user}
allow_anonymous {anonymous}
password_file {folder}/passwords
acl_file {folder}/access
persistence true
persistence_location {folder}/
autosave_interval 60
max_inflight_messages 2000
max_queued_messages 1000000
persistent_client_expiration 7d
log_dest stderr
log_type error
log_type warning
"""
_ACCESS = """\
# Written by `pantau up`: Pantau itself reads and writes everything, a sign reads alarms, a device writes
# under its own name and, where a source is enabled, under that source's topics. Only Pantau writes alarms.
{anonymous}
user pantau
topic readwrite #

user sign
topic read pantau/v1/alarms/#
{kept_from_signs}

pattern deny pantau/v1/alarms/#
pattern write pantau/v1/%u/telemetry
{sources}
"""
_ANONYMOUS_ACCESS = """\
topic write pantau/v1/+/telemetry
topic read pantau/v1/alarms/#
topic deny pantau/v1/alarms/telemetry"""


def broker_address(settings: Settings, state: State) -> BrokerAddress:
    """Return where the broker is: the configured one, else the one that `pantau up` started here."""
    if settings.broker is not None:
        return settings.broker
    try:
        told = json.loads((state.broker / "address.json").read_text())
    except (OSError, ValueError):
        return BrokerAddress()
    password = state.secret("broker/own-password")
    return BrokerAddress(port=told["port"], mqtt5=told["mqtt5"], username=OWN_USER, password=password)


def prepare_broker(state: State, *, port: int, demo: bool, filters: Sequence[str] = ()) -> list[str]:
    """Write the broker's files and return the command that runs it.

    Args:
        state: Where the files go.
        port: TCP port on 127.0.0.1.
        demo: Whether nobody needs a name; only ever true for the demo.
        filters: Topic filters of enabled sources; every registered device may write there.
    """
    folder = state.broker.resolve()
    foreign = [topic_filter for topic_filter in filters if topic_filter != TELEMETRY_FILTER]
    access = _ACCESS.format(
        anonymous=_ANONYMOUS_ACCESS if demo else "",
        # mosquitto asks the patterns, which are for devices, for every user.
        kept_from_signs="\n".join(
            f"topic deny {topic_filter}"
            for topic_filter in (telemetry_topic(SIGN_USER), *foreign)
            if not overlap(topic_filter, ALARM_FILTER)
        ),
        sources="\n".join(f"pattern write {topic_filter}" for topic_filter in foreign),
    )
    _write_private(folder / "access", access)
    if not (folder / "passwords").exists():
        write_passwords(state, {})
    program = mosquitto()
    (folder / "address.json").write_text(json.dumps({"port": port, "mqtt5": program is not None}))
    if program is None:
        settings = ["--port", str(port), "--folder", str(folder), *(["--anonymous"] if demo else [])]
        settings += [word for topic_filter in foreign for word in ("--writable", topic_filter)]
        return [sys.executable, "-m", "pantau.embedded_broker", *settings]
    text = _MOSQUITTO.format(
        port=port,
        # Started by root, mosquitto would become another user, who may not read these files.
        user="user root" if os.geteuid() == 0 else "",
        anonymous="true" if demo else "false",
        folder=folder,
    )
    _write_private(folder / "mosquitto.conf", text)
    return [program, "-c", str(folder / "mosquitto.conf")]


def write_passwords(state: State, hashes: Mapping[str, str]) -> bool:
    """Write who may connect: Pantau, signs and devices with a password; tell whether anything changed.

    The password of signs is the secret `broker/sign-password` of the state folder. A device of the name of
    one of the other two gets no account. A running mosquitto reads the file again on SIGHUP, the embedded
    broker at every connection.
    """
    ours = {OWN_USER: state.secret("broker/own-password"), SIGN_USER: state.secret("broker/sign-password")}
    lines = [f"{user}:{hash_password(secret, salt=secret[:12].encode())}" for user, secret in ours.items()]
    lines += [
        f"{device_id}:{hashed}" for device_id, hashed in sorted(hashes.items()) if device_id not in ours
    ]
    return _write_private(state.broker / "passwords", "\n".join(lines) + "\n")


def mosquitto() -> str | None:
    """Return mosquitto's path, None when there is none or `PANTAU_BROKER=embedded` asks for the other one.

    Debian keeps it in /usr/sbin, which is not on every user's PATH.
    """
    if os.environ.get("PANTAU_BROKER") == "embedded":
        return None
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def _write_private(path: Path, text: str) -> bool:
    if path.exists() and path.read_text() == text:
        return False
    part = path.with_name(path.name + ".part")
    part.touch(mode=0o600)
    part.write_text(text)
    part.replace(path)
    return True
