from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.city_database import city_kinds, city_rules

from dashboard.snapshot import Snapshot
from dashboard.stream import Feed, LiveStream
from devices.registry import Assignment, Device, Registry, Site
from storage.clock import to_us
from storage.latest_table import LatestValue
from storage.ports import StorageUnavailable
from storage.readings import Flag

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def go(self, **span: float) -> None:
        self.now += timedelta(**span)


class Books:
    """Stands for the database: gives what it is told, or fails as it is told."""

    def __init__(self, *sites: str) -> None:
        self.snapshot = books(*sites)
        self.failure: Exception | None = None
        self.reads = 0

    def __call__(self, _previous: Snapshot | None) -> Snapshot:
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        return self.snapshot

    def measure(self, level: float, at: datetime) -> None:
        value = LatestValue(
            device_id="gate-1",
            site_id="gate",
            kind="flood",
            metric="water_level_cm",
            observed_us=to_us(at),
            received_us=to_us(at),
            value=level,
            flag=Flag.GOOD,
            change=1,
        )
        self.snapshot = dataclasses.replace(self.snapshot, latest={("gate-1", "water_level_cm"): value})


def books(*sites: str) -> Snapshot:
    since = START - timedelta(days=1)
    return Snapshot(
        registry=Registry(
            [Site(id=site, name=site, lat_deg=-7.6, lon_deg=111.5) for site in sites],
            [Device(id=f"{site}-1", kind="flood") for site in sites],
            [Assignment(device_id=f"{site}-1", site_id=site, since=since) for site in sites],
        )
    )


def stream_of(read: Any, clock: Clock, **settings: float) -> LiveStream:
    feed = Feed(kinds=city_kinds(), rules=city_rules())
    return LiveStream(read, feed, clock=clock, **settings)


def parse(message: bytes) -> tuple[str, dict[str, Any]]:
    event, data = message.decode().strip().split("\n")
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def first(messages: Any) -> tuple[str, dict[str, Any]]:
    return parse(await anext(messages))


def test_a_viewer_gets_everything_first_and_then_only_what_changed() -> None:
    async def scenario() -> None:
        clock, read = Clock(), Books("gate", "far")
        stream = stream_of(read, clock)
        await stream.tick()
        viewer = stream.messages()
        event, told = await first(viewer)
        assert (event, len(told["sites"])) == ("full", 2)
        read.measure(200.0, clock.now)
        await stream.tick()
        event, told = await first(viewer)
        assert event == "delta"
        assert [(site["id"], site["state"], site["value"]) for site in told["sites"]] == [
            ("gate", "normal", 200.0)
        ]

    asyncio.run(scenario())


def test_every_tick_is_told_even_when_nothing_changed() -> None:
    async def scenario() -> None:
        clock = Clock()
        stream = stream_of(Books("gate"), clock)
        await stream.tick()
        viewer = stream.messages()
        await first(viewer)
        clock.go(seconds=1)
        await stream.tick()
        event, told = await first(viewer)
        assert event == "delta"
        assert "sites" not in told
        assert told["at"] == int(clock.now.timestamp() * 1000)

    asyncio.run(scenario())


def test_ageing_into_unknown_is_told_though_no_value_comes() -> None:
    async def scenario() -> None:
        clock, read = Clock(), Books("gate")
        read.measure(200.0, clock.now)
        stream = stream_of(read, clock)
        await stream.tick()
        viewer = stream.messages()
        await first(viewer)
        clock.go(minutes=16)
        await stream.tick()
        _, told = await first(viewer)
        assert [(site["state"], site["overdue"]) for site in told["sites"]] == [("unknown", True)]

    asyncio.run(scenario())


def test_a_new_site_brings_everything_anew() -> None:
    async def scenario() -> None:
        clock, read = Clock(), Books("gate")
        stream = stream_of(read, clock)
        await stream.tick()
        viewer = stream.messages()
        await first(viewer)
        read.snapshot = books("gate", "new")
        await stream.tick()
        event, told = await first(viewer)
        assert (event, len(told["sites"])) == ("full", 2)

    asyncio.run(scenario())


def test_a_viewer_that_falls_behind_is_brought_up_by_one_full_message() -> None:
    async def scenario() -> None:
        clock, read = Clock(), Books("gate")
        stream = stream_of(read, clock, heartbeat_s=0.001)
        await stream.tick()
        sleeper = stream.messages()
        await first(sleeper)
        for level in range(40):
            read.measure(float(level), clock.now)
            await stream.tick()
        received = []
        async for message in sleeper:
            if message.startswith(b":"):
                break
            received.append(parse(message))
        assert len(received) < 20
        fulls = [told for event, told in received if event == "full"]
        deltas_after = [t["values"]["value"][0] for e, t in received if e == "delta" and "values" in t]
        assert fulls
        assert [fulls[-1]["sites"][0]["value"], *deltas_after][-1] == 39.0

    asyncio.run(scenario())


