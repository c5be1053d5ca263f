"""`pantau notifications`: who is told of which alarm, whether the channels work, and who received what."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerts.alarms import Severity
from alerts.deliveries_table import (
    Delivery,
    add_deliveries,
    change_delivery,
    deliveries,
    judge_channel,
)
from alerts.notices import Purpose
from alerts.outage_rows import AGENCY, titles
from alerts.outages import CHANNEL, KIND
from alerts.routes import FILE_NAME, Route, notifications_schema
from alerts.routing import Subject, takes
from ingest.self_watch import SITE_ID
from notification.addresses import Address, variable
from notification.messages import clock
from notification.outbox import NotificationError
from notification.texts import load_texts
from pantau.console import Refusal, complain, say, say_json, say_table
from pantau.notify_service import Outward, read_outward, sender
from pantau.parts import Configuration, Folders, open_database, read_configuration


def check(folders: Folders, given: argparse.Namespace) -> int:
    """Tell which rule at which severity goes to whom and when; 1 when a rule reaches nobody."""
    configuration = read_configuration(folders.config)
    outward = read_outward(folders, configuration)
    lines = list(reach(configuration, outward))
    lost = [line["rule"] for line in lines if not line["reaches"]]
    channels = [_channel_line(outward.addresses[name]) for name in outward.notifications.channels]
    if given.json:
        say_json({"channels": channels, "rules": lines, "nobody": lost})
        return 1 if lost and outward.is_told else 0
    if not outward.is_told:
        say(f"There is no {FILE_NAME} in {folders.config}: nothing is sent to anybody.")
        return 0
    say_table(channels)
    say("")
    say_table([{key: value for key, value in line.items() if key != "reaches"} for line in lines])
    if lost:
        say(f"\nNobody hears of: {', '.join(map(str, lost))}")
    return 1 if lost else 0


def reach(configuration: Configuration, outward: Outward) -> Iterator[dict[str, object]]:
    """Yield for each rule, and each outage that there may be, by which route whom it reaches and when."""
    for rule_id, subject in _subjects(configuration, outward):
        taking = [route for route in outward.notifications.routes if _may_take(route, subject)]
        names = [name for route in taking for name in route.to if name != subject.failed_channel]
        asked = [name for route in taking for step in route.escalate for name in step.to]
        yield {
            "rule": rule_id,
            "severity": subject.severity.name.lower(),
            "agency": subject.agency,
            "to": ", ".join(_shown(name, outward) for name in dict.fromkeys(names)),
            "hours": "; ".join(dict.fromkeys(_when(route) for route in taking)),
            "then": ", ".join(_shown(name, outward) for name in dict.fromkeys(asked)),
            "reaches": sorted({name for name in names if name in outward.available}),
        }


def _subjects(configuration: Configuration, outward: Outward) -> Iterator[tuple[str, Subject]]:
    for rule in configuration.rules.values():
        yield rule.id, Subject(agency=rule.agency, severity=rule.severity, kind=rule.kind)
    for rule_id in titles(configuration.kinds, outward.notifications.channels):
        yield (
            rule_id,
            Subject(
                agency=AGENCY,
                severity=Severity.HIGH,
                kind=rule_id.removeprefix(KIND) if rule_id.startswith(KIND) else "",
                failed_channel=rule_id.removeprefix(CHANNEL) if rule_id.startswith(CHANNEL) else "",
            ),
        )


def _may_take(route: Route, subject: Subject) -> bool:
    """Tell whether a route takes an alarm at some place: which places a rule watches depends on the sites."""
    somewhere = (
        subject
        if route.areas is None
        else Subject(
            agency=subject.agency,
            severity=subject.severity,
            kind=subject.kind,
            area=route.areas[0],
            failed_channel=subject.failed_channel,
        )
    )
    return takes(route, somewhere)


def _shown(name: str, outward: Outward) -> str:
    return name if name in outward.available else f"{name} (not set)"


def _when(route: Route) -> str:
    hours = ", ".join(route.hours) if route.hours else "always"
    return f"{hours} in {', '.join(route.areas)}" if route.areas else hours


def _channel_line(address: Address) -> dict[str, object]:
    state = "set" if address.is_set else "not set"
    note = address.trouble or address.source or f"set {variable(address.channel)}"
    return {"channel": address.channel, "state": state, "note": note}


def test(folders: Folders, given: argparse.Namespace) -> int:
    """Send a message that says that it is a test; 1 when the channel does not take it."""
    configuration = read_configuration(folders.config)
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
    configuration = read_configuration(folders.config)
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
