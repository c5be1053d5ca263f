"""Whether messages to people get out, for `pantau doctor`."""

from __future__ import annotations

from alerts.journal.journal_table import alarms
from alerts.judging.outages import CHANNEL
from alerts.telling.deliveries_table import post
from alerts.telling.routes import FILE_NAME
from config.problems import ConfigError
from ingest.self_watch import SITE_ID
from notification.addresses import variable
from notification.service import COMPONENT
from pantau.console import Refusal
from pantau.notifications_reach import reach
from pantau.notify_service import CHANNEL_SET, Outward, read_outward
from pantau.parts import Configuration, Folders, open_database
from pantau.signs_of_life import life
from storage.health_table import health
from storage.heartbeat_table import heartbeats


def notifications_in_order(folders: Folders, configuration: Configuration) -> str:
    """Return who is told of alarms.

    Raises:
        Refusal: The service is not well, a channel fails, or its address cannot be taken.
        StorageUnavailable: The database does not answer.
    """
    try:
        outward = read_outward(folders, configuration)
    except ConfigError as error:
        raise Refusal(str(error)) from error
    with open_database(folders, configuration.settings) as database, database.reading() as connection:
        seen = heartbeats(connection).get(COMPONENT)
        standing = alarms(connection, active=True, site_id=SITE_ID)
        told = health(connection, COMPONENT)
        waiting = sum(channel.waiting for channel in post(connection))
    said = life(seen, "pantau notify")
    troubles = [address.trouble for address in outward.addresses.values() if address.trouble]
    failing = [a.rule_id.removeprefix(CHANNEL) for a in standing if a.rule_id.startswith(CHANNEL)]
    if failing:
        troubles.append(f"messages do not get out through {', '.join(failing)} ({waiting} wait)")
    if troubles:
        raise Refusal("; ".join(troubles))
    available = frozenset(name for name in outward.addresses if told.get(f"{CHANNEL_SET}{name}"))
    return f"{said}; {_who(configuration, outward, available)}"


def _who(configuration: Configuration, outward: Outward, available: frozenset[str]) -> str:
    if not outward.is_told:
        return f"there is no {FILE_NAME}: nothing is sent to anybody"
    wanted = ", ".join(variable(name) for name in outward.addresses if name not in available)
    if not available:
        return f"no channel is set, nothing is sent to anybody; to set: {wanted}"
    lost = sum(one.is_missed(available) for one in reach(configuration, outward))
    said = f"{len(available)} channels are set"
    said += f", not set: {wanted}" if wanted else ""
    return said + (f"; {lost} rules reach nobody, see `pantau notifications check`" if lost else "")
