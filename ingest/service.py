"""The ingest process: its threads, its clock and its patience live here and nowhere else."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.desk.desk import end_expired_shelves
from alerts.journal.alarms import AlarmEvent
from alerts.journal.journal_table import load_states
from alerts.judging.engine import AlarmEngine
from alerts.judging.late_watch import LateWatch
from alerts.judging.outage_watch import OutageWatch
from alerts.rulebook.rule_book import RuleBook
from config.settings import BrokerAddress
from devices.kinds import Kind
from devices.registry import Registry
from devices.registry_table import read_registry, register, registry_revision
from ingest import quarantine
from ingest.delivery import Delivery
from ingest.drainer import Drainer
from ingest.evaluation import Evaluator
from ingest.interpretation import Interpreted, interpret
from ingest.mqtt import Subscriber
from ingest.patience import Patience
from ingest.registration import UNREGISTERED
from ingest.self_watch import KIND, SITE_ID, SelfWatch, Surroundings, registration
from ingest.settlement import OPERATIONAL, Judges, Present, Stores, keep_present, settle
from ingest.sources import Sources
from storage.books_table import prune_identities
from storage.database import Database
from storage.dead_letters_table import DeadLetter
from storage.health_table import record_health
from storage.heartbeat_table import RULE_FILES, beat, heartbeats
from storage.ports import ReadingReader, StorageMisconfigured, StorageUnavailable
from storage.readings import Reading, united
from storage.spooled import SpooledReadings

LOG = logging.getLogger(__name__)

COMPONENT = "ingest"
_BATCH = 1000
# Twice a batch: the broker sends the next one while this one is being stored.
_RECEIVE_MAXIMUM = 2 * _BATCH
_WAIT_S = 0.2
_TEND_EVERY_S = 1.0
_PRUNE_EVERY = timedelta(hours=1)
_IDENTITIES_KEPT = timedelta(days=60)
_JOIN_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the ingest process is built from; its maker owns and closes the stores.

    Attributes:
        broker: Where messages come from.
        database: The operational database.
        readings: The store of readings behind its spool.
        history: Where readings of the last hours are found again at the start.
        state_folder: Whose disk is watched.
        kinds: All kinds by name.
        rules: The alarm rules in force; they are read again when their files change.
        sources: How messages of each topic are read.
        home: Latitude and longitude of the command centre, in degrees.
        client_id: Fixed name of this process at the broker.
    """

    broker: BrokerAddress
    database: Database
    readings: SpooledReadings
    history: ReadingReader
    state_folder: Path
    kinds: Mapping[str, Kind]
    rules: RuleBook
    sources: Sources
    home: tuple[float, float]
    client_id: str = "pantau-ingest"


