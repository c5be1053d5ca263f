"""A store of readings that takes its time over every question."""

from __future__ import annotations

import time
from typing import Any


class BlockingReadings:
    """Stands before a store and answers as it does, only later."""

    def __init__(self, readings: Any, delay_s: float) -> None:
        self._readings = readings
        self._delay_s = delay_s

    def __getattr__(self, name: str) -> Any:
        time.sleep(self._delay_s)
        return getattr(self._readings, name)
