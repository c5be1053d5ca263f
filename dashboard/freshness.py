"""Which values tell the present, and which of several speaks for a place: chosen by when it was measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from devices.kinds import OWN_KIND, Kind
from storage.clock import from_us, to_us
from storage.latest_table import LatestValue

_CLOCK_TOLERANCE = timedelta(minutes=1)
SiteValues = dict[tuple[str, str], LatestValue]


def fresh_since(kinds: Mapping[str, Kind], now: datetime) -> dict[str, int]:
    """Return for each kind the moment before which its values are too old to tell `now`, in µs since 1970."""
    return {name: to_us(now - kind.overdue_after) for name, kind in kinds.items()}


def is_overdue(latest: LatestValue | None, since_us: int | None) -> bool:
    """Tell whether a value no longer tells the present.

    The earlier of observed and received counts: an old value sent again is no sign of life, and a clock that
    runs ahead cannot keep a dead sensor alive.

    Args:
        latest: The value; None when there never was one.
        since_us: What `fresh_since` says of its kind; None when the kind is not known.
    """
    return (
        latest is None or since_us is None or latest.observed_us < since_us or latest.received_us < since_us
    )


def newest_observation(latest: Iterable[LatestValue], now: datetime) -> datetime | None:
    """Return when the newest value of a sensor was observed, leaving out clocks that run ahead.

    What Pantau says of itself does not count: it goes on when no sensor is heard any more.
    """
    until_us = to_us(now + _CLOCK_TOLERANCE)
    seen = [value.observed_us for value in latest if value.observed_us <= until_us and value.kind != OWN_KIND]
    return from_us(max(seen)) if seen else None


def values_by_site(latest: Mapping[tuple[str, str], LatestValue]) -> dict[str, list[LatestValue]]:
    """Return site id to the latest values of all its devices."""
    found: dict[str, list[LatestValue]] = defaultdict(list)
    for value in latest.values():
        found[value.site_id].append(value)
    return found


def newest_by_metric(held: Iterable[LatestValue]) -> SiteValues:
    """Return (kind, metric) to the newest value that any device of one site gave."""
    found: SiteValues = {}
    for value in held:
        known = found.get((value.kind, value.metric))
        if known is None or (known.observed_us, known.device_id) < (value.observed_us, value.device_id):
            found[value.kind, value.metric] = value
    return found
