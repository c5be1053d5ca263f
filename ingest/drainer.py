"""The thread that hands over what waits in the spool as soon as its store is back."""

from __future__ import annotations

import json
import logging
import random
import threading

from devices.topics import telemetry_topic
from ingest.patience import next_delay_s
from ingest.settlement import keep_refused
from storage.clock import to_us
from storage.database import Database
from storage.dead_letters_table import DeadLetter
from storage.ports import StorageMisconfigured, StorageUnavailable
from storage.readings import Reading
from storage.spooled import Refusals, SpooledReadings

LOG = logging.getLogger(__name__)

_BATCH = 2000
_IDLE_S = 1.0


class Drainer:
    """Drains a spool from a thread of its own until `stop` is set.

    Args:
        readings: The spooled store.
        database: Where refused readings become dead letters.
        stop: Ends the thread.
    """

    def __init__(self, readings: SpooledReadings, database: Database, stop: threading.Event) -> None:
        self._readings = readings
        self._database = database
        self._stop = stop
        self._delay_s = 0.0
        self._thread = threading.Thread(target=self._run, name="drainer", daemon=True)

    def start(self) -> None:
        """Begin to drain."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread to end; set `stop` first."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        pause_s = 0.0
        try:
            while not self._stop.wait(pause_s):
                pause_s = self._step()
        except Exception:  # the outer edge of the thread: a silent death would fill the spool
            LOG.exception("draining the spool failed; ingest stops, to be started again")
            self._stop.set()

    def _step(self) -> float:
        """Drain once; return how long to wait before the next time."""
        try:
            drained = self._readings.drain(_BATCH, self._set_aside)
        except (StorageUnavailable, StorageMisconfigured) as error:
            if not self._delay_s:
                LOG.warning("readings wait in the spool: %s", error)
            self._delay_s = next_delay_s(self._delay_s)
            return self._delay_s * random.uniform(0.5, 1.0)
        if self._delay_s:
            LOG.warning("the store of readings is back; the spool is being drained")
            self._delay_s = 0.0
        return 0.0 if drained.written else _IDLE_S

    def _set_aside(self, refused: Refusals) -> None:
        # A reading and its corrections are one message, and become one dead letter.
        last = {reading.identity: (reading, reason) for reading, reason in refused}
        keep_refused(self._database, [_letter(*refusal) for refusal in last.values()])


def _letter(reading: Reading, reason: str) -> DeadLetter:
    """Return a refused reading as a native message that can be replayed."""
    message = {"ts": to_us(reading.observed_at) / 1000, "values": dict(reading.values)}
    return DeadLetter(
        received_at=reading.received_at,
        topic=telemetry_topic(reading.device_id),
        payload=json.dumps(message).encode(),
        device_id=reading.device_id,
        reason=f"the store refused it: {reason}",
    )
