"""InfluxQL, the query language that InfluxDB 1.8, 2.x and 3 share: texts of queries, and rows as readings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.clock import from_us, to_us
from storage.line_protocol import DEVICE_TAG, FLAG_SUFFIX, RECEIVED_FIELD, RESERVED_NAMES, SITE_TAG
from storage.readings import Flag, Reading

# What InfluxDB can hold: nanoseconds in 64 bits less the values it keeps for itself, 1677 to 2262.
EARLIEST_NS = -9223372036854775806
LATEST_NS = 9223372036854775806

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows of one query, oldest first.

    Attributes:
        rows: Column to value; `time` is in nanoseconds since 1970.
        is_full: True when the limit was reached, so that more rows may follow at the last one's instant.
    """

    rows: Sequence[Row]
    is_full: bool

    def complete(self) -> tuple[Sequence[Row], int | None]:
        """Return the rows of instants that are surely whole, and the instant to go on from; None at the end.

        The rows of a full page's last instant are left out, because their fellows may stand on the next page.
        """
        if not self.is_full:
            return self.rows, None
        last: int = self.rows[-1]["time"]
        return [row for row in self.rows if row["time"] < last], last


def to_ns(at: datetime) -> int:
    """Return an instant as nanoseconds, held inside what InfluxDB can compare."""
    return min(max(to_us(at) * 1000, EARLIEST_NS), LATEST_NS)


def page_query(kind: str, *, start_ns: int, end_ns: int, site_ids: Collection[str] | None, limit: int) -> str:
    """Return the query for a kind's first `limit` rows with start <= time < end, of these sites or of all."""
    return (
        f'SELECT *::field, "{DEVICE_TAG}"::tag, "{SITE_TAG}"::tag FROM {identifier(kind)}'
        f" WHERE time >= {start_ns} AND time < {end_ns}{_of_sites(site_ids)} ORDER BY time ASC LIMIT {limit}"
    )


def identifier(name: str) -> str:
    """Return a name in double quotes, safe in a query whatever it holds."""
    return f'"{_escaped(name, quote=chr(34))}"'


def string(text: str) -> str:
    """Return a text in single quotes, safe in a query whatever it holds."""
    return f"'{_escaped(text, quote=chr(39))}'"


def page(results: Mapping[str, Any], *, limit: int) -> Page:
    """Return the rows in the answer to one `page_query`.

    Args:
        results: One element of the answer's `results`.
        limit: The limit that the query asked for.
    """
    rows: list[Row] = []
    cut_short = bool(results.get("partial"))
    for series in results.get("series", ()):
        rows += [dict(zip(series["columns"], values, strict=True)) for values in series.get("values", ())]
        cut_short = cut_short or bool(series.get("partial"))
    return Page(rows=rows, is_full=bool(rows) and (cut_short or len(rows) >= limit))


def readings(kind: str, rows: Iterable[Row]) -> list[Reading]:
    """Return rows as readings in the order of the port; a row without any number is no reading."""
    ordered = sorted(rows, key=lambda row: (row["time"], row[SITE_TAG] or "", row[DEVICE_TAG] or ""))
    return [reading for row in ordered if (reading := _reading(kind, row)) is not None]


def _reading(kind: str, row: Row) -> Reading | None:
    values: dict[str, float] = {}
    flags: dict[str, Flag] = {}
    for name, value in row.items():
        if name in RESERVED_NAMES or isinstance(value, (str, bool)) or value is None:
            continue
        if not name.endswith(FLAG_SUFFIX):
            values[name] = float(value)
        elif value != Flag.GOOD:
            flags[name.removesuffix(FLAG_SUFFIX)] = Flag(value)
    if not values:
        return None
    observed_us = row["time"] // 1000
    received_us = row.get(RECEIVED_FIELD)
    return Reading(
        kind=kind,
        site_id=row[SITE_TAG] or "",
        device_id=row[DEVICE_TAG] or "",
        observed_at=from_us(observed_us),
        received_at=from_us(observed_us if received_us is None else received_us),
        values=values,
        flags=flags,
    )


def _of_sites(site_ids: Collection[str] | None) -> str:
    if site_ids is None:
        return ""
    return " AND (" + " OR ".join(f'"{SITE_TAG}"::tag = {string(site)}' for site in site_ids) + ")"


def _escaped(text: str, *, quote: str) -> str:
    return text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n")
