"""Unit tests of rules, written as data beside them: readings in, expected events out, on the live engine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.journal.alarms import AlarmEvent, EventType
from alerts.judging.engine import AlarmEngine
from alerts.judging.replaying import replayed
from alerts.rulebook.rules import Rule
from config.loader import Document, read_document
from config.problems import ConfigError, Problem
from devices.kinds import Kind
from devices.registry import Site
from storage.readings import Reading

BEGINS_AT = datetime(2026, 1, 5, tzinfo=UTC)
_REPEATED = re.compile(r"(-?[\d.]+) x (\d+)")
_STEPPED = re.compile(r"(-?[\d.]+) \.\. (-?[\d.]+) x (\d+)")
# Where a place lies decides nothing; Madiun's town hall will do.
_LAT_DEG, _LON_DEG = -7.629, 111.518


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSite:
    """A place of a test.

    Attributes:
        area: Its kelurahan or kecamatan.
        waterway: Its river or road.
        order: Its place along that, growing downstream.
        thresholds: Metric name to level label to value.
    """

    __test__ = False

    area: str = ""
    waterway: str = ""
    order: int | None = None
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Readings of one metric at one site, at a steady interval.

    Attributes:
        site: One of the test's sites.
        kind: The sort of sensor.
        metric: The metric; the kind's primary one by default.
        start: When the first one is measured, from the begin of the test.
        every: The interval; the kind's own by default.
        values: Numbers; `55 x 20` for twenty times the same, `180 .. 240 x 7` for seven even steps from one
            to the other, null for a reading that did not come.
    """

    site: str
    kind: str
    metric: str | None = None
    start: timedelta = timedelta(0)
    every: timedelta | None = None
    values: tuple[float | str | None, ...]

    def __post_init__(self) -> None:
        list(self.numbers())  # refuses what cannot be read
        if self.every is not None and self.every <= timedelta(0):
            raise ValueError("every must be longer than nothing")

    def numbers(self) -> Iterator[float | None]:
        """Yield the values, written out."""
        for value in self.values:
            if isinstance(value, str):
                yield from _written_out(value)
            else:
                yield value


