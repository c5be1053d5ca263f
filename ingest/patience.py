"""Waiting for a store that is away: growing pauses with jitter, a log line at each end of an outage."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

from storage.ports import StorageMisconfigured, StorageUnavailable

LOG = logging.getLogger(__name__)

_FROM_S = 0.25
_UP_TO_S = 15.0


class Patience:
    """Carries out effects, again and again while their store is unavailable.

    Args:
        stop: Ends the waiting.
        on_trouble: Told what is wrong at every attempt that fails; must not raise.
    """

    def __init__(self, stop: threading.Event, on_trouble: Callable[[str], None]) -> None:
        self._stop = stop
        self._on_trouble = on_trouble

    def __call__(self, what: str, effect: Callable[[], None]) -> bool:
        """Carry out `effect`; return True when it succeeded, False when `stop` came first."""
        delay_s = 0.0
        while True:
            try:
                effect()
            except (StorageUnavailable, StorageMisconfigured) as error:
                if not delay_s:
                    LOG.warning("%s unavailable, trying again until it is back: %s", what, error)
                delay_s = next_delay_s(delay_s)
                self._on_trouble(f"{what}: {error}")
                if self._stop.wait(delay_s * random.uniform(0.5, 1.0)):
                    return False
            else:
                if delay_s:
                    LOG.warning("%s is back", what)
                return True


def next_delay_s(delay_s: float) -> float:
    """Return the pause after one of `delay_s` seconds: twice as long, within bounds."""
    return min(max(2 * delay_s, _FROM_S), _UP_TO_S)
