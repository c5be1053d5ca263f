"""`pantau notifications`: who is told of which alarm, whether the channels work, and who received what."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerts.telling.deliveries_table import (
    Delivery,
    add_deliveries,
    change_delivery,
    deliveries,
    judge_channel,
)
from alerts.telling.notices import Purpose
from alerts.telling.routes import FILE_NAME, notifications_schema
from ingest.self_watch import SITE_ID
from notification.addresses import Address, variable
from notification.messages import clock
from notification.outbox import NotificationError
from notification.texts import load_texts
from pantau.console import Refusal, complain, say, say_json, say_table
from pantau.notifications_reach import Reach, reach
from pantau.notify_service import Outward, read_outward, sender
from pantau.parts import Configuration, Folders, open_database, read_configuration


def check(folders: Folders, given: argparse.Namespace) -> int:
    """Tell which rule at which severity goes to whom and when; 1 when a rule reaches nobody."""
    configuration = read_configuration(folders)
    outward = read_outward(folders, configuration)
    found = list(reach(configuration, outward))
    lost = [one.rule for one in found if one.is_missed(outward.available)]
    channels = [_channel_line(address) for address in outward.addresses.values()]
    if given.json:
        rules = [{name: getattr(one, name) for name in Reach.__dataclass_fields__} for one in found]
        say_json({"channels": channels, "rules": rules, "nobody": lost})
    elif not outward.is_told:
        say(f"There is no {FILE_NAME} in {folders.config}: nothing is sent to anybody.")
    else:
        say_table(channels)
        say("")
        say_table([_reach_line(one, outward) for one in found])
        if lost:
            say(f"\nNobody hears of: {', '.join(lost)}")
    return 1 if lost and outward.is_told else 0


def _reach_line(one: Reach, outward: Outward) -> dict[str, object]:
    def shown(names: Sequence[str]) -> str:
        return ", ".join(n if n in outward.available else f"{n} (not set)" for n in names)

    return {
        "rule": one.rule,
        "severity": one.severity,
        "agency": one.agency,
        "to": shown(one.channels),
        "hours": "; ".join(one.hours),
        "then": shown(one.then),
    }


def _channel_line(address: Address) -> dict[str, object]:
    state = "set" if address.is_set else "not set"
    note = address.trouble or address.source or f"set {variable(address.channel)}"
    return {"channel": address.channel, "state": state, "note": note}


def test(folders: Folders, given: argparse.Namespace) -> int:
    """Send a message that says that it is a test; 1 when the channel does not take it."""
    configuration = read_configuration(folders)
    outward = read_outward(folders, configuration)
    channel = outward.notifications.channels.get(given.channel)
    if channel is None:
        known = ", ".join(outward.notifications.channels) or "none"
        raise Refusal(f"there is no channel '{given.channel}' in {FILE_NAME}; known: {known}")
    address = outward.addresses[given.channel]
    if not address.is_set:
        raise Refusal(
            address.trouble or f"{given.channel} is not set; put its address into {variable(given.channel)}"
        )
    now, texts = datetime.now(UTC), load_texts()[channel.language]
    at = clock(now, ZoneInfo(configuration.settings.time_zone), texts)
    delivery = Delivery(
        key=f"test|{given.channel}|{now.isoformat()}",
        route="",
        channel=given.channel,
        purpose=Purpose.TEST,
        alarm_ids=(),
        title=texts["test_title"],
        body=texts["test_body"].format(channel=given.channel, time=at),
        created_at=now,
        next_attempt_at=now,
        attempts=1,
        attempted_at=now,
    )
    error = _tried(address, delivery)
    _keep_test(folders, configuration, delivery, error)
    if error is not None:
        complain(f"{given.channel}: {error}")
        return 1
    say(f"{given.channel}: received")
    return 0


def _tried(address: Address, delivery: Delivery) -> NotificationError | None:
    try:
        sender(address)(delivery.title, delivery.body)
    except NotificationError as error:
        return error
    return None


def _keep_test(
    folders: Folders, configuration: Configuration, delivery: Delivery, error: NotificationError | None
) -> None:
    """Keep the test among the deliveries; one that was received ends the alarm of a channel that failed."""
    now = datetime.now(UTC)
    changed = {"given_up_at": now, "error": str(error)} if error else {"delivered_at": now}
    with open_database(folders, configuration.settings) as database, database.transaction() as connection:
        add_deliveries(connection, [delivery])
        change_delivery(connection, delivery.key, **changed)
        if error is None:
            judge_channel(connection, delivery.channel, home=SITE_ID, fails=False, now=now)


def list_deliveries(folders: Folders, given: argparse.Namespace) -> int:
    """List messages with their receipts, newest first."""
    configuration = read_configuration(folders)
    zone = ZoneInfo(configuration.settings.time_zone)
    with open_database(folders, configuration.settings) as database, database.reading() as connection:
        found = deliveries(connection, failed=given.failed, limit=given.limit)
    if given.json:
        say_json([_as_json(delivery) for delivery in found])
        return 0
    say_table([_as_line(delivery, zone) for delivery in found])
    if not found:
        say("There are no such messages.")
    return 0


def schema(_folders: Folders, _given: argparse.Namespace) -> int:
    """Print the JSON Schema of the file of notifications."""
    say_json(notifications_schema())
    return 0


def _as_json(delivery: Delivery) -> dict[str, object]:
    told = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}
    instants = {name: value.isoformat() for name, value in told.items() if isinstance(value, datetime)}
    return {**told, **instants, "outcome": _outcome(delivery)}


def _as_line(delivery: Delivery, zone: ZoneInfo) -> dict[str, object]:
    def at(moment: datetime | None) -> str:
        return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds") if moment else ""

    return {
        "made": at(delivery.created_at),
        "channel": delivery.channel or "(nobody)",
        "why": delivery.purpose.value,
        "title": delivery.title,
        "outcome": _outcome(delivery),
        "received": at(delivery.delivered_at),
        "attempts": delivery.attempts,
        "error": delivery.error,
    }


def _outcome(delivery: Delivery) -> str:
    if delivery.delivered_at is not None:
        return "received"
    if delivery.given_up_at is None:
        return "waiting"
    return "given up" if delivery.channel else "nobody"
