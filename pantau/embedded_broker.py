"""The embedded broker (amqtt) for machines without mosquitto, with the same passwords and the same rights.

It keeps queued messages in memory only and speaks MQTT 3.1.1; a city that lasts installs mosquitto.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from amqtt.broker import Broker
from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from devices.credentials import is_password
from devices.topics import telemetry_topic
from ingest.topic_filters import covers, matches
from pantau.brokers import ALARM_FILTER, OWN_USER, SIGN_USER


class PasswordFile(BaseAuthPlugin):  # type: ignore[misc]
    """Lets in whoever stands in the password file, and in the demo also who gives no name."""

    @dataclass
    class Config:
        """What the plugin is told.

        Attributes:
            path: The password file; read at every connection, so that a new device is known at once.
            anonymous: Whether a name may be left out.
        """

        path: str
        anonymous: bool = False

    async def authenticate(self, *, session: Session) -> bool | None:
        """Tell whether the client may connect."""
        if not session.username:
            return bool(self.config.anonymous)
        lines = Path(self.config.path).read_text().splitlines()
        hashes = dict(line.split(":", 1) for line in lines if ":" in line)
        known = hashes.get(session.username, "")
        return await asyncio.to_thread(is_password, session.password or "", known)


class OwnTopicOnly(BaseTopicPlugin):  # type: ignore[misc]
    """Lets Pantau do everything, a sign read alarms, and a device write under its own name and the sources'.

    Only Pantau writes alarms. Whoever gives no name, which only the demo allows, reads them too.
    """

    @dataclass
    class Config:
        """What the plugin is told.

        Attributes:
            writable: Topic filters of enabled sources.
        """

        writable: list[str] = field(default_factory=list)

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool | None:
        """Tell whether the client may publish to or receive from the topic."""
        name = session.username if session else None
        if name == OWN_USER:
            return True
        if not topic:
            return False
        is_of_alarms = covers(ALARM_FILTER, topic)
        if action is not Action.PUBLISH:
            return is_of_alarms and name in (None, "", SIGN_USER)
        if is_of_alarms or name == SIGN_USER:
            return False
        if not name or topic == telemetry_topic(name):
            return True
        return any(matches(topic_filter, topic) for topic_filter in self.config.writable)


async def run(*, port: int, passwords: Path, anonymous: bool, writable: Sequence[str] = ()) -> None:
    """Serve on loopback until the process is told to stop."""
    here = f"{__name__ if __name__ != '__main__' else 'pantau.embedded_broker'}"
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {
                f"{here}.PasswordFile": {"path": str(passwords), "anonymous": anonymous},
                f"{here}.OwnTopicOnly": {"writable": list(writable)},
            },
        }
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    # mosquitto reads its passwords again at this signal; here they are read at every connection.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    await broker.start()
    await stop.wait()
    with contextlib.suppress(Exception):
        await asyncio.wait_for(broker.shutdown(), timeout=3)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the broker as a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m pantau.embedded_broker")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--anonymous", action="store_true")
    parser.add_argument("--writable", action="append", default=[], metavar="FILTER")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # amqtt logs a whole traceback when a client probes it with MQTT 5; that is normal and says nothing new.
    logging.getLogger("transitions").setLevel(logging.ERROR)
    passwords = given.folder / "passwords"
    asyncio.run(run(port=given.port, passwords=passwords, anonymous=given.anonymous, writable=given.writable))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
