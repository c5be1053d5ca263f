"""Channels and routes: who hears of which alarm, when, and who is asked next; read from YAML."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from alerts.desk.chatter import STANDARD
from alerts.journal.alarms import Severity
from alerts.telling.hours import parse_hours
from config.json_schema import Schema, json_schema
from config.loader import Document, read_document
from config.problems import ConfigError, Problem

FILE_NAME = "notifications.yaml"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way to people. Where it leads is a secret and stands elsewhere.

    Attributes:
        language: What its readers read: `id` or `en`.
        at_most: So many messages, at least 1,
        per: in this time go out at most; more wait their turn.
        give_up_after: A message that could not be delivered for so long is given up, and listed as such.
    """

    language: str = "id"
    at_most: int = 20
    per: timedelta = timedelta(minutes=1)
    give_up_after: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if self.language not in ("id", "en"):
            raise ValueError(f"language '{self.language}' is not one of: id, en")
        if self.at_most < 1 or self.per <= timedelta(0) or self.give_up_after <= timedelta(0):
            raise ValueError("at_most must be at least 1, and per and give_up_after longer than nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who is asked next when nobody has acknowledged.

    Attributes:
        after: How long after the alarm was told to operators; longer than nothing.
        to: Names of channels.
    """

    after: timedelta
    to: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.after <= timedelta(0) or not self.to:
            raise ValueError("an escalation needs a time longer than nothing and at least one channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which alarms go to which channels, and how.

    Attributes:
        name: Its name in the list of deliveries: lower case letters, digits, underscores.
        to: Names of channels.
        agencies: Only alarms that these answer for; None for all.
        severity: Only alarms as bad as this or worse.
        kinds: Only alarms about these kinds of sensor; None for all.
        areas: Only alarms at sites of these areas; None for all.
        hours: Only alarms told in these hours of the city's clock, like `mon-fri 07:00-15:30`; None for all.
        wait: How long the first alarm of a place waits for others, so that they come in one message.
        update: The shortest time between two messages about one place, at least `1m`; what is worse than
            all that was told and stands, or critical, does not wait for it.
        remind: How long an alarm may be active and unacknowledged until it is told again; None for never.
        escalate: Who is asked next, the earliest first.
        resolved: Whether to tell that an alarm is over.
    """

    name: str
    to: tuple[str, ...]
    agencies: tuple[str, ...] | None = None
    severity: Severity = Severity.LOW
    kinds: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    hours: tuple[str, ...] | None = None
    wait: timedelta = timedelta(seconds=30)
    update: timedelta = timedelta(minutes=5)
    remind: timedelta | None = None
    escalate: tuple[Escalation, ...] = ()
    resolved: bool = True

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"'{self.name}' is not a name: use lower case letters, digits and underscores")
        for name in ("to", "agencies", "kinds", "areas", "hours"):
            if getattr(self, name) == ():
                raise ValueError(f"{name} is empty" + ("" if name == "to" else "; leave it out for all"))
        if self.update < STANDARD.within:
            raise ValueError("update must be at least 1m: only then is it known whether an alarm chatters")
        if self.remind is not None and self.remind <= timedelta(0):
            raise ValueError("remind must be longer than nothing")
        for text in self.hours or ():
            parse_hours(text)
        steps = [step.after for step in self.escalate]
        if steps != sorted(steps):
            raise ValueError("escalate: write the earliest step first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """The file `notifications.yaml` of a configuration folder.

    Attributes:
        channels: Name to channel.
        routes: All that fit an alarm tell it; a channel that several lead to hears of it once.
        silent_below: Alarms less bad than this need reach nobody: they stand on the page. Worse ones that no
            route takes are missed, and shown as such.
        page: Address at which people open Pantau's page, "" when messages shall not name one.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    silent_below: Severity = Severity.LOW
    page: str = ""


def load_notifications(folder: Path, kinds: Collection[str]) -> Notifications | None:
    """Return what a configuration folder says about notifications; None when it says nothing.

    Args:
        folder: A configuration folder; its `notifications.yaml` may be absent.
        kinds: Names of the kinds that routes may speak of.

    Raises:
        ConfigError: Every fault of the file.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return None
    document = read_document(path, Notifications)
    problems = list(_faults(document, kinds))
    if problems:
        raise ConfigError(problems)
    return document.value


def _faults(document: Document[Notifications], kinds: Collection[str]) -> Iterator[Problem]:
    known = document.value.channels
    for name in known:
        if not _NAME.fullmatch(name):
            message = f"'{name}' is not a name of a channel: use lower case letters, digits and underscores"
            yield document.problem(message, "channels", name)
    seen: set[str] = set()
    for number, route in enumerate(document.value.routes):
        place = ("routes", number)
        if route.name in seen:
            yield document.problem(f"there is another route '{route.name}'", *place, "name")
        seen.add(route.name)
        for index, kind in enumerate(route.kinds or ()):
            if kind not in kinds:
                message = f"there is no kind '{kind}'; known: {', '.join(sorted(kinds))}"
                yield document.problem(message, *place, "kinds", index)
        steps = [(("escalate", i, "to"), step.to) for i, step in enumerate(route.escalate)]
        for keys, names in [(("to",), route.to), *steps]:
            for index, name in enumerate(names):
                if name not in known:
                    message = f"there is no channel '{name}'; write it under channels"
                    yield document.problem(message, *place, *keys, index)


def notifications_schema() -> Schema:
    """Return the JSON Schema of `config/notifications.yaml`, for editors."""
    return json_schema(Notifications, title="Pantau notifications")
