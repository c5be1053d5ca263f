"""Quality checks: they flag, they never delete and never change a value."""

from __future__ import annotations

import dataclasses

from devices.kinds import Kind
from storage.readings import Flag, Reading


def checked(reading: Reading, kind: Kind) -> Reading:
    """Return the reading with `FAIL` on every value outside its metric's plausible range; bounds are inside.

    Source:
        QARTOD gross range test.
    """
    failed = {
        metric: Flag.FAIL
        for metric, value in reading.values.items()
        if not kind.metrics[metric].is_plausible(value)
    }
    return dataclasses.replace(reading, flags={**reading.flags, **failed}) if failed else reading
