"""From the journal to what was in force at any instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.journal.alarms import AlarmEvent, EventType, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSpan:
    """One alarm was active from `start` (inclusive) to `end` (exclusive; None for still), in sensor time."""

    severity: Severity
    start: datetime
    end: datetime | None


def active_spans(events: Iterable[AlarmEvent]) -> list[ActiveSpan]:
    """Return when each alarm was active, in the order in which they were raised.

    Args:
        events: Lines of the journal in its order; an end whose beginning is not among them is left out.
    """
    spans: dict[str, ActiveSpan] = {}
    for event in events:
        if event.type is EventType.RAISED:
            spans[event.alarm_id] = ActiveSpan(severity=event.severity, start=event.observed_at, end=None)
        elif event.type.is_end and event.alarm_id in spans:
            begun = spans[event.alarm_id]
            end = max(begun.start, event.observed_at)
            spans[event.alarm_id] = ActiveSpan(severity=begun.severity, start=begun.start, end=end)
    return list(spans.values())


def severity_at(events: Iterable[AlarmEvent], times: Sequence[datetime]) -> list[Severity | None]:
    """Return the worst severity that was active at each instant, None where nothing was.

    Args:
        events: Lines of the journal, of one site or of several that are seen as one.
        times: Instants in any order.
    """
    changes: list[tuple[datetime, Severity, int]] = []
    for span in active_spans(events):
        changes.append((span.start, span.severity, +1))
        if span.end is not None:
            changes.append((span.end, span.severity, -1))
    changes.sort(key=lambda change: change[0], reverse=True)  # the earliest stands last, ready to be popped
    active: Counter[Severity] = Counter()
    found: list[Severity | None] = [None] * len(times)
    for place in sorted(range(len(times)), key=times.__getitem__):
        while changes and changes[-1][0] <= times[place]:
            _, severity, step = changes.pop()
            active[severity] += step
        found[place] = max((severity for severity, count in active.items() if count), default=None)
    return found
