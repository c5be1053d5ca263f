"""`pantau rules backtest`: what rules would have done on readings that are stored or stand in a file."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.judging.tree_building import inputs_of
from alerts.rulebook.rules import Rule
from alerts.rulebook.when import Flat, Silent
from alerts.trial.agency_events import agency_events
from alerts.trial.backtest import KnownEvent, Past, Trial, held_against, trials
from alerts.trial.backtest_chart import as_svg
from alerts.trial.backtest_report import as_json, as_text
from alerts.trial.judgement import Judgement, judged, watched_spans
from alerts.trial.judgement_report import as_count_table, as_table, is_all_told, judgements_as_json
from alerts.trial.known_events import read_known_events
from config.durations import parse_duration
from config.settings import load_settings
from devices.kinds import Kind, load_kinds
from devices.registry_table import read_registry
from pantau.console import Progress, Refusal, complain, say, say_json
from pantau.export import instant
from pantau.labelled_windows import labelled_windows
from pantau.parts import Folders, open_database, open_readings
from pantau.past_progress import PastProgress
from pantau.recorded import Recording, recorded
from pantau.replay import mapping_path
from pantau.rules_command import rules_that_are_right
from simulators.mapping import ReplayMapping, load_mapping

_END = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Rules as they were tried.

    Attributes:
        past: What they were tried on.
        found: What each of them would have done.
        known: What is known to have happened; None when nobody asked.
        judgements: How each rule did against it, of those that had anything to look at.
    """

    past: Past
    found: list[Trial]
    known: tuple[KnownEvent, ...] | None
    judgements: list[Judgement]

    @property
    def is_all_told(self) -> bool:
        """True when nothing that is known was missed."""
        if self.known is None:
            return True
        missed = held_against(self.known, [a for trial in self.found for a in trial.alarms]).missed
        return not missed and is_all_told(self.judgements)


def backtest(folders: Folders, given: argparse.Namespace) -> int:
    """Tell what rules would have done; the answer is no when a known event was missed."""
    settings = load_settings(folders.config)
    zone = ZoneInfo(settings.time_zone)
    with _tried(folders, given, zone) as tried:
        _tell(tried, given, zone)
        return 0 if tried.is_all_told else 1


@contextlib.contextmanager
def _tried(folders: Folders, given: argparse.Namespace, zone: ZoneInfo) -> Iterator[Trials]:
    kinds = load_kinds(folders.config / "kinds")
    rules, is_complete = rules_that_are_right(given.rules or folders.config / "rules", kinds)
    _require_rules(given, rules, is_complete=is_complete)
    if given.file:
        if not given.mapping:
            raise Refusal("--file needs --mapping: how its columns become readings")
        mapping = load_mapping(mapping_path(folders, given.mapping), kinds)
        yield tried_on_files(given, mapping, rules, kinds, zone=zone)
        return
    if not (given.start and given.end):
        raise Refusal("say --from and --to, or --file and --mapping")
    settings = load_settings(folders.config)
    known = read_known_events(given.events, zone) if given.events else None
    with open_database(folders, settings) as database, open_readings(folders, settings) as readings:
        with database.reading() as connection:
            sites = read_registry(connection).sites
        start, end = _span(given, zone)
        progress = Progress("back-test, hours of the past read", every=1)
        watched = PastProgress(readings, progress, start=start, end=end)
        past = Past(reader=watched, sites=sites, kinds=kinds, start=start, end=end)
        tried = _trials(_chosen(rules, given), past, known, in_halves=given.halves)
        progress.end()
        yield tried


def tried_on_files(
    given: argparse.Namespace,
    mapping: ReplayMapping,
    rules: Mapping[str, Rule],
    kinds: Mapping[str, Kind],
    *,
    zone: ZoneInfo,
) -> Trials:
    """Return what rules would have done on the readings of files, without a broker and a store."""
    recording = recorded(given.file, mapping, kinds, stations=given.stations)
    if given.site:
        unknown = sorted(set(given.site) - set(recording.sites))
        if unknown:
            raise Refusal(f"the mapping knows no site '{unknown[0]}'")
        recording = recording.of_sites(given.site)
    if not recording.readings:
        raise Refusal("no row of the file became a reading")
    rules = {rule.id: rule for rule in rules.values() if _concerns(rule, mapping, kinds)}
    start, end = _span(given, zone, recording)
    past = Past(reader=recording, sites=recording.sites, kinds=recording.kinds, start=start, end=end)
    known = _known(given, mapping, recording, rules, zone=zone)
    return _trials(_chosen(rules, given), past, known, in_halves=given.halves)


