"""What ingest tells of itself: numbers for machines, readings of kind `pantau` for the rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.kinds import OWN_KIND
from devices.registry import Device, Registration, Site
from devices.topics import telemetry_topic
from ingest.delivery import Delivery

KIND = OWN_KIND
DEVICE_ID = "pantau-ingest"
SITE_ID = "pantau"
_TELL_EVERY = timedelta(seconds=30)
_INSTALLED = timedelta(days=1)


def registration(lat_deg: float, lon_deg: float, now: datetime) -> Registration:
    """Return the site and device under which ingest speaks of itself, at the command centre."""
    site = Site(id=SITE_ID, name="Pantau", lat_deg=lat_deg, lon_deg=lon_deg)
    return Registration(site=site, device=Device(id=DEVICE_ID, kind=KIND), since=now - _INSTALLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What ingest sees around itself at one moment.

    Attributes:
        waiting: Readings in the spool.
        queued: Messages taken from the broker and not settled yet.
        disk_free_gb: Room left where the state is.
        dropped: Messages of QoS 0 that were let go for want of room, since ingest started.
    """

    waiting: int
    queued: int
    disk_free_gb: float
    dropped: int = 0


class SelfWatch:
    """Counts what ingest does. One thread; time is an argument."""

    def __init__(self, started_at: datetime) -> None:
        self._started_at = started_at
        self._told_at = started_at
        self._totals = {"messages": 0, "rejected": 0, "ignored": 0, "batches": 0}
        self._told = dict(self._totals)
        self._lag_s = 0.0
        self._settle_s = 0.0

    def note(self, *, messages: int, rejected: int, ignored: int, lag_s: float, settle_s: float) -> None:
        """Count a settled batch.

        Args:
            messages: Messages in it.
            rejected: Dead letters that it left.
            ignored: Parts that were never meant to be measurements.
            lag_s: Seconds from the arrival of its first message until it was settled.
            settle_s: Seconds that settling took.
        """
        for name, count in {"messages": messages, "rejected": rejected, "ignored": ignored}.items():
            self._totals[name] += count
        self._totals["batches"] += 1
        self._lag_s = max(self._lag_s, lag_s)
        self._settle_s = max(self._settle_s, settle_s)

    def numbers(self, now: datetime, around: Surroundings) -> dict[str, float]:
        """Return the newest numbers by name, for `/metrics`."""
        return {
            "uptime_seconds": (now - self._started_at).total_seconds(),
            "messages_total": self._totals["messages"],
            "rejected_total": self._totals["rejected"],
            "ignored_total": self._totals["ignored"],
            "batches_total": self._totals["batches"],
            "spool_readings": around.waiting,
            "queued_messages": around.queued,
            "dropped_total": around.dropped,
            "lag_seconds": self._lag_s,
            "settle_seconds": self._settle_s,
        }

    def delivery_when_due(self, now: datetime, around: Surroundings) -> Delivery | None:
        """Return what ingest says of the last half minute, as any device would; None when it is too early."""
        span_s = (now - self._told_at).total_seconds()
        if now - self._told_at < _TELL_EVERY:
            return None
        values = self._values(span_s, around)
        self._told_at, self._told = now, dict(self._totals)
        self._lag_s = self._settle_s = 0.0
        return Delivery(
            topic=telemetry_topic(DEVICE_ID),
            payload=json.dumps({"ts": now.isoformat(), "values": values}).encode(),
            received_at=now,
            message_id=0,
            connection=0,
        )

    def _values(self, span_s: float, around: Surroundings) -> Mapping[str, float]:
        new = {name: total - self._told[name] for name, total in self._totals.items()}
        return {
            "messages_per_s": new["messages"] / span_s,
            "rejected_per_min": new["rejected"] * 60 / span_s,
            "lag_s": self._lag_s,
            "settle_s": self._settle_s,
            "spool_readings": around.waiting,
            "disk_free_gb": around.disk_free_gb,
        }
