"""`pantau export`: any kind, any span, in one streamed file with zone, units and flags."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from devices.kinds import Kind
from devices.registry_table import read_registry
from pantau.console import Refusal, complain
from pantau.parts import Folders, open_database, open_readings, read_configuration
from storage.readings import Reading


def export(folders: Folders, given: argparse.Namespace) -> int:
    """Write the readings of a kind from one instant (inclusive) to another (exclusive), oldest first."""
    configuration = read_configuration(folders)
    settings = configuration.settings
    kind = configuration.kinds.get(given.kind)
    if kind is None:
        raise Refusal(f"there is no kind '{given.kind}'; known: {', '.join(sorted(configuration.kinds))}")
    zone = ZoneInfo(settings.time_zone)
    start, end = (instant(text, zone) for text in (given.start, given.end))
    if start >= end:
        raise Refusal(f"--from {given.start} is not before --to {given.end}")
    with open_database(folders, settings) as database, open_readings(folders, settings) as readings:
        with database.reading() as connection:
            names = {site.id: site.name for site in read_registry(connection).sites.values()}
        stream = readings.read(kind.name, start=start, end=end)
        rows = (_row(reading, kind, names.get(reading.site_id, ""), zone) for reading in stream)
        with _opened(given.out) as file:
            count = (_write_csv if given.format == "csv" else _write_jsonl)(file, rows, kind)
    complain(f"{count:,} rows of {kind.name}, {start.isoformat()} to {end.isoformat()}, in {given.out}")
    return 0


def instant(text: str, zone: ZoneInfo) -> datetime:
    """Return a date or ISO 8601 time; one without a zone is meant in the city's own.

    Raises:
        Refusal: It is neither.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(f"'{text}' is not a time; write 2026-01-31 or 2026-01-31T07:00:00+07:00") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def columns(kind: Kind) -> list[str]:
    """Return the file's columns: the metrics' names carry their units, each with its flag beside it."""
    measured = [name for metric in kind.metrics for name in (metric, f"{metric}_flag")]
    return ["observed_at", "received_at", "site_id", "site_name", "device_id", *measured]


def _row(reading: Reading, kind: Kind, site_name: str, zone: ZoneInfo) -> dict[str, Any]:
    row: dict[str, Any] = {
        "observed_at": reading.observed_at.astimezone(zone).isoformat(),
        "received_at": reading.received_at.astimezone(zone).isoformat(),
        "site_id": reading.site_id,
        "site_name": site_name,
        "device_id": reading.device_id,
    }
    for metric in kind.metrics:
        value = reading.values.get(metric)
        row[metric] = value
        row[f"{metric}_flag"] = None if value is None else int(reading.flag(metric))
    return row


def _write_csv(file: TextIO, rows: Iterator[dict[str, Any]], kind: Kind) -> int:
    writer = csv.DictWriter(file, columns(kind), lineterminator="\n")
    writer.writeheader()
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the answer
        writer.writerow(row)
    return count


def _write_jsonl(file: TextIO, rows: Iterator[dict[str, Any]], _kind: Kind) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the count is the answer
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


@contextmanager
def _opened(out: str) -> Iterator[TextIO]:
    """Give the file to write; it appears under its name only when it is whole."""
    if out == "-":
        yield sys.stdout
        return
    path = Path(out)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise Refusal(f"{out} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