def _concerns(rule: Rule, mapping: ReplayMapping, kinds: Mapping[str, Kind]) -> bool:
    return any(kind == mapping.kind for kind, _, _ in inputs_of(rule, kinds))


def _known(
    given: argparse.Namespace,
    mapping: ReplayMapping,
    recording: Recording,
    rules: Mapping[str, Rule],
    *,
    zone: ZoneInfo,
) -> tuple[KnownEvent, ...] | None:
    """Return what the given file tells, else what the agency said itself in the data."""
    if given.events and given.events.suffix == ".json":
        return labelled_windows(given.events, given.file, mapping, rules=rules, kinds=recording.kinds)
    if given.events:
        return read_known_events(given.events, zone)
    if mapping.oracle is None:
        return None
    within, lead = _duration(given.within), _duration(given.lead)
    scheme = set(mapping.oracle.labels.values())
    return agency_events(recording.labels, rules, scheme=scheme, within=within, lead=lead)


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refusal(str(error)) from error


def _span(
    given: argparse.Namespace, zone: ZoneInfo, recording: Recording | None = None
) -> tuple[datetime, datetime]:
    """Return the first instant and the first one no longer looked at; of a file, by default all of it."""
    now = datetime.now(UTC)
    start, end = (instant(text, zone) if text else None for text in (given.start, given.end))
    if recording is not None:
        start = start or recording.readings[0].observed_at
        end = end or recording.readings[-1].observed_at + _END
    end = min(end or now, now)  # nobody is silent yet in what is still to come
    if start is None or start >= end:
        raise Refusal(f"--from {given.start} is not before --to {given.end}, or not in the past")
    return start, end


def _trials(
    rules: Mapping[str, Rule], past: Past, known: tuple[KnownEvent, ...] | None, *, in_halves: bool
) -> Trials:
    if known is not None:
        known = tuple(event for event in known if event.rules is None or set(event.rules) & set(rules))
    found = trials(rules, past)
    judgements: list[Judgement] = []
    if known is not None:
        kinds = {kind for rule in rules.values() for kind, _, _ in inputs_of(rule, past.kinds)}
        readings = [
            r for kind in sorted(kinds) for r in past.reader.read(kind, start=past.start, end=past.end)
        ]
        spans = watched_spans(rules, readings, past.sites, past.kinds)
        judgements = [
            one
            for trial in found
            if spans[trial.rule.id] and _is_known_of(trial.rule, known)
            for one in judged(trial.rule.id, trial.alarms, known, spans[trial.rule.id], in_halves=in_halves)
        ]
    return Trials(past=past, found=found, known=known, judgements=judgements)


def _is_known_of(rule: Rule, known: tuple[KnownEvent, ...]) -> bool:
    """Tell whether events say anything about such a rule: of silent and stuck sensors only by its name."""
    is_about_sensors = any(isinstance(leaf, Silent | Flat) for leaf in rule.condition.leaves())
    return not is_about_sensors or any(rule.id in (event.rules or ()) for event in known)


def _tell(tried: Trials, given: argparse.Namespace, zone: ZoneInfo) -> None:
    alarms = sorted((alarm for trial in tried.found for alarm in trial.alarms), key=lambda a: a.raised_at)
    verdicts = None if tried.known is None else held_against(tried.known, alarms)
    if given.json:
        report = as_json(tried.found, tried.past, verdicts, zone)
        say_json({**report, "judgements": judgements_as_json(tried.judgements, zone)})
    elif given.table:
        say(as_count_table(tried.found, tried.past) if tried.known is None else as_table(tried.judgements))
    else:
        say(as_text(tried.found, tried.past, verdicts, zone))
        if tried.judgements:
            say(f"\n{as_table(tried.judgements)}")
    if given.chart:
        _draw(given.chart, tried, zone=zone)


def _require_rules(given: argparse.Namespace, rules: Mapping[str, Rule], *, is_complete: bool) -> None:
    unknown = sorted(set(given.rule or ()) - set(rules))
    if unknown:
        none = "there is no rule" if is_complete else "no file that is right holds rule"
        raise Refusal(f"{none} '{unknown[0]}'; known: {', '.join(sorted(rules))}")


def _chosen(rules: Mapping[str, Rule], given: argparse.Namespace) -> dict[str, Rule]:
    """Return the rules to be tried; the others may still say what an agency's levels are."""
    return {id_: rule for id_, rule in rules.items() if not given.rule or id_ in given.rule}


def _draw(path: Path, tried: Trials, *, zone: ZoneInfo) -> None:
    try:
        path.write_text(as_svg(tried.found, tried.past, tried.known or (), zone), encoding="utf-8")
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror}") from error
    complain(f"the chart is in {path}")