def _written_out(text: str) -> Iterator[float]:
    if match := _REPEATED.fullmatch(text):
        yield from [float(match[1])] * int(match[2])
    elif match := _STEPPED.fullmatch(text):
        first, last, count = float(match[1]), float(match[2]), int(match[3])
        yield from (first + (last - first) * step / max(count - 1, 1) for step in range(count))
    else:
        raise ValueError(f"'{text}' is no series; write 55, 55 x 20, or 180 .. 240 x 7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An event that must come.

    Attributes:
        at: When it becomes true, from the begin of the test.
        rule: Its rule.
        site: Its site.
        event: What happens.
    """

    at: timedelta
    rule: str
    site: str
    event: EventType = EventType.RAISED

    def __str__(self) -> str:
        return f"{_clock(self.at)} {self.event.value} {self.rule} at {self.site}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """A scenario and all that the rules say in it.

    Attributes:
        name: What it shows.
        rules: Only events of these rules count.
        sites: Sites by id.
        readings: What the sensors say.
        until: How long the clock goes on after the begin; up to the last reading by default.
        expect: Every event of those rules, no other.
    """

    name: str
    rules: tuple[str, ...]
    sites: Mapping[str, TestSite]
    readings: tuple[Series, ...]
    until: timedelta = timedelta(0)
    expect: tuple[Expected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTestFile:
    """A file of tests.

    Attributes:
        tests: Its tests.
    """

    tests: tuple[RuleTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a test showed.

    Attributes:
        name: Its name.
        missing: Events that were expected and did not come.
        unexpected: Events that came and were not expected.
        untried: Ids of its rules that are in no file that is right; it was not run then.
    """

    name: str
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()

    @property
    def is_passed(self) -> bool:
        """True when exactly the expected happened."""
        return not (self.missing or self.unexpected or self.untried)


def read_tests(
    path: Path, rules: Mapping[str, Rule], kinds: Mapping[str, Kind], *, is_complete: bool = True
) -> tuple[RuleTest, ...]:
    """Return the tests of a file.

    Args:
        path: The file.
        rules: Rules by id.
        kinds: Kinds by name.
        is_complete: False when rules are left out, so that one that is not among them is no fault of a test.

    Raises:
        ConfigError: Every fault of it, among them rules, sites and kinds that do not exist.
    """
    document = read_document(path, RuleTestFile)
    problems = [
        problem
        for number, test in enumerate(document.value.tests)
        for problem in _faults(document, number, test, names=(rules if is_complete else None, kinds))
    ]
    if problems:
        raise ConfigError(problems)
    return document.value.tests


def _faults(
    document: Document[RuleTestFile],
    number: int,
    test: RuleTest,
    *,
    names: tuple[Mapping[str, Rule] | None, Mapping[str, Kind]],
) -> Iterator[Problem]:
    rules, kinds = names
    for place, rule_id in enumerate(test.rules):
        if rules is not None and rule_id not in rules:
            yield document.problem(f"there is no rule '{rule_id}'", "tests", number, "rules", place)
    for place, series in enumerate(test.readings):
        at = ("tests", number, "readings", place)
        if series.site not in test.sites:
            yield document.problem(f"'{series.site}' is not among the test's sites", *at, "site")
        if series.kind not in kinds:
            yield document.problem(f"kind '{series.kind}' is not known", *at, "kind")
        elif series.metric is not None and series.metric not in kinds[series.kind].metrics:
            yield document.problem(f"kind '{series.kind}' has no metric '{series.metric}'", *at, "metric")
    for place, expected in enumerate(test.expect):
        if expected.rule not in test.rules:
            told = f"'{expected.rule}' is not among the test's rules"
            yield document.problem(told, "tests", number, "expect", place, "rule")


def tried(test: RuleTest, rules: Mapping[str, Rule], kinds: Mapping[str, Kind]) -> Outcome:
    """Run a test on the live engine and return what it showed; one that lacks a rule is not run."""
    untried = tuple(rule_id for rule_id in test.rules if rule_id not in rules)
    if untried:
        return Outcome(name=test.name, untried=untried)
    sites = {
        site_id: Site(
            id=site_id,
            name=site_id,
            lat_deg=_LAT_DEG,
            lon_deg=_LON_DEG,
            area=place.area,
            waterway=place.waterway,
            order=place.order,
            thresholds=place.thresholds,
        )
        for site_id, place in test.sites.items()
    }
    engine = AlarmEngine({rule_id: rules[rule_id] for rule_id in test.rules}, sites, kinds)
    readings = sorted(_readings(test, kinds), key=lambda reading: reading.observed_at)
    events = replayed(engine, readings, start=BEGINS_AT, end=BEGINS_AT + test.until)
    seen = Counter(str(_as_expected(event)) for event in events)
    wanted = Counter(map(str, test.expect))
    return Outcome(
        name=test.name,
        missing=tuple(sorted((wanted - seen).elements())),
        unexpected=tuple(sorted((seen - wanted).elements())),
    )


def _readings(test: RuleTest, kinds: Mapping[str, Kind]) -> Iterator[Reading]:
    for series in test.readings:
        kind = kinds[series.kind]
        for number, value in enumerate(series.numbers()):
            if value is None:
                continue
            at = BEGINS_AT + series.start + number * (series.every or kind.expected_interval)
            yield Reading(
                device_id=f"{series.site}.{series.kind}",
                site_id=series.site,
                kind=series.kind,
                observed_at=at,
                received_at=at,
                values={series.metric or kind.primary: value},
            )


def _as_expected(event: AlarmEvent) -> Expected:
    at = event.observed_at - BEGINS_AT
    return Expected(at=at, rule=event.rule_id, site=event.site_id, event=event.type)


def _clock(at: timedelta) -> str:
    minutes, seconds = divmod(round(at.total_seconds()), 60)
    return f"{minutes // 60}h{minutes % 60:02}m" + (f"{seconds:02}s" if seconds else "")
