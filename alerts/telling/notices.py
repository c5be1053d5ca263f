"""What one route still has to say about one place: alarms that were told, or are about to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.journal.alarms import Severity
from storage.clock import from_us, to_us


class Purpose(StrEnum):
    """Why a message is sent.

    Attributes:
        NEW: The first about a place.
        UPDATE: More has happened there.
        REMINDER: Nobody has acknowledged, and it is still so.
        ESCALATION: The same, told to whoever is asked next.
        TEST: A person tries the channel.
    """

    NEW = "new"
    UPDATE = "update"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One time that an alarm asked for people, as one route tells it.

    Attributes:
        alarm_id: The alarm.
        key: `<rule_id>/<site_id>`.
        severity: How bad.
        change: Number of the journal's event that asked.
        announced_at: When Pantau said so.
        channels: Who hears of it.
        told_at: When a message about it was last made; None while it waits.
        is_seen: True when a person has acknowledged it or put it aside.
        ended_at: When it ended; None while it is active.
        is_withdrawn: True when it ended because nobody watches any more: the danger may go on.
        is_end_told: True when its end was told, or need not be.
        steps: How many steps of the escalation are done.
    """

    alarm_id: str
    key: str
    severity: Severity
    change: int
    announced_at: datetime
    channels: tuple[str, ...]
    told_at: datetime | None = None
    is_seen: bool = False
    ended_at: datetime | None = None
    is_withdrawn: bool = False
    is_end_told: bool = False
    steps: int = 0

    @property
    def waits_for_people(self) -> bool:
        """True while it was told, is active, and nobody has seen it."""
        return self.told_at is not None and self.ended_at is None and not self.is_seen

    @property
    def has_end_to_tell(self) -> bool:
        """True when it is over and those who heard of it do not know yet."""
        return self.told_at is not None and self.ended_at is not None and not self.is_end_told


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How often messages spoke of one row of late.

    Attributes:
        count: In how many messages, since it was last quiet for as long as a chatter lasts.
        last_at: When it last asked for people.
    """

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one route tells about one place.

    Attributes:
        route: Name of the route.
        place: The river, road, area or site, by sort and name.
        opened_at: When its first alarm asked for people.
        told_at: When its last message was made; None before the first.
        notices: The alarms of it, oldest first.
        spoken: How often each row was spoken of.
        folded: How many notices of chattering rows were left out of messages.
    """

    route: str
    place: tuple[str, str]
    opened_at: datetime
    told_at: datetime | None = None
    notices: tuple[Notice, ...] = ()
    spoken: Mapping[str, Spoken] = field(default_factory=dict)
    folded: int = 0

    @property
    def key(self) -> str:
        """The group's name: route and place."""
        return "|".join((self.route, *self.place))

    @property
    def worst_standing(self) -> int:
        """The worst severity that was told and is not over, 0 when there is none."""
        told = (one.severity for one in self.notices if one.told_at is not None and one.ended_at is None)
        return max(told, default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to be made: to whom, why and of what. The words come later, in the channel's language.

    Attributes:
        key: The same decision gives the same key, so that it is never made twice.
        route: Name of the route.
        channel: Name of the channel; "" when there is nobody to tell, which is itself to be seen.
        purpose: Why.
        place: What the place is called.
        alarm_ids: The alarms that it tells, the worst first.
        ended_ids: The alarms whose end it tells.
        withdrawn_ids: Those of all these that ended because nobody watches them any more.
        standing: How many alarms of the place, known to this channel, are active.
    """

    key: str
    route: str
    channel: str
    purpose: Purpose
    place: str
    alarm_ids: tuple[str, ...]
    ended_ids: tuple[str, ...] = ()
    withdrawn_ids: tuple[str, ...] = ()
    standing: int = 0


def group_as_json(group: Group) -> dict[str, Any]:
    """Return a group as a mapping that JSON can hold; `group_from_json` gives it back exactly."""
    kept: dict[str, Any] = _plain(asdict(group))
    return kept


def group_from_json(kept: Mapping[str, Any]) -> Group:
    """Return the group that `group_as_json` was given."""
    notices = tuple(_notice(one) for one in kept["notices"])
    spoken = {
        key: Spoken(count=one["count"], last_at=from_us(one["last_at"]))
        for key, one in kept["spoken"].items()
    }
    return Group(
        route=kept["route"],
        place=(kept["place"][0], kept["place"][1]),
        opened_at=from_us(kept["opened_at"]),
        told_at=_instant(kept["told_at"]),
        notices=notices,
        spoken=spoken,
        folded=kept["folded"],
    )


def _notice(kept: Mapping[str, Any]) -> Notice:
    instants = {name: _instant(kept[name]) for name in ("told_at", "ended_at")}
    changed = {
        "severity": Severity(kept["severity"]),
        "announced_at": from_us(kept["announced_at"]),
        "channels": tuple(kept["channels"]),
    }
    return Notice(**{**kept, **instants, **changed})


def _instant(kept: int | None) -> datetime | None:
    return None if kept is None else from_us(kept)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a dataclass holds
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, Severity) else value
