"""`pantau rules backtest`: what rules would have done on the readings that are stored."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.backtest import KnownEvent, Past, Trial, held_against, trials
from alerts.backtest_chart import as_svg
from alerts.backtest_report import as_json, as_text
from alerts.known_events import read_known_events
from alerts.rules import Rule, load_rules
from config.settings import load_settings
from devices.kinds import Kind, load_kinds
from devices.registry_table import read_registry
from pantau.console import Refusal, complain, say, say_json
from pantau.export import instant
from pantau.parts import Folders, open_database, open_readings


def backtest(folders: Folders, given: argparse.Namespace) -> int:
    """Tell what rules would have done; the answer is no when a known event was missed."""
    settings = load_settings(folders.config)
    kinds = load_kinds(folders.config / "kinds")
    rules = _rules(folders, given, kinds)
    zone = ZoneInfo(settings.time_zone)
    start, end = (instant(text, zone) for text in (given.start, given.end))
    end = min(end, datetime.now(UTC))  # nobody is silent yet in what is still to come
    if start >= end:
        raise Refusal(f"--from {given.start} is not before --to {given.end}, or not in the past")
    known = read_known_events(given.events, zone) if given.events else ()
    with open_database(folders, settings) as database, open_readings(folders, settings) as readings:
        with database.reading() as connection:
            sites = read_registry(connection).sites
        past = Past(reader=readings, sites=sites, kinds=kinds, start=start, end=end)
        found = trials(rules, past)
    alarms = sorted((alarm for trial in found for alarm in trial.alarms), key=lambda a: a.raised_at)
    verdicts = held_against(known, alarms) if given.events else None
    if given.json:
        say_json(as_json(found, past, verdicts, zone))
    else:
        say(as_text(found, past, verdicts, zone))
    if given.chart:
        _draw(given.chart, found, past, known, zone=zone)
    return 1 if verdicts is not None and verdicts.missed else 0


def _rules(folders: Folders, given: argparse.Namespace, kinds: Mapping[str, Kind]) -> dict[str, Rule]:
    rules = load_rules(given.rules or folders.config / "rules", kinds)
    unknown = sorted(set(given.rule or ()) - set(rules))
    if unknown:
        raise Refusal(f"there is no rule '{unknown[0]}'; known: {', '.join(sorted(rules))}")
    return {rule_id: rules[rule_id] for rule_id in given.rule} if given.rule else rules


def _draw(
    path: Path, found: list[Trial], past: Past, known: tuple[KnownEvent, ...], *, zone: ZoneInfo
) -> None:
    try:
        path.write_text(as_svg(found, past, known, zone), encoding="utf-8")
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}") from error
    complain(f"the chart is in {path}")
