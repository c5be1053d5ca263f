"""The ingest process: its threads, its clock and its patience live here and nowhere else."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts.engine import AlarmEngine
from alerts.journal_table import load_states
from alerts.rules import Rule
from config.settings import BrokerAddress
from devices.kinds import Kind
from devices.registry import Registry
from devices.registry_table import read_registry, registry_revision
from devices.topics import TELEMETRY_FILTER
from ingest.delivery import Delivery
from ingest.interpretation import interpret
from ingest.mqtt import Subscriber
from ingest.settlement import Present, Stores, keep_present, settle
from storage.heartbeat_table import beat
from storage.ports import StorageMisconfigured, StorageUnavailable

LOG = logging.getLogger(__name__)

COMPONENT = "ingest"
_BATCH = 500
# Twice a batch: the broker sends the next one while this one is being stored.
_RECEIVE_MAXIMUM = 2 * _BATCH
_WAIT_S = 0.2
_TEND_EVERY_S = 1.0
_BACKOFF_FROM_S = 0.25
_BACKOFF_UP_TO_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the ingest process is built from; its maker owns and closes the stores.

    Attributes:
        broker: Where messages come from.
        stores: Where they go.
        kinds: All kinds by name.
        rules: All alarm rules by id.
        client_id: Fixed name of this process at the broker.
    """

    broker: BrokerAddress
    stores: Stores
    kinds: Mapping[str, Kind]
    rules: Mapping[str, Rule]
    client_id: str = "pantau-ingest"


class IngestService:
    """Takes messages from the broker until it is told to stop."""

    def __init__(self, parts: Parts, stop: threading.Event) -> None:
        self._parts = parts
        self._stop = stop
        self._registry = Registry([], [], [])
        self._revision = -1
        self._engine = AlarmEngine(parts.rules, {}, parts.kinds)
        self._trouble = ""
        self._tended_at: datetime | None = None
        self._subscriber = Subscriber(
            parts.broker,
            client_id=parts.client_id,
            topic_filter=TELEMETRY_FILTER,
            receive_maximum=_RECEIVE_MAXIMUM,
            clock=_now,
        )

    def run(self) -> None:
        """Work until `stop` is set. What was not settled by then is not acknowledged and comes again."""
        if not self._persist("operational database", self._remember):
            return
        self._subscriber.start()
        try:
            while not self._stop.is_set():
                self._tend_when_due()
                deliveries = self._subscriber.take(_BATCH, _WAIT_S)
                if deliveries:
                    self._settle(deliveries)
        finally:
            self._subscriber.stop()

    def _remember(self) -> None:
        """Take up the alarm states where the last process left them."""
        with self._parts.stores.database.reading() as connection:
            states = load_states(connection)
        self._refresh_registry()
        self._engine.restore(states)

    def _settle(self, deliveries: list[Delivery]) -> None:
        # A device may speak in the moment after its registration: look before calling it a stranger.
        if not self._persist("operational database", self._refresh_registry):
            return
        batch = interpret(deliveries, self._registry, self._parts.kinds)
        if settle(batch, self._parts.stores, self._engine, now=_now(), persist=self._persist):
            self._subscriber.acknowledge(deliveries)

    def _tend_when_due(self) -> None:
        now = _now()
        if self._tended_at and (now - self._tended_at).total_seconds() < _TEND_EVERY_S:
            return
        self._tended_at = now
        self._subscriber.tend()
        self._trouble = self._subscriber.trouble
        events = self._engine.tick(now)
        present = Present(readings=[], events=events, states=self._engine.changed_states())
        self._persist("operational database", lambda: self._keep_tick(present, now))

    def _keep_tick(self, present: Present, now: datetime) -> None:
        self._refresh_registry()
        keep_present(self._parts.stores.database, present)
        self._beat(now)

    def _refresh_registry(self) -> None:
        with self._parts.stores.database.reading() as connection:
            revision = registry_revision(connection)
            if revision == self._revision:
                return
            self._registry = read_registry(connection)
        self._revision = revision
        self._engine.update_sites(self._registry.sites)

    def _beat(self, now: datetime) -> None:
        with self._parts.stores.database.transaction() as connection:
            beat(connection, COMPONENT, now, trouble=self._trouble)

    def _persist(self, what: str, effect: Callable[[], None]) -> bool:
        """Carry out an effect, waiting with growing patience while its store is away; see `Persist`."""
        delay_s = 0.0
        while True:
            try:
                effect()
            except (StorageUnavailable, StorageMisconfigured) as error:
                if not delay_s:
                    LOG.warning("%s unavailable, nothing is acknowledged until it is back: %s", what, error)
                delay_s = min(max(2 * delay_s, _BACKOFF_FROM_S), _BACKOFF_UP_TO_S)
                self._say_trouble(f"{what}: {error}")
                if self._stop.wait(delay_s * random.uniform(0.5, 1.0)):
                    return False
            else:
                if delay_s:
                    LOG.warning("%s is back", what)
                return True

    def _say_trouble(self, trouble: str) -> None:
        """Let the page know, as far as the operational database can still be told."""
        self._trouble = trouble
        try:
            self._beat(_now())
        except StorageUnavailable:
            LOG.debug("the operational database cannot be told either")


def _now() -> datetime:
    return datetime.now(UTC)
