"""What changed of the sites from one view of the city to the next, in as few bytes as it goes."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard import wire
from dashboard.view import SiteStatus
from dashboard.wire import Payload


def site_changes(
    before: Mapping[str, SiteStatus], after: Mapping[str, SiteStatus], *, at_ms: int
) -> Payload | None:
    """Return what a page that knows the sites as they were must be told of them.

    Most sites only have a newer value: of those three columns are told, and a site is its number in the last
    message that told everything. Of the others the whole condition is told.

    Args:
        before: Site id to status, as it was told.
        after: As it is now.
        at_ms: The moment of the message, of which `age_ms` says how long before it a value was observed.

    Returns:
        `sites` and `values`, each empty for none; None when a site came, went or was altered itself, so that
        everything must be told.
    """
    if list(before) != list(after):
        return None
    conditions: list[Payload] = []
    numbers: list[int] = []
    values: list[float] = []
    ages_ms: list[int] = []
    for number, (old, new) in enumerate(zip(before.values(), after.values(), strict=True)):
        if old is new:
            continue
        if not _is_only_newer(old, new):
            if _place(old) != _place(new):
                return None
            conditions.append(wire.condition(new))
        elif new.latest is not None and new.latest is not old.latest:
            numbers.append(number)
            values.append(new.latest.value)
            ages_ms.append(at_ms - new.latest.observed_us // 1000)
    return {
        "sites": conditions,
        "values": {"of": numbers, "value": values, "age_ms": ages_ms} if numbers else {},
    }


def _is_only_newer(old: SiteStatus, new: SiteStatus) -> bool:
    """Tell whether at most the value and its moment differ."""
    if old.latest is None or new.latest is None:
        return old == new
    return old[:-1] == new[:-1] and old.latest.flag == new.latest.flag


def _place(status: SiteStatus) -> tuple[object, ...]:
    return status.site, status.kinds, status.is_simulated
