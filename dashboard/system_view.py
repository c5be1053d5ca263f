"""The system page's figures: each with its unit and the time it is of; what is not known is None."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dashboard.parts import Installation
from dashboard.system_facts import SystemFacts
from dashboard.wire import milliseconds
from storage.heartbeat_table import RULE_FILES

_SILENT_AFTER = timedelta(seconds=10)
_LOW_DISK_BYTES = 2e9
_BYTES = (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the page.

    Attributes:
        key: Of its label in the message catalogues.
        value: A number, a text, or None for unknown.
        unit: As printed, "" for none.
        at: The moment it is of, in milliseconds since 1970; None when it has no time of its own.
        since: Where the span begins that it is counted over; None when it is of one moment.
        precision: Decimals worth showing.
        is_bad: True when somebody should look.
        label: A name of its own instead of the key's text: of a process, a channel or a store.
    """

    key: str
    value: float | str | None
    unit: str = ""
    at: int | None = None
    since: int | None = None
    precision: int = 0
    is_bad: bool = False
    label: str = ""


def system_view(
    found: SystemFacts, about: Installation | None, *, started_at: datetime, now: datetime
) -> dict[str, Any]:
    """Return the page's sections in their order, as plain JSON values; pure."""
    sections = {
        "system_messages": _messages(found, now),
        "system_lag": _lag(found),
        "system_waiting": _waiting(found, now),
        "system_processes": _processes(found, started_at, now),
        "system_stores": _stores(found, now),
        "system_versions": _versions(found, about, now),
        "system_channels": _channels(found, now),
    }
    return {
        "at": milliseconds(now),
        "sections": [
            {"key": key, "figures": [asdict(f) for f in figures]} for key, figures in sections.items()
        ],
        "letters": [
            {"reason": letter.reason, "count": letter.count, "newest_at": milliseconds(letter.newest_at)}
            for letter in found.letters
        ],
        "refused_rules": [asdict(problem) for problem in found.rule_problems],
    }


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value that a share of all does not exceed, None when there are none; the nearest rank."""
    ranked = sorted(values)
    return ranked[max(math.ceil(share * len(ranked)), 1) - 1] if ranked else None


def _messages(found: SystemFacts, now: datetime) -> list[Figure]:
    since, minutes = found.recent_since, max((now - found.recent_since).total_seconds() / 60, 1.0)

    def rate(key: str, count: int, *, is_bad: bool = False) -> Figure:
        return Figure(
            key=key,
            value=count / minutes,
            unit="/min",
            at=milliseconds(now),
            since=milliseconds(since),
            precision=1,
            is_bad=is_bad,
        )

    day = found.day
    missing = day.received - day.stored - day.duplicate - day.rejected
    return [
        rate("system_received", found.recent.received),
        rate("system_stored", found.recent.stored),
        rate("system_duplicate", found.recent.duplicate),
        rate("system_rejected", found.recent.rejected),
        Figure(
            key="system_balance",
            value=missing,
            at=milliseconds(now),
            since=milliseconds(found.day_since),
            is_bad=missing != 0,
        ),
        Figure(key="system_gap", value=day.gap, at=milliseconds(now), since=milliseconds(found.day_since)),
    ]


def _lag(found: SystemFacts) -> list[Figure]:
    transit = [(received - observed).total_seconds() for observed, received in found.arrivals]
    newest = max((received for _, received in found.arrivals), default=None)
    own = [r for r in found.own or () if "lag_s" in r.values]
    settled = [reading.values["lag_s"] for reading in own]
    settled_at = own[-1].observed_at if own else None

    def seconds(key: str, value: float | None, at: datetime | None) -> Figure:
        return Figure(key=key, value=value, unit="s", at=milliseconds(at), precision=1)

    return [
        seconds("system_transit_median", percentile(transit, 0.5), newest),
        seconds("system_transit_p95", percentile(transit, 0.95), newest),
        seconds("system_settle_median", percentile(settled, 0.5), settled_at),
        seconds("system_settle_p95", percentile(settled, 0.95), settled_at),
    ]


def _waiting(found: SystemFacts, now: datetime) -> list[Figure]:
    at = _told_at(found)
    waiting = found.health.get("spool_readings")
    age_s = (now - found.spooled_at).total_seconds() if found.spooled_at else (0.0 if waiting == 0 else None)
    return [
        Figure(key="system_spool", value=waiting, at=at, is_bad=bool(waiting)),
        Figure(key="system_spool_age", value=age_s, unit="s", at=milliseconds(now), is_bad=bool(age_s)),
        Figure(key="system_queued", value=found.health.get("queued_messages"), at=at),
        Figure(
            key="system_letters_kept",
            value=sum(letter.count for letter in found.letters),
            at=milliseconds(now),
        ),
    ]


def _processes(found: SystemFacts, started_at: datetime, now: datetime) -> list[Figure]:
    figures = []
    processes = {name: beat for name, beat in found.heartbeats.items() if name != RULE_FILES}
    for name, (at, trouble) in sorted(processes.items()):
        is_silent = now - at > _SILENT_AFTER
        uptime_s = found.health.get("uptime_seconds") if name == "ingest" and not is_silent else None
        since = at - timedelta(seconds=uptime_s) if uptime_s is not None else None
        state = trouble or ("system_silent" if is_silent else "system_runs")
        figures.append(
            Figure(
                key="system_process",
                label=name,
                value=state,
                at=milliseconds(at),
                since=milliseconds(since),
                is_bad=is_silent or bool(trouble),
            )
        )
    return [*figures, _dashboard(started_at, now)]


def _dashboard(started_at: datetime, now: datetime) -> Figure:
    return Figure(
        key="system_process",
        label="dashboard",
        value="system_runs",
        at=milliseconds(now),
        since=milliseconds(started_at),
    )


def _stores(found: SystemFacts, now: datetime) -> list[Figure]:
    at = milliseconds(now)
    store = Figure(
        key="system_readings_store",
        value=found.store_trouble or "system_answers",
        at=at,
        is_bad=bool(found.store_trouble),
    )
    sizes = [_size("system_size", disk.size_bytes, at, label=disk.name) for disk in found.disks]
    free_bytes = min((disk.free_bytes for disk in found.disks), default=None)
    is_low = free_bytes is not None and free_bytes < _LOW_DISK_BYTES
    free = replace(_size("system_disk_free", free_bytes, at), is_bad=is_low)
    return [store, free, *sizes]


def _size(key: str, size_bytes: int | None, at: int | None, *, label: str = "") -> Figure:
    """Return a size in the largest unit of which there is one whole, as it is printed."""
    figure = Figure(key=key, label=label, value=size_bytes, unit="B", at=at)
    for unit, of_bytes in _BYTES:
        # As it is printed: 999,960 bytes are 1.0 MB, never 1,000.0 kB.
        if size_bytes is not None and round(size_bytes / (of_bytes / 1000), 1) >= 1000:
            return replace(figure, value=size_bytes / of_bytes, unit=unit, precision=1)
    return figure


def _versions(found: SystemFacts, about: Installation | None, now: datetime) -> list[Figure]:
    at = milliseconds(now)
    named = {
        "system_pantau": about.version if about else None,
        "system_python": platform.python_version(),
        "system_database": f"{found.database.name} {found.database.version}",
        "system_schema": found.database.schema or None,
        "system_readings_in": about.readings_store if about else None,
        "system_broker": about.broker if about else None,
    }
    return [Figure(key=key, value=value, at=at) for key, value in named.items()]


def _channels(found: SystemFacts, now: datetime) -> list[Figure]:
    return [
        Figure(
            key="system_channel",
            label=channel.channel or "–",
            value=f"{channel.delivered} / {channel.waiting} / {channel.given_up}",
            at=milliseconds(now),
            since=milliseconds(channel.oldest),
            is_bad=channel.given_up > 0 or not channel.channel,
        )
        for channel in found.post
    ]


def _told_at(found: SystemFacts) -> int | None:
    at, _ = found.heartbeats.get("ingest", (None, ""))
    return milliseconds(at)
