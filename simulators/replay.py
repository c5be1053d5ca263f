"""Replay: the rows of a CSV file of real readings, sent over MQTT as their devices would have sent them."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from devices.topics import is_device_id, telemetry_topic
from simulators.mapping import ReplayMapping, ValueColumn
from simulators.payload import Sends, encode

_NOTHING = timedelta(0)
_DECIMALS = 6  # takes the noise out of a scaled number: 3 mm are 0.3 cm, not 0.30000000000000004


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A row that can be sent.

    Attributes:
        line: Its last line in the file, counted from 1.
        device_id: Who speaks; also the id of its site.
        observed_at: When it was measured; aware.
        values: Metric to value in the kind's unit.
        oracle: The agency's own label for this row; None when it told none that the mapping knows.
    """

    line: int
    device_id: str
    observed_at: datetime
    values: Mapping[str, float]
    oracle: str | None = None

    @property
    def topic(self) -> str:
        """The topic on which it is sent."""
        return telemetry_topic(self.device_id)

    @property
    def payload(self) -> bytes:
        """What is sent."""
        return encode(self.observed_at, self.values)

    def shifted(self, by: timedelta) -> Message:
        """Return the same row measured so much later."""
        return replace(self, observed_at=self.observed_at + by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsendable:
    """A row that cannot become a message, with its last line in the file and the reason."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the rows: `rows` = `sent` + all of `unsendable`, which counts by reason."""

    rows: int
    sent: int
    unsendable: Mapping[str, int]


class WrongColumns(Exception):  # noqa: N818 - named by what the caller does next
    """The file is not the sort of file that the mapping is for; nothing was sent. Choose another mapping."""


def plan(lines: Iterable[str], mapping: ReplayMapping, *, file: str = "") -> Iterator[Message | Unsendable]:
    """Yield every row of a CSV file in the order of the file, as a message or with the reason why not.

    Args:
        lines: The file, opened with `newline=""`; its first line holds the headers.
        mapping: How to read it.
        file: The file's name without its ending, for mappings that go by it.

    Raises:
        WrongColumns: A column of the mapping is not in the file, or the mapping knows no metric for a file of
            this name; before the first row.
    """
    if not mapping.values_of(file):
        raise WrongColumns(f"the mapping knows no metric for a file called '{file}'")
    rows = csv.DictReader(lines, delimiter=mapping.delimiter, restkey="", restval=None)
    missing = [column for column in mapping.columns(file) if column not in (rows.fieldnames or ())]
    if missing:
        raise WrongColumns(f"the file has no column {', '.join(missing)}; is this the right mapping for it?")
    while True:  # a `for` would end at the first row that csv itself refuses
        try:
            yield _message(next(rows), mapping, rows.reader.line_num, file)
        except StopIteration:
            return
        except (_NotSendable, csv.Error) as reason:
            yield Unsendable(line=rows.reader.line_num, reason=str(reason))


def read_rows(path: Path, mapping: ReplayMapping) -> list[Message | Unsendable]:
    """Return what `plan` yields for a file; a byte order mark at its beginning is set aside.

    Raises:
        WrongColumns: A column of the mapping is not in the file.
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return list(plan(lines, mapping, file=path.stem))


def run(
    rows: Sequence[Message | Unsendable],
    publisher: Sends,
    *,
    speed: float | None,
    shift: timedelta,
    progress: Callable[[int, int], None],
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Counts:
    """Send the rows in their order and return what became of them; the broker may still owe acknowledgements.

    A row is due when its observed time says so, counted from the first row: a row that stands too late in the
    file is sent at once and holds nothing up.

    Args:
        rows: What `plan` gave.
        publisher: Where the messages go; it may block.
        speed: How many times faster than they were measured; None for as fast as the publisher takes them.
        shift: Added to every observed time.
        progress: Called after every row with the rows done and all rows.
        clock: Tells the time; aware.
        sleep: Waits so many seconds.

    Raises:
        BrokerUnavailable: The publisher gave the broker up.
        ValueError: The speed is not greater than 0.
    """
    if speed is not None and speed <= 0:
        raise ValueError("speed must be greater than 0")
    sent, unsendable = 0, Counter[str]()
    pace = _Pace(speed, clock, sleep)
    for done, row in enumerate(rows, 1):
        if isinstance(row, Unsendable):
            unsendable[row.reason] += 1
        else:
            pace.wait_for(row.observed_at)
            publisher.publish(row.topic, row.shifted(shift).payload)
            sent += 1
        progress(done, len(rows))
    return Counts(rows=len(rows), sent=sent, unsendable=dict(unsendable))


def shift_to_now(rows: Iterable[Message | Unsendable], *, now: datetime, speed: float | None) -> timedelta:
    """Return the longest shift with which no reading is sent before the time that it tells.

    At full speed and at speeds above 1 the newest reading is sent at that very time; at speed 1 every row in
    order is; below 1 the first row is.

    Args:
        rows: What `plan` gave.
        now: When the replay begins; aware.
        speed: As in `run`.
    """
    times = [row.observed_at for row in rows if isinstance(row, Message)]
    if not times:
        return _NOTHING
    newest = max(times)
    span = newest - times[0]
    lasts = min(span / speed, span) if speed else _NOTHING
    return now + lasts - newest


class _NotSendable(Exception):  # noqa: N818 - a reason, not an error
    """Why a row cannot become a message."""


class _Pace:
    """Holds each row back until it is due."""

    def __init__(
        self, speed: float | None, clock: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self._speed, self._clock, self._sleep = speed, clock, sleep
        self._started_at = clock()
        self._first: datetime | None = None

    def wait_for(self, observed_at: datetime) -> None:
        if self._speed is None:
            return
        self._first = self._first or observed_at
        due = self._started_at + (observed_at - self._first) / self._speed
        wait_s = (due - self._clock()).total_seconds()
        if wait_s > 0:
            self._sleep(wait_s)


def _message(row: Mapping[str, str | None], mapping: ReplayMapping, line: int, file: str) -> Message:
    if None in row.values() or "" in row:
        raise _NotSendable("not as many cells as the header has")
    cells = {header: (cell or "").strip() for header, cell in row.items()}
    oracle = mapping.oracle
    return Message(
        line=line,
        device_id=_device_id(cells[mapping.device.column] if mapping.device.column else file, mapping),
        observed_at=_observed_at(_time_text(cells, mapping), mapping),
        values=_values(cells, mapping.values_of(file)),
        oracle=oracle.labels.get(cells[oracle.column]) if oracle else None,
    )


def _device_id(text: str, mapping: ReplayMapping) -> str:
    device_id = mapping.device.ids.get(text) if mapping.device.ids else text
    if device_id is None:
        raise _NotSendable(f"the mapping has no id for '{text}'")
    if not is_device_id(device_id):
        raise _NotSendable(f"'{text}' cannot be a device id")
    return device_id


def _time_text(cells: Mapping[str, str], mapping: ReplayMapping) -> str:
    column, clock = mapping.time.column, mapping.time.clock
    return f"{cells[column]} {cells[clock]}" if clock else cells[column]


def _observed_at(text: str, mapping: ReplayMapping) -> datetime:
    try:
        told = datetime.strptime(text, mapping.time.format)  # noqa: DTZ007 - the zone follows
    except ValueError:
        raise _NotSendable(f"'{text}' is not a time like {mapping.time.format}") from None
    return (told if told.tzinfo else told.replace(tzinfo=ZoneInfo(mapping.time.zone))).astimezone(UTC)


def _values(cells: Mapping[str, str], columns: Mapping[str, ValueColumn]) -> dict[str, float]:
    """Return the metrics that the row tells; an empty cell tells nothing, no number spoils all."""
    values = {}
    for metric, source in columns.items():
        text = cells[source.column]
        if text:
            values[metric] = round(_number(text, source.column) * source.scale + source.offset, _DECIMALS)
    if not values:
        raise _NotSendable("no value on the row")
    return values


def _number(text: str, column: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _NotSendable(f"{column} '{text}' is not a number")
    return number
