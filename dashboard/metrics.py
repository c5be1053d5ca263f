"""What Pantau tells monitoring systems of itself, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from alerts.telling.deliveries_table import Post, post
from storage.books_table import Balance, balance
from storage.database import Database
from storage.dead_letters_table import rejection_reasons
from storage.health_table import health
from storage.heartbeat_table import heartbeats

CONTENT_TYPE = CONTENT_TYPE_LATEST
_INGEST = "ingest"
_GAUGES = {
    "uptime_seconds": "Seconds since ingest started",
    "spool_readings": "Readings that wait on disk for their store",
    "queued_messages": "Messages taken from the broker and not settled yet",
    "lag_seconds": "Longest time from the arrival of a message until it was settled, over half a minute",
    "settle_seconds": "Longest time to settle a batch, over half a minute",
}
_COUNTERS = {
    "messages_total": "Messages settled since ingest started",
    "rejected_total": "Dead letters left since ingest started",
    "ignored_total": "Parts of messages that were never meant to be measurements",
    "dropped_total": "Messages of QoS 0 let go for want of room since ingest started",
    "batches_total": "Batches settled since ingest started",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What is known at one moment.

    Attributes:
        books: All messages ever, and what became of them.
        dead_letters: How many are kept.
        ingest: The newest numbers that ingest told.
        heartbeat_ages_s: Component to seconds since its last sign of life.
        troubled: Components that say that something is wrong.
        post: What became of the messages to people, by channel.
        oldest_message_age_s: Age of the oldest that is still to be sent; None when none is.
    """

    books: Balance
    dead_letters: int
    ingest: Mapping[str, float]
    heartbeat_ages_s: Mapping[str, float]
    troubled: Mapping[str, bool]
    post: Sequence[Post]
    oldest_message_age_s: float | None


def read_numbers(database: Database, now: datetime) -> Numbers:
    """Return what the operational database knows at `now`.

    Raises:
        StorageUnavailable: It does not answer.
    """
    with database.reading() as connection:
        beats = heartbeats(connection)
        messages = post(connection)
        oldest = min((channel.oldest for channel in messages if channel.oldest), default=None)
        return Numbers(
            books=balance(connection),
            dead_letters=sum(count for _, count in rejection_reasons(connection)),
            ingest=health(connection, _INGEST),
            heartbeat_ages_s={name: (now - at).total_seconds() for name, (at, _) in beats.items()},
            troubled={name: bool(trouble) for name, (_, trouble) in beats.items()},
            post=messages,
            oldest_message_age_s=None if oldest is None else (now - oldest).total_seconds(),
        )


def exposition(numbers: Numbers) -> bytes:
    """Return the numbers in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(numbers))
    return generate_latest(registry)


class _Collector:
    """Gives prometheus_client one moment's numbers."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        """Yield every family of numbers."""
        yield from self._books()
        yield from self._ingest()
        yield from self._components()
        yield from self._post()

    def _books(self) -> Iterator[Metric]:
        books = self._numbers.books
        ledger = CounterMetricFamily(
            "pantau_ledger_messages", "Messages ever received, by what became of them", labels=["outcome"]
        )
        for outcome in ("stored", "duplicate", "rejected"):
            ledger.add_metric([outcome], getattr(books, outcome))
        yield ledger
        yield CounterMetricFamily("pantau_ledger_received", "Messages ever received", value=books.received)
        yield GaugeMetricFamily(
            "pantau_ledger_balanced", "1 when the books balance", value=float(books.is_balanced)
        )
        yield GaugeMetricFamily(
            "pantau_sequence_gap_messages", "Missing in the devices' own counts", value=books.gap
        )
        yield GaugeMetricFamily("pantau_dead_letters", "Dead letters kept", value=self._numbers.dead_letters)

    def _ingest(self) -> Iterator[Metric]:
        for name, value in self._numbers.ingest.items():
            if name in _GAUGES:
                yield GaugeMetricFamily(f"pantau_ingest_{name}", _GAUGES[name], value=value)
            elif name in _COUNTERS:
                yield CounterMetricFamily(f"pantau_ingest_{name}", _COUNTERS[name], value=value)

    def _components(self) -> Iterator[Metric]:
        ages = GaugeMetricFamily(
            "pantau_heartbeat_age_seconds", "Seconds since the last sign of life", labels=["component"]
        )
        well = GaugeMetricFamily(
            "pantau_component_well", "1 when the component reports no trouble", labels=["component"]
        )
        for name, age_s in self._numbers.heartbeat_ages_s.items():
            ages.add_metric([name], age_s)
            well.add_metric([name], float(not self._numbers.troubled[name]))
        yield ages
        yield well

    def _post(self) -> Iterator[Metric]:
        ended = CounterMetricFamily(
            "pantau_notifications",
            "Messages to people, by what became of them",
            labels=["channel", "outcome"],
        )
        waiting = GaugeMetricFamily(
            "pantau_notifications_waiting", "Messages to people still to be sent", labels=["channel"]
        )
        for channel in self._numbers.post:
            if not channel.channel:
                ended.add_metric(["", "nobody"], channel.given_up)
                continue
            ended.add_metric([channel.channel, "received"], channel.delivered)
            ended.add_metric([channel.channel, "given_up"], channel.given_up)
            waiting.add_metric([channel.channel], channel.waiting)
        yield ended
        yield waiting
        yield GaugeMetricFamily(
            "pantau_notification_oldest_seconds",
            "Age of the oldest message to people that is still to be sent; 0 when none is",
            value=self._numbers.oldest_message_age_s or 0.0,
        )
