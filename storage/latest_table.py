"""The latest value of every device's every metric, chosen by when it was observed, never by when it came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    String,
    Table,
    and_,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from storage.clock import from_us
from storage.database import METADATA, Instant
from storage.readings import Flag, Reading

LATEST = Table(
    "latest",
    METADATA,
    Column("device_id", String, primary_key=True),
    Column("metric", String, primary_key=True),
    Column("site_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("observed_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("value", Float, nullable=False),
    Column("flag", Integer, nullable=False),
    Column("change", BigInteger, nullable=False),
    Index("ix_latest_change", "change"),
)

_FLAGS = {int(flag): flag for flag in Flag}  # a look-up takes a tenth of what Flag(number) takes


class LatestValue(NamedTuple):
    """The newest known value of one metric of one device.

    A tuple with its times as they are stored, because a large city makes 20,000 of them a second: a frozen
    dataclass takes four times as long, and of most values nobody asks the time as a date.

    Attributes:
        observed_us: When it was observed, microseconds since 1970 in UTC.
        received_us: When it was received, likewise.
        change: Number of the batch that last changed it; grows with every batch.
    """

    device_id: str
    site_id: str
    kind: str
    metric: str
    observed_us: int
    received_us: int
    value: float
    flag: Flag
    change: int

    @property
    def observed_at(self) -> datetime:
        """When it was observed; aware, UTC."""
        return from_us(self.observed_us)

    @property
    def received_at(self) -> datetime:
        """When it was received; aware, UTC."""
        return from_us(self.received_us)


_TIMES = [type_coerce(LATEST.c[name], BigInteger) for name in ("observed_at", "received_at")]
_COLUMNS = [LATEST.c.device_id, LATEST.c.site_id, LATEST.c.kind, LATEST.c.metric, *_TIMES]
_COLUMNS += [LATEST.c.value, LATEST.c.flag, LATEST.c.change]


def record_latest(connection: Connection, readings: Sequence[Reading]) -> int:
    """Keep each metric's newest value; an older one changes nothing, an equally old one only if it corrects.

    The same value of the same moment, sent again, is no sign of life: it changes nothing either.

    Returns:
        The number of this change; rows that it touched carry it.
    """
    change = last_change(connection) + 1
    rows = [
        {
            "device_id": device_id,
            "metric": metric,
            "site_id": reading.site_id,
            "kind": reading.kind,
            "observed_at": reading.observed_at,
            "received_at": reading.received_at,
            "value": reading.values[metric],
            "flag": int(reading.flag(metric)),
            "change": change,
        }
        for (device_id, metric), reading in _newest(readings).items()
    ]
    if rows:
        insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(LATEST)
        newer = insert.on_conflict_do_update(
            index_elements=["device_id", "metric"],
            set_={name: insert.excluded[name] for name in _OVERWRITTEN},
            where=_is_newer_or_corrects(insert.excluded),
        )
        connection.execute(newer, rows)
    return change


def _newest(readings: Iterable[Reading]) -> dict[tuple[str, str], Reading]:
    """Return the reading that tells each device's metric last; of the same moment, the one that came last."""
    newest: dict[tuple[str, str], Reading] = {}
    for reading in readings:
        for metric in reading.values:
            held = newest.get((reading.device_id, metric))
            if held is None or reading.observed_at >= held.observed_at:
                newest[reading.device_id, metric] = reading
    return newest


def _is_newer_or_corrects(
    given: ReadOnlyColumnCollection[str, KeyedColumnElement[Any]],
) -> ColumnElement[bool]:
    corrects = or_(*(given[name] != LATEST.c[name] for name in ("value", "flag", "site_id", "kind")))
    newer = given["observed_at"] > LATEST.c.observed_at
    return or_(newer, and_(given["observed_at"] == LATEST.c.observed_at, corrects))


_OVERWRITTEN = ("site_id", "kind", "observed_at", "received_at", "value", "flag", "change")


def last_change(connection: Connection) -> int:
    """Return the number of the newest change, 0 when nothing was ever recorded."""
    return int(connection.execute(select(func.coalesce(func.max(LATEST.c.change), 0))).scalar_one())


def latest_values(
    connection: Connection, *, after_change: int = 0, site_id: str | None = None
) -> list[LatestValue]:
    """Return the latest values that changed after a change number; all by default.

    Args:
        connection: An open transaction.
        after_change: A number returned by `last_change`.
        site_id: Only this site; None for all.
    """
    query = select(*_COLUMNS).where(LATEST.c.change > after_change)
    if site_id is not None:
        query = query.where(LATEST.c.site_id == site_id)
    rows = connection.execute(query).tuples().all()
    # Row by row in the order of the fields: to ask a row by name takes longer than to read it.
    return [
        LatestValue(device, site, kind, metric, observed_us, received_us, value, _FLAGS[flag], change)
        for device, site, kind, metric, observed_us, received_us, value, flag, change in rows
    ]


def last_seen(connection: Connection) -> dict[str, tuple[datetime, datetime]]:
    """Return for each device when its newest value was observed, and when any was last received."""
    query = select(LATEST.c.device_id, func.max(LATEST.c.observed_at), func.max(LATEST.c.received_at))
    rows = connection.execute(query.group_by(LATEST.c.device_id)).tuples()
    return {device_id: (observed_at, received_at) for device_id, observed_at, received_at in rows}


def arrivals(connection: Connection, *, limit: int) -> list[tuple[datetime, datetime]]:
    """Return when the values that changed last were observed and received, at most `limit` of them."""
    query = select(LATEST.c.observed_at, LATEST.c.received_at).order_by(LATEST.c.change.desc()).limit(limit)
    return [(observed_at, received_at) for observed_at, received_at in connection.execute(query).tuples()]
