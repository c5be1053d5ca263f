"""Damaged messages by the thousand; `PANTAU_FUZZ=100000` asks for more of them."""

import json
import math
import os
import random
import time
from datetime import timedelta

import pytest
from support.messages import KINDS, PAYLOADS, RECEIVED_AT, shipped_sources
from support.mutation import mutated
from support.source import ROOT

from devices.registry import Assignment, Device, Registry, Site
from devices.topics import is_device_id
from ingest.decoding import decode
from ingest.delivery import Delivery
from ingest.interpretation import interpret
from ingest.outcomes import Ignored, Measurement, Rejection
from ingest.source_files import load_sources
from ingest.sources import Sources

# The files for real messages first: they map what those messages hold.
SOURCES = Sources([*load_sources(ROOT / "tests" / "data" / "sources", KINDS).all, *shipped_sources().all])
MESSAGES = int(os.environ.get("PANTAU_FUZZ", "3000"))
LONGEST_S = 1.0
BEGINNING = RECEIVED_AT - timedelta(days=20000)


BARE = [
    ("posts/p1/level", b"182"),
    ("posts/p1/temperature", '"86.1 °F"'.encode()),
    ("posts/p1/level", b"-0.5e1 m"),
]


def golden() -> list[tuple[str, bytes]]:
    cases = sorted((ROOT / "tests" / "data" / "decoding").iterdir())
    return [
        ((case / "topic.txt").read_text(encoding="utf-8").strip(), (case / "payload.json").read_bytes())
        for case in cases
    ]


def real() -> list[tuple[str, bytes]]:
    """Return the real messages that are at hand, each on a topic that takes its format."""
    topics = {
        "tts_v3": "v3/app@ttn/devices/dev/up",
        "chirpstack": "application/a/device/d/event/up",
        "tasmota": "tele/tasmota/SENSOR",
        "airrohr": "airrohr/1",
        "weewx": "weather/loop",
        "mqtt_lab": "temp-hum-readings",
    }
    found = []
    for path in sorted(PAYLOADS.glob("*.json*")):
        topic = next(topic for name, topic in topics.items() if path.name.startswith(name))
        text = path.read_text(encoding="utf-8")
        bodies = [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else [text]
        found += [(topic, _body(body)) for body in bodies]
    return found


def _body(told) -> bytes:
    if isinstance(told, str):
        return told.encode()
    return (
        told["raw"] if "raw" in told else json.dumps(told.get("message", told.get("payload", told)))
    ).encode()


def registered_everywhere(outcomes) -> Registry:
    """Return a registry that knows every device of the outcomes, so that what can be stored is stored."""
    ids = {end.device_id for end in outcomes if isinstance(end, Measurement)}
    return Registry(
        [Site(id="post", name="Post", lat_deg=-7.6, lon_deg=111.5)],
        [Device(id=name, kind="flood" if len(name) % 2 else "air") for name in ids],
        [Assignment(device_id=name, site_id="post", since=BEGINNING) for name in ids],
    )


def require_sound(outcomes) -> None:
    assert outcomes
    for end in outcomes:
        assert isinstance(end, Measurement | Rejection | Ignored)
        if isinstance(end, Measurement):
            assert end.values
            assert all(math.isfinite(value) for value in end.values.values())
            assert is_device_id(end.device_id)
            assert RECEIVED_AT - timedelta(days=9800) < end.observed_at <= RECEIVED_AT + timedelta(minutes=10)
        else:
            assert 0 < len(end.reason) < 300


@pytest.mark.timeout(3600)
def test_damaged_messages_are_all_accounted_for_and_nothing_else_happens():
    originals = [*golden(), *real(), *BARE]
    slowest_s = 0.0
    for seed in range(MESSAGES):
        rng = random.Random(seed)
        topic, payload = mutated(*rng.choice(originals), rng)
        began = time.perf_counter()
        outcomes = decode(topic, payload, RECEIVED_AT, SOURCES)
        slowest_s = max(slowest_s, time.perf_counter() - began)
        require_sound(outcomes)
        item = Delivery(topic=topic, payload=payload, received_at=RECEIVED_AT, message_id=1, connection=1)
        meant = interpret([item], registered_everywhere(outcomes), KINDS, SOURCES)
        assert len(meant.understood) + len(meant.dead_letters) + meant.ignored == len(outcomes), seed
        assert all(math.isfinite(v) for u in meant.understood for v in u.reading.values.values())
    assert slowest_s < LONGEST_S
