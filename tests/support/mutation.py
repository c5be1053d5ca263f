"""Damage to messages, as wires, firmware and bad will do it; seeded, so that a failure can be had again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

STRANGE_NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-0.0", "1e-400", "9" * 400, "18446744073709551616",
    "-1", "65535", "0", "253402300800", "1e11", "1772366400000000000", "0x1F", "007", "1_000",
)  # fmt: skip
STRANGE_VALUES = (
    None, True, False, "", " ", "nan", "30.11 °C", "1,5", "12 parsecs", "٣", "²", "\x00", "\ud800x", "-" * 70,
    [], {}, [[]], {"": ""}, "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
)  # fmt: skip
STRANGE_LEVELS = (
    "",
    "+",
    "#",
    "$SYS",
    "..",
    "a" * 300,
    "é",
    "\x01",
    "up",
    "bridge",
    "{device}",
    " ",
    "event",
)


def mutated(topic: str, payload: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Return the message with one to three damages."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        if rng.random() < 0.08:
            topic = _other_topic(topic, rng)
        else:
            payload = rng.choice(_DAMAGES)(payload, rng)
    return topic, payload


def _other_topic(topic: str, rng: random.Random) -> str:
    levels = topic.split("/")
    place = rng.randrange(len(levels))
    action = rng.randrange(3)
    if action == 0:
        levels[place] = rng.choice(STRANGE_LEVELS)
    elif action == 1:
        levels.insert(place, rng.choice(STRANGE_LEVELS))
    else:
        del levels[place]
    return "/".join(levels)


def _flipped(payload: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(payload)
    for _ in range(rng.randint(1, 4)):
        if damaged:
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def _cut(payload: bytes, rng: random.Random) -> bytes:
    first, last = sorted((rng.randint(0, len(payload)), rng.randint(0, len(payload))))
    return payload[:first] + payload[last:] if rng.random() < 0.5 else payload[:last]


def _repeated(payload: bytes, rng: random.Random) -> bytes:
    return (
        payload + payload if rng.random() < 0.5 else b"[" + b",".join([payload] * rng.randint(0, 20)) + b"]"
    )


def _with_strange_number(payload: bytes, rng: random.Random) -> bytes:
    text = payload.decode(errors="replace")
    digits = [i for i, char in enumerate(text) if char.isdigit()]
    if not digits:
        return payload
    first = last = rng.choice(digits)
    while last + 1 < len(text) and text[last + 1] in "0123456789.eE+-":
        last += 1
    return (text[:first] + rng.choice(STRANGE_NUMBERS) + text[last + 1 :]).encode(errors="replace")


def _with_strange_value(payload: bytes, rng: random.Random) -> bytes:
    try:
        tree = json.loads(payload)
    except (ValueError, RecursionError):
        return payload
    return json.dumps(_changed(tree, rng)).encode(errors="replace")


def _changed(tree: Any, rng: random.Random) -> Any:
    if isinstance(tree, dict) and tree and rng.random() < 0.85:
        key = rng.choice(list(tree))
        if rng.random() < 0.1:
            return {
                **{k: v for k, v in tree.items() if k != key},
                key + rng.choice((" ", "_", ".", "")): tree[key],
            }
        if rng.random() < 0.1:
            return {k: v for k, v in tree.items() if k != key}
        return {**tree, key: _changed(tree[key], rng)}
    if isinstance(tree, list) and tree and rng.random() < 0.85:
        place = rng.randrange(len(tree))
        return [*tree[:place], _changed(tree[place], rng), *tree[place + 1 :]]
    return rng.choice((tree, [tree], {"values": tree}, *STRANGE_VALUES))


def _nested(payload: bytes, rng: random.Random) -> bytes:
    depth = rng.choice((3, 50, 5_000, 100_000))
    return b"[" * depth + payload + b"]" * depth if rng.random() < 0.5 else b'{"a":' * depth + payload


# Bytes that are cut or turned round mostly end as no JSON at all, so what goes deeper comes more often.
_DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flipped, _cut, _repeated, _nested),
    *(_with_strange_number,) * 5,
    *(_with_strange_value,) * 8,
)
