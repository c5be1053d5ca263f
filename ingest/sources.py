"""Sources: whose messages Pantau takes, in which format, and what their fields mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from zoneinfo import ZoneInfo

from devices.topics import TELEMETRY_FILTER, is_device_id
from ingest.fields import Field, Path, found
from ingest.formats import Format
from ingest.formats.sample import Sample
from ingest.topic_filters import NamedFilter, covers, matches, named_filter

NATIVE_ID = "native"
NATIVE_TOPIC = TELEMETRY_FILTER.replace("+", "{device}")
# Topics are as many as devices; the bound is for a sender who makes up a new one for every message.
_REMEMBERED_TOPICS = 20_000
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFields:
    """What one device behind a message measures.

    Attributes:
        kind: Its kind.
        suffix: What its id has behind the name in the message, "" for nothing.
        fields: Where its metrics stand.
        needs: Metrics without which a message says nothing about it.
    """

    kind: str
    suffix: str
    fields: Sequence[Field]
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Messages of one format under one topic filter, and what they mean.

    Attributes:
        id: Its name, that of its file.
        format: How its messages are written.
        topic: Where they are published.
        readings: The devices behind a message; none when the names in it are metrics already.
        device_path: Where the message names the device; () when the topic or the format does.
        device_id: The one device that speaks here; "" when messages name it.
        prefix: What an id has before the name in the message.
        ids: Name in the message to device id, for names that are no ids themselves.
        zone: What a clock without a zone shows; None when such a clock tells nothing.
        time_path: Where the message tells the time; () when the format knows.
        enabled: Whether Pantau subscribes to it.
    """

    id: str
    format: Format
    topic: NamedFilter
    readings: Sequence[DeviceFields] = ()
    device_path: Path = ()
    device_id: str = ""
    prefix: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    zone: ZoneInfo | None = None
    time_path: Path = ()
    enabled: bool = True

    def name_in(self, topic: str, sample: Sample | None = None) -> str:
        """Return the device's name as topic or message tell it, "" when neither does."""
        if self.device_id:
            return self.device_id
        if self.topic.device_at is not None:
            return self.topic.device(topic)
        if sample is None:
            return ""
        return _as_name(found(sample.message, self.device_path)) if self.device_path else sample.device

    def id_of(self, name: str) -> str | None:
        """Return the device id of a name, None when it cannot become one.

        Pantau's own topic takes ids only. Elsewhere whatever cannot stand in an id becomes a hyphen.
        """
        if name in self.ids:
            return self.ids[name]
        if self.format is not Format.NATIVE:
            bare = _NOT_IN_AN_ID.sub("-", name).strip("-")
            name = bare and self.prefix + bare
        return name if is_device_id(name) else None


NATIVE = Source(id=NATIVE_ID, format=Format.NATIVE, topic=named_filter(NATIVE_TOPIC))


class Sources:
    """All sources of a city; the first whose filter takes a topic decides about its messages.

    Args:
        sources: In the order in which they are asked; those that are not enabled are only kept.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.all = tuple(sources)
        self.enabled = tuple(source for source in sources if source.enabled)
        self.match = lru_cache(maxsize=_REMEMBERED_TOPICS)(self._match)

    @property
    def filters(self) -> list[str]:
        """What to subscribe to: each topic filter once, and none that another one takes in.

        A broker may deliver a message once for every filter that takes it.
        """
        wanted = list(dict.fromkeys(source.topic.topic_filter for source in self.enabled))
        return [one for one in wanted if not any(covers(other, one) for other in wanted if other != one)]

    def _match(self, topic: str) -> Source | None:
        return next((s for s in self.enabled if matches(s.topic.topic_filter, topic)), None)


NATIVE_ONLY = Sources([NATIVE])


def _as_name(told: object) -> str:
    if isinstance(told, str):
        return told
    return str(told) if isinstance(told, int) and not isinstance(told, bool) and abs(told) < 1e18 else ""
