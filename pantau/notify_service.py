"""`pantau notify`: alarms out to people, as one service."""

from __future__ import annotations

import fcntl
import logging
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.desk.chatter import limits_of
from alerts.telling.deliveries_table import give_up_waiting
from alerts.telling.routes import Notifications, load_notifications
from ingest.self_watch import SITE_ID
from notification.addresses import Address, read_addresses
from notification.alarm_topics import AlarmTopics, BrokerLink
from notification.announcer import Announcer, Plan
from notification.outbox import NotificationError, Outbox, Send, Way
from notification.service import COMPONENT, NotificationService, Parts
from notification.texts import Texts, load_texts
from pantau.brokers import broker_address
from pantau.console import Refusal
from pantau.parts import Configuration, Folders, open_database, read_configuration, rule_book
from pantau.rules_in_force import RulesInForce
from pantau.service_process import log_to_stderr, stop_on_signals
from storage.database import Database
from storage.health_table import record_health

_LOG = logging.getLogger(__name__)
# Followed by the channel's name: 1 when the running service knows its address. Others may not see the same.
CHANNEL_SET = "channel_set."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """What leads out of this installation.

    Attributes:
        notifications: Channels and routes; empty when there is no file.
        addresses: Where each channel leads, by its name.
        is_told: True when there is a file of notifications.
    """

    notifications: Notifications
    addresses: Mapping[str, Address]
    is_told: bool

    @property
    def available(self) -> frozenset[str]:
        """Names of the channels that are set."""
        return frozenset(name for name, address in self.addresses.items() if address.is_set)


def read_outward(folders: Folders, configuration: Configuration) -> Outward:
    """Return channels, routes and addresses of an installation.

    Raises:
        ConfigError: Any fault in the file of notifications.
    """
    told = load_notifications(folders.config, configuration.kinds)
    notifications = told or Notifications()
    addresses = read_addresses(notifications.channels, folders.state.folder, os.environ)
    return Outward(notifications=notifications, addresses=addresses, is_told=told is not None)


def notify(folders: Folders) -> int:
    """Tell people and machines of alarms until SIGTERM or Ctrl-C."""
    log_to_stderr()
    configuration = read_configuration(folders)
    outward = read_outward(folders, configuration)
    with open_database(folders, configuration.settings) as database, _alone(folders.state.folder):
        _begin(database, outward)
        texts = load_texts()
        plan = _plan(folders, configuration, outward, texts)
        with closing(_alarm_topics(folders, configuration, plan)) as topics:
            parts = Parts(
                database=database,
                announcer=Announcer(database, plan),
                outboxes=_outboxes(database, outward, texts),
                followers=[topics],
            )
            NotificationService(parts, stop_on_signals()).run()
    return 0


def _plan(
    folders: Folders, configuration: Configuration, outward: Outward, texts: Mapping[str, Texts]
) -> Plan:
    return Plan(
        notifications=outward.notifications,
        available=outward.available,
        rules=RulesInForce(rule_book(folders, configuration.kinds)),
        kinds=configuration.kinds,
        zone=ZoneInfo(configuration.settings.time_zone),
        texts=texts,
        chatter=limits_of(configuration.settings.chatter),
    )


def _outboxes(database: Database, outward: Outward, texts: Mapping[str, Texts]) -> dict[str, Outbox]:
    found = {}
    for name, channel in outward.notifications.channels.items():
        address = outward.addresses[name]
        if address.trouble:
            _LOG.warning("channel %s is not used: %s", name, address.trouble)
        way = Way(
            name=name,
            channel=channel,
            send=sender(address),
            home=SITE_ID,
            again=texts[channel.language]["again"],
        )
        found[name] = Outbox(database, way, random.Random())
    return found


def sender(address: Address) -> Send:
    """Return what sends to an address; to one that is not set or not understood, it fails and says so."""
    if not address.is_set:
        return _refusing(address.trouble or "the address of this channel is not set")
    from notification.channels import Channel  # Apprise takes its time to load

    try:
        return Channel(address.url).send
    except NotificationError as error:
        return _refusing(str(error))


def _refusing(says: str) -> Send:
    def send(_title: str, _body: str) -> None:
        raise NotificationError(says)

    return send


def _alarm_topics(folders: Folders, configuration: Configuration, plan: Plan) -> AlarmTopics:
    return AlarmTopics(
        lambda: BrokerLink(broker_address(configuration.settings, folders.state)),
        rules=plan.rules,
        kinds=plan.kinds,
        zone=plan.zone,
    )


def _begin(database: Database, outward: Outward) -> None:
    """Give up what waits for channels that are gone, and keep which ones are set, as this process sees it."""
    channels = outward.notifications.channels
    known = {f"{CHANNEL_SET}{name}": float(name in outward.available) for name in channels}
    with database.transaction() as connection:
        error = "the channel is no longer in the file of notifications"
        give_up_waiting(connection, keep=channels, now=datetime.now(UTC), error=error)
        record_health(connection, COMPONENT, known)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the right to send: two services of one installation would tell everything twice."""
    with (folder / "notify.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refusal(f"another `pantau notify` already works in {folder}; stop it first") from None
        yield