class IngestService:
    """Takes messages from the broker until it is told to stop."""

    def __init__(self, parts: Parts, stop: threading.Event) -> None:
        self._parts = parts
        self._stop = stop
        self._stores = Stores(database=parts.database, readings=parts.readings)
        self._registry = Registry([], [], [])
        self._revision = -1
        self._judges = Judges(
            evaluator=Evaluator(parts.kinds), engine=AlarmEngine(parts.rules.rules, {}, parts.kinds)
        )
        self._trouble = ""
        self._is_keeping_late = False
        self._tended_at = self._pruned_at = datetime.min.replace(tzinfo=UTC)
        self._persist = Patience(stop, self._say_trouble)
        self._watch = SelfWatch(_now())
        self._outages = OutageWatch(parts.database, parts.kinds, home=SITE_ID, started_at=_now())
        self._late = LateWatch(parts.database, parts.history, parts.kinds)
        self._drainer = Drainer(parts.readings, parts.database, stop)
        self._subscriber = Subscriber(
            parts.broker,
            client_id=parts.client_id,
            topic_filters=parts.sources.filters,
            receive_maximum=_RECEIVE_MAXIMUM,
            clock=_now,
        )

    def run(self) -> None:
        """Work until `stop` is set. What was not settled by then is not acknowledged and comes again."""
        for problem in self._parts.rules.problems:
            LOG.error("%s", problem)
        if not self._persist(OPERATIONAL, self._remember):
            return
        self._recollect()
        self._drainer.start()
        self._subscriber.start()
        try:
            while not self._stop.is_set():
                self._tend_when_due()
                deliveries = self._subscriber.take(_BATCH, _WAIT_S)
                if deliveries and self._settle(deliveries):
                    self._subscriber.acknowledge(deliveries)
        finally:
            self._subscriber.stop()
            self._drainer.join(_JOIN_WITHIN_S)

    def _remember(self) -> None:
        """Take up registry and alarm states where the last process left them, and appear in the registry."""
        if KIND in self._parts.kinds:
            with self._parts.database.transaction() as connection:
                register(connection, [registration(*self._parts.home, now=_now())])
        with self._parts.database.reading() as connection:
            states = load_states(connection)
            last_beat, _ = heartbeats(connection).get(COMPONENT, (None, ""))
        self._outages.tell_absence(last_beat, _now())
        self._refresh_registry()
        self._judges.engine.restore(states)

    def _recollect(self) -> None:
        """Refill the evaluator's windows from the store and its spool; one that is away is not waited for."""
        recalled: list[Reading] = []
        for recall in (self._stored_lately, self._waiting_lately):
            try:
                recalled += recall()
            except (StorageUnavailable, StorageMisconfigured) as error:
                LOG.warning("the last hours cannot be recalled, quality checks begin without them: %s", error)
        # What waits is newer than what is stored: it may hold corrections.
        self._judges.evaluator.restore(united(recalled))

    def _stored_lately(self) -> Iterator[Reading]:
        now = _now()
        for kind in self._parts.kinds:
            start = now - self._judges.evaluator.horizon(kind)
            yield from self._parts.history.read(kind, start=start, end=now + timedelta(hours=1))

    def _waiting_lately(self) -> Iterator[Reading]:
        now = _now()
        for reading in self._parts.readings.those_waiting():
            kind = reading.kind
            if kind in self._parts.kinds and now - reading.observed_at < self._judges.evaluator.horizon(kind):
                yield reading

    def _settle(self, deliveries: Sequence[Delivery], released: Sequence[DeadLetter] = ()) -> bool:
        # A device may speak in the moment after its registration: look before calling it a stranger.
        if not self._persist(OPERATIONAL, self._refresh_registry):
            return False
        began_at = _now()
        batch = interpret(deliveries, self._registry, self._parts.kinds, self._parts.sources)
        is_settled = settle(
            batch, self._stores, self._judges, now=began_at, persist=self._persist, released=released
        )
        if is_settled:
            self._note(deliveries, batch, began_at)
        return is_settled

    def _note(self, deliveries: Sequence[Delivery], batch: Interpreted, began_at: datetime) -> None:
        now = _now()
        self._watch.note(
            messages=len(deliveries),
            rejected=len(batch.dead_letters),
            ignored=batch.ignored,
            lag_s=(now - deliveries[0].received_at).total_seconds() if deliveries[0].message_id else 0.0,
            settle_s=(now - began_at).total_seconds(),
        )
        strangers = {letter.device_id for letter in batch.dead_letters if letter.reason == UNREGISTERED}
        if strangers:
            self._persist(OPERATIONAL, lambda: quarantine.trim(self._parts.database, filter(None, strangers)))

    def _tend_when_due(self) -> None:
        now = _now()
        if (now - self._tended_at).total_seconds() < _TEND_EVERY_S:
            return
        self._tended_at = now
        self._subscriber.tend()
        self._refresh_rules()
        self._trouble = self._subscriber.trouble or self._parts.readings.outage
        events = [*self._judges.engine.tick(now), *self._told_late(now)]
        present = Present(readings=[], events=events, states=self._judges.engine.changed_states())
        around = self._surroundings()
        # Apart from the rest, so that a failure behind it cannot tell the same events twice.
        self._persist(OPERATIONAL, lambda: keep_present(self._parts.database, present))
        self._persist(OPERATIONAL, lambda: self._keep_tick(around, now))
        self._replay_letters()
        own = self._watch.delivery_when_due(now, around)
        if own is not None and KIND in self._parts.kinds:
            self._settle([own])

    def _told_late(self, now: datetime) -> Sequence[AlarmEvent]:
        """Return what values say that came too late; they wait while the store does not have them all."""
        if self._parts.readings.waiting():
            return []
        try:
            return self._late.look(self._judges.engine, self._registry.sites, now)
        except (StorageUnavailable, StorageMisconfigured) as error:
            LOG.debug("what came late is looked at later: %s", error)
            return []

    def _refresh_rules(self) -> None:
        """Judge by the rule files as they are now; a bad one keeps the rules that it held when right."""
        changed = self._parts.rules.refresh()
        if changed is not None:
            LOG.info("%s", changed)
            for problem in changed.problems:
                LOG.error("%s", problem)
            self._judges.engine.update_rules(self._parts.rules.rules)
        self._keep_rules()

    def _keep_rules(self) -> None:
        """Keep the rule files as they are when they are right, so that a restart finds them again."""
        try:
            self._parts.rules.keep()
        except OSError as error:
            if not self._is_keeping_late:
                LOG.warning("the rule files in force cannot be kept for the next start: %s", error)
            self._is_keeping_late = True
        else:
            self._is_keeping_late = False

    def _refused_rules(self) -> str:
        return ", ".join(sorted({Path(problem.path).name for problem in self._parts.rules.problems}))

    def _keep_tick(self, around: Surroundings, now: datetime) -> None:
        self._refresh_registry()
        end_expired_shelves(self._parts.database, now)
        self._outages.look(self._registry, now, is_link_down=bool(self._subscriber.trouble))
        with self._parts.database.transaction() as connection:
            beat(connection, COMPONENT, now, trouble=self._trouble)
            beat(connection, RULE_FILES, now, trouble=self._refused_rules())
            record_health(connection, COMPONENT, self._watch.numbers(now, around))
            if now - self._pruned_at > _PRUNE_EVERY:
                prune_identities(connection, now - _IDENTITIES_KEPT)
                self._pruned_at = now

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            waiting=self._parts.readings.waiting(),
            queued=self._subscriber.deliveries.qsize(),
            dropped=self._subscriber.dropped,
            disk_free_gb=shutil.disk_usage(self._parts.state_folder).free / 1e9,
        )

    def _refresh_registry(self) -> None:
        with self._parts.database.reading() as connection:
            revision = registry_revision(connection)
            if revision == self._revision:
                return
            self._registry = read_registry(connection)
        self._judges.engine.update_sites(self._registry.sites)
        self._judges.evaluator.update_sites(self._registry.sites)
        quarantine.welcome(self._parts.database, self._registry)
        self._revision = revision

    def _replay_letters(self) -> None:
        """Try again the dead letters that somebody wants replayed, a batch at a time."""
        letters: list[DeadLetter] = []
        if not self._persist(
            OPERATIONAL, lambda: letters.extend(quarantine.wanted(self._parts.database, _BATCH))
        ):
            return
        if letters:
            self._settle(quarantine.deliveries_of(letters), released=letters)

    def _say_trouble(self, trouble: str) -> None:
        """Let the page know, as far as the operational database can still be told."""
        self._trouble = trouble
        try:
            with self._parts.database.transaction() as connection:
                beat(connection, COMPONENT, _now(), trouble=trouble)
        except StorageUnavailable:
            LOG.debug("the operational database cannot be told either")


def _now() -> datetime:
    return datetime.now(UTC)
