"""`pantau alarms report`: the figures of ISA-18.2 for any span, as text, CSV or a page to print."""

from __future__ import annotations

import argparse
import csv
import html
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.desk.performance import Performance, measures, performance
from alerts.journal.journal_table import events
from pantau.alarm_words import Surroundings, chatter_limits, surroundings
from pantau.console import Refusal, say, say_json, say_table
from pantau.export import instant
from pantau.parts import Folders, open_database, read_configuration

Table = tuple[str, Sequence[dict[str, object]]]


def report(folders: Folders, given: argparse.Namespace) -> int:
    """Tell how the alarms served the operators, beside the targets of the standard."""
    configuration = read_configuration(folders)
    zone = ZoneInfo(configuration.settings.time_zone)
    start, end = instant(given.start, zone), instant(given.end, zone)
    if start >= end:
        raise Refusal(f"--from {given.start} is not before --to {given.end}")
    now = datetime.now(UTC)
    if start >= now:
        raise Refusal(f"--from {given.start} lies in the future: nothing has happened yet")
    end = min(end, now.astimezone(zone))  # what has not been yet neither stands nor is quiet
    if given.operators < 1:
        raise Refusal("--operators needs at least 1: the alarms of nobody cannot be shared")
    limits = chatter_limits(given.chatter, configuration.settings.chatter)
    with open_database(folders, configuration.settings) as database:
        around = surroundings(database, configuration, limits)
        with database.reading() as connection:
            journal = events(connection)
    found = performance(journal, start=start, end=end, operators=given.operators, chatter_limits=limits)
    heading = _heading(found, around)
    if given.format == "json":
        say_json({"report": heading, **{name: list(rows) for name, rows in tables(found, around)}})
    elif given.format == "text":
        _say_text(heading, tables(found, around))
    else:
        say((as_csv if given.format == "csv" else as_html)(heading, tables(found, around)))
    return 0


def tables(found: Performance, around: Surroundings) -> list[Table]:
    """Return the report as named tables, the same for every format; empty ones are left out."""
    figures: list[dict[str, object]] = [
        {
            "measure": measure.name,
            "value": measure.value,
            "target": measure.target,
            "met": {True: "yes", False: "NO", None: ""}[measure.is_met],
        }
        for measure in measures(found)
    ]
    named = [
        ("Figures", figures),
        ("Most frequent", [{**_row(key, around), "alarms": count} for key, count in found.top]),
        (
            "Standing over 24 hours",
            [{**_row(key, around), "active for": _days(lasted)} for key, lasted in found.standing],
        ),
        ("Chattering", [{**_row(key, around), "alarms": count} for key, count in found.chattering]),
    ]
    return [(name, rows) for name, rows in named if rows]


def as_csv(heading: str, found: Sequence[Table]) -> str:
    """Return one CSV: the heading as a comment, then a block per table with its name in the first column."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    file.write(f"# {heading}\n")
    for name, rows in found:
        writer.writerow(["table", *rows[0]])
        writer.writerows([name, *row.values()] for row in rows)
    return file.getvalue().rstrip("\n")


def as_html(heading: str, found: Sequence[Table]) -> str:
    """Return a page that needs nothing from anywhere and prints on one sheet."""
    parts = [_HEAD, f"<h1>{html.escape(heading)}</h1>"]
    for name, rows in found:
        heads = "".join(f"<th>{html.escape(head)}</th>" for head in rows[0])
        body = "\n".join(f"<tr>{_cells(row)}</tr>" for row in rows)
        parts.append(f"<h2>{html.escape(name)}</h2>\n<table>\n<tr>{heads}</tr>\n{body}\n</table>")
    return "\n".join([*parts, "</body></html>"])


_HEAD = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Alarm performance</title>
<style>
body { font: 15px system-ui, sans-serif; margin: 2em auto; max-width: 60em; color: #1b1f24 }
h1 { font-size: 1.3em } h2 { font-size: 1.1em; margin-top: 1.6em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3em .8em .3em 0; border-bottom: 1px solid #d0d7de }
</style></head><body>"""


def _cells(row: dict[str, object]) -> str:
    return "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row.values())


def _say_text(heading: str, found: Sequence[Table]) -> None:
    say(heading)
    for name, rows in found:
        say(f"\n{name}")
        say_table(rows)


def _heading(found: Performance, around: Surroundings) -> str:
    people = "1 operator" if found.operators == 1 else f"{found.operators} operators"
    return f"Alarms from {around.clock(found.start)} to {around.clock(found.end)}, {people} on duty"


def _row(key: str, around: Surroundings) -> dict[str, object]:
    rule_id, _, site_id = key.partition("/")
    return {"id": key, "what": around.title(rule_id), "where": around.place(site_id)}


def _days(span: timedelta) -> str:
    return f"{span // timedelta(days=1)} d {span % timedelta(days=1) // timedelta(hours=1)} h"