class SlowFeed(Feed):
    """Works its messages out when it is let, in a thread as it always is."""

    def __init__(self) -> None:
        super().__init__(kinds=city_kinds(), rules=city_rules())
        self.began, self.may_go_on = threading.Event(), threading.Event()

    def advance(self, snapshot: Snapshot, *, now: datetime, is_store_silent: bool) -> bytes:
        self.began.set()
        assert self.may_go_on.wait(10)
        return super().advance(snapshot, now=now, is_store_silent=is_store_silent)


def test_who_comes_while_a_message_is_worked_out_misses_nothing_and_is_told_nothing_twice() -> None:
    async def scenario() -> None:
        clock, read, feed = Clock(), Books("gate"), SlowFeed()
        stream = LiveStream(read, feed, clock=clock)
        feed.may_go_on.set()
        await stream.tick()
        feed.began.clear()
        feed.may_go_on.clear()
        read.measure(200.0, clock.now)
        tick = asyncio.create_task(stream.tick())
        await asyncio.to_thread(feed.began.wait, 10)
        comer = stream.messages()
        told = asyncio.create_task(first(comer))
        await asyncio.sleep(0)  # it is at the door now
        feed.may_go_on.set()
        await tick
        event, everything = await told
        assert (event, everything["sites"][0]["value"]) == ("full", 200.0)
        clock.go(seconds=1)
        await stream.tick()
        event, news = await first(comer)
        assert (event, "sites" in news, news["at"] > everything["at"]) == ("delta", False, True)

    asyncio.run(scenario())


def test_a_database_that_refuses_is_told_and_recovery_too(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        clock, read = Clock(), Books("gate")
        stream = stream_of(read, clock)
        await stream.tick()
        viewer = stream.messages()
        await first(viewer)
        read.failure = StorageUnavailable("disk is gone")
        for _ in range(3):
            await stream.tick()
        silent = [(await first(viewer))[1]["health"]["store_silent"] for _ in range(3)]
        read.failure = None
        await stream.tick()
        assert [*silent, (await first(viewer))[1]["health"]["store_silent"]] == [True, True, True, False]

    asyncio.run(scenario())
    assert len([r for r in caplog.records if "disk is gone" in r.message]) == 1


def test_a_database_that_only_hangs_is_told_and_is_not_asked_twice() -> None:
    async def scenario() -> None:
        clock, answered = Clock(), threading.Event()
        inner, asked = Books("gate"), list[Snapshot | None]()

        def hanging(previous: Snapshot | None) -> Snapshot:
            asked.append(previous)
            answered.wait(10)
            return inner(previous)

        stream = stream_of(hanging, clock, patience_s=0.001)
        viewer = stream.messages()
        await stream.tick()
        pending = asyncio.ensure_future(first(viewer))
        await stream.tick()
        assert (await pending)[1]["health"]["store_silent"]
        assert len(asked) == 1
        answered.set()
        while inner.reads == 0 or (await first(viewer))[1]["health"]["store_silent"]:
            await stream.tick()

    asyncio.run(scenario())


def test_a_tick_that_meets_a_bug_does_not_end_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        read = Books("gate")
        read.failure = RuntimeError("a bug")
        stream = stream_of(read, Clock(), interval_s=0)
        running = asyncio.create_task(stream.run())
        viewer = stream.messages()
        waiting = asyncio.ensure_future(first(viewer))
        while read.reads < 3:
            await asyncio.sleep(0)
        read.failure = None
        event, told = await waiting
        assert event == "full"
        assert not told["health"]["store_silent"]
        running.cancel()

    asyncio.run(scenario())
    assert any("a bug" in record.message for record in caplog.records)


def test_closing_ends_every_viewer_also_one_with_a_full_queue() -> None:
    async def scenario() -> None:
        stream = stream_of(Books("gate"), Clock())
        await stream.tick()
        viewers = [stream.messages(), stream.messages()]
        for viewer in viewers:
            await first(viewer)
        for _ in range(40):
            await stream.tick()
        stream.close()
        assert [[message async for message in viewer] for viewer in viewers] == [[], []]

    asyncio.run(scenario())


def test_silence_is_filled_with_comments() -> None:
    async def scenario() -> None:
        stream = stream_of(Books("gate"), Clock(), heartbeat_s=0.001)
        assert (await anext(stream.messages())).startswith(b":")

    asyncio.run(scenario())


def test_what_somebody_did_is_told_at_once_and_not_at_the_next_turn() -> None:
    async def scenario() -> None:
        read = Books("gate")
        stream = stream_of(read, Clock(), interval_s=3600)
        running = asyncio.create_task(stream.run())
        viewer = stream.messages()
        assert (await first(viewer))[0] in ("full", "delta")
        while read.reads == 0:
            await asyncio.sleep(0)
        read.measure(200.0, START)
        stream.wake()
        told: dict[str, Any] = {}
        while not told.get("sites") or told["sites"][0]["value"] != 200.0:
            _, told = await asyncio.wait_for(first(viewer), 30)
        running.cancel()

    asyncio.run(scenario())
