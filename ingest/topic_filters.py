"""MQTT topic filters, and filters with named levels: `tele/{device}/SENSOR`, `zigbee2mqtt/{device*}`.

Source:
    OASIS MQTT 5.0, section 4.7.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NAMED_LEVEL = re.compile(r"\{(device|field)(\*?)\}")
_LONGEST = 65535


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a broker would hand a topic to a subscriber of that filter."""
    if topic.startswith("$") and topic_filter[:1] in ("+", "#"):
        return False
    return _meet(topic_filter.split("/"), topic.split("/"))


def covers(wider: str, narrower: str) -> bool:
    """Tell whether every topic of the narrower filter is one of the wider filter."""
    theirs, ours = narrower.split("/"), wider.split("/")
    for i, level in enumerate(ours):
        if level == "#":
            return True
        if i >= len(theirs) or theirs[i] == "#" or (level != "+" and level != theirs[i]):
            return False
    return len(ours) == len(theirs)


def overlap(one: str, other: str) -> bool:
    """Tell whether some topic belongs to both filters."""
    return _overlap(one.split("/"), other.split("/"))


def _meet(levels: Sequence[str], topic: Sequence[str]) -> bool:
    for i, level in enumerate(levels):
        if level == "#":
            return True
        if i >= len(topic) or level not in ("+", topic[i]):
            return False
    return len(levels) == len(topic)


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    for here, there in zip(one, other, strict=False):
        if "#" in (here, there):
            return True
        if here != there and "+" not in (here, there):
            return False
    # A filter a/# takes in the topic a itself.
    rest = one[len(other) :] or other[len(one) :]
    return not rest or rest[0] == "#"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFilter:
    """A topic filter some of whose levels have a name.

    Attributes:
        text: As it was written.
        topic_filter: What to subscribe to.
        device_at: Number of the level that names the device, counted from 0; None for none.
        field_at: Number of the level that names what was measured; None for none.
        takes_rest: Whether the last named level takes in all that follow.
    """

    text: str
    topic_filter: str
    device_at: int | None
    field_at: int | None
    takes_rest: bool

    def device(self, topic: str) -> str:
        """Return the device's name in a topic of this filter, "" when no level names it."""
        return self._level(topic, self.device_at)

    def field(self, topic: str) -> str:
        """Return the field's name in a topic of this filter, "" when no level names it."""
        return self._level(topic, self.field_at)

    def _level(self, topic: str, number: int | None) -> str:
        if number is None:
            return ""
        levels = topic.split("/")
        is_last = number == self.text.count("/")
        return "/".join(levels[number:]) if is_last and self.takes_rest else levels[number]


def named_filter(text: str) -> NamedFilter:
    """Return the filter that a text means.

    Args:
        text: A topic filter in which `{device}` and `{field}` may stand for one level each, and `{device*}`
            or `{field*}` at the end for all further levels.

    Raises:
        ValueError: The text is no such filter.
    """
    levels = text.split("/")
    named = [_NAMED_LEVEL.fullmatch(level) for level in levels]
    plain = [_plain(level, match) for level, match in zip(levels, named, strict=True)]
    _require_filter(text, plain)
    names = [match[1] if match else "" for match in named]
    for name in ("device", "field"):
        if names.count(name) > 1:
            raise ValueError(f"topic '{text}' holds {{{name}}} twice")
    return NamedFilter(
        text=text,
        topic_filter="/".join(plain),
        device_at=names.index("device") if "device" in names else None,
        field_at=names.index("field") if "field" in names else None,
        takes_rest=plain[-1] == "#",
    )


def _plain(level: str, match: re.Match[str] | None) -> str:
    if match is None:
        return level
    return "#" if match[2] else "+"


def _require_filter(text: str, levels: Sequence[str]) -> None:
    if not text or len(text.encode()) > _LONGEST or "\0" in text:
        raise ValueError("a topic is 1 to 65535 bytes of text without a zero byte")
    if text.startswith("$share/"):
        raise ValueError(f"topic '{text}' is a shared subscription; write the filter behind its group")
    if "#" in levels[:-1]:
        raise ValueError(f"topic '{text}': # and a name with * stand only at the end")
    for level in levels:
        if len(level) > 1 and re.search(r"[+#]", level):
            raise ValueError(f"topic '{text}': + and # stand for a whole level")
        if re.search(r"[{}]", level):
            raise ValueError(
                f"topic '{text}': a named level is {{device}} or {{field}}, alone between slashes"
            )
