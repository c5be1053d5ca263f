"""Lists of what is known to have happened, from YAML or CSV."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from alerts.trial.backtest import KnownEvent
from config.loader import load_file
from config.problems import ConfigError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenEvent:
    """A known event as it is written.

    Attributes:
        name: What it was.
        start: When it began, ISO 8601; without a zone, the city's own.
        end: When it was over.
        sites: Where; anywhere by default.
        rules: Which rules should have told it; any by default.
    """

    name: str
    start: str
    end: str
    sites: tuple[str, ...] | None = None
    rules: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenEvents:
    """A file of known events.

    Attributes:
        events: Its events.
    """

    events: tuple[WrittenEvent, ...]


def read_known_events(path: Path, zone: tzinfo) -> tuple[KnownEvent, ...]:
    """Return the events of a file.

    Args:
        path: YAML with `events: [{name, start, end, sites, rules}]`, or CSV with these columns, in which
            several sites or rules are kept apart by a semicolon.
        zone: What a time without a zone is meant in.

    Raises:
        ConfigError: Every fault of the file.
    """
    written = _from_csv(path) if path.suffix == ".csv" else load_file(path, WrittenEvents).events
    events, problems = [], []
    for number, each in enumerate(written, 1):
        try:
            events.append(_known(each, zone))
        except ValueError as error:
            problems.append(Problem(path=str(path), line=0, column=0, message=f"event {number}: {error}"))
    if problems:
        raise ConfigError(problems)
    return tuple(events)


def _from_csv(path: Path) -> list[WrittenEvent]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(path=str(path), line=0, column=0, message=f"cannot be read: {error}")
        raise ConfigError([problem]) from error
    for row in rows:
        if not {"name", "start", "end"} <= set(row):
            message = "needs the columns name, start and end"
            raise ConfigError([Problem(path=str(path), line=1, column=1, message=message)])
    return [
        WrittenEvent(
            name=row["name"] or "",
            start=row["start"] or "",
            end=row["end"] or "",
            sites=_listed(row.get("sites")),
            rules=_listed(row.get("rules")),
        )
        for row in rows
    ]


def _listed(text: str | None) -> tuple[str, ...] | None:
    return tuple(part.strip() for part in text.split(";")) if text and text.strip() else None


def _known(written: WrittenEvent, zone: tzinfo) -> KnownEvent:
    return KnownEvent(
        name=written.name,
        start=_instant(written.start, zone),
        end=_instant(written.end, zone),
        sites=written.sites,
        rules=written.rules,
    )


def _instant(text: str, zone: tzinfo) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=zone)
