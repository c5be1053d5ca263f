"""What people last did to open alarms, with who and when; it stands in the journal and is read from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from alerts.journal.alarms import EventType
from alerts.journal.journal_table import EVENTS

_WANTED = (EventType.CLAIMED, EventType.ASSIGNED, EventType.COMMENTED)
# SQLite took 999 values in one statement for most of its life.
_AT_ONCE = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The newest of each act of people to one alarm that the alarm itself does not tell with its time.

    Attributes:
        claimed_at: When somebody last took it; None when nobody ever did.
        assigned_at: When it was last given to an agency; None when it never was.
        assigned_by: Who did that, "" for nobody.
        comments: How many there are.
        comment: The newest one's words, "" for none.
        commented_by: Who wrote it.
        commented_at: When.
    """

    claimed_at: datetime | None = None
    assigned_at: datetime | None = None
    assigned_by: str = ""
    comments: int = 0
    comment: str = ""
    commented_by: str = ""
    commented_at: datetime | None = None


NO_ACTS = Acts()


def acts(connection: Connection, alarm_ids: Iterable[str]) -> dict[str, Acts]:
    """Return what people did to alarms, by the alarm's id; those with no act are left out."""
    found: dict[str, Acts] = {}
    ids = list(alarm_ids)
    for first in range(0, len(ids), _AT_ONCE):
        for alarm_id, type_, at, by, text in _done(connection, ids[first : first + _AT_ONCE]):
            found[alarm_id] = _with(found.get(alarm_id, NO_ACTS), EventType(type_), at, (by, text))
    return found


def _done(connection: Connection, alarm_ids: Sequence[str]) -> Iterable[tuple[str, str, datetime, str, str]]:
    columns = (EVENTS.c.alarm_id, EVENTS.c.type, EVENTS.c.recorded_at, EVENTS.c.by, EVENTS.c.text)
    query = select(*columns).where(EVENTS.c.alarm_id.in_(alarm_ids), EVENTS.c.type.in_(_WANTED))
    return connection.execute(query.order_by(EVENTS.c.change)).tuples()


def _with(before: Acts, type_: EventType, at: datetime, said: tuple[str, str]) -> Acts:
    by, text = said
    if type_ is EventType.CLAIMED:
        return replace(before, claimed_at=at)
    if type_ is EventType.ASSIGNED:
        return replace(before, assigned_at=at, assigned_by=by)
    return replace(before, comments=before.comments + 1, comment=text, commented_by=by, commented_at=at)
