"""One site over a span of time: what it measured, its limits, its alarms, and what stands around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.journal.alarms import Alarm, Severity
from alerts.journal.journal_table import alarms
from alerts.rulebook.rules import Rule, SiteLimit
from dashboard.freshness import fresh_since, is_overdue, newest_by_metric
from dashboard.history import Line
from dashboard.parts import Parts
from dashboard.surroundings import (
    LEVEL_KIND,
    RAIN_KIND,
    Hardware,
    Neighbours,
    hardware,
    neighbours,
    rain_gauge,
)
from dashboard.view import rule_limit
from devices.kinds import Kind, Label, Metric
from devices.registry import Registry, Site
from devices.registry_table import read_registry
from storage.latest_table import LatestValue, latest_values
from storage.readings import Flag, Reading

SPAN = timedelta(hours=24)
SPANS = {"6h": timedelta(hours=6), "24h": SPAN, "7d": timedelta(days=7), "30d": timedelta(days=30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """A limit that a rule holds the metric against at this site, in the metric's unit.

    Attributes:
        scheme: Whose counting a siaga label follows, like "Bengawan Solo"; "" when the limit is no siaga.
    """

    value: float
    severity: Severity
    title: Label
    is_upward: bool
    scheme: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RainBeside:
    """The rain at the gauge that tells most of a river post, over the charted span."""

    gauge: Site
    distance_km: float
    kind: Kind
    lines: tuple[Line, ...]

    @property
    def metric(self) -> Metric:
        """What of the rain is charted."""
        return self.kind.metrics[self.kind.primary]


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """The newest value of one of the site's metrics.

    Attributes:
        latest: None when it never spoke.
        is_overdue: It no longer tells the present.
    """

    kind: Kind
    name: str
    metric: Metric
    latest: LatestValue | None
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person wants charted.

    Attributes:
        kind: Kind of the metric; "" for the site's first.
        metric: The metric; "" for the kind's primary one.
        span: How far back.
    """

    kind: str = ""
    metric: str = ""
    span: timedelta = SPAN


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """The chosen site at one moment.

    Attributes:
        is_simulated: A simulator speaks for one of its devices.
        at: The moment of which all this is true; the charted span ends here.
        chosen: The charted metric; None when the site has no device of a known kind.
        currents: The metrics that it speaks of, the kinds in the order of the configuration.
        lines: The charted metric's values over the span, one line per device.
        limits: The limits on the charted metric, greatest first.
        alarms: Active ones, and those that were active within the span, newest first.
        span: How far back it all goes.
        rain: Beside a river post's level; None elsewhere or where no gauge is near.
        neighbours: Up and down the waterway.
        hardware: What stands and stood here.
    """

    site: Site
    is_simulated: bool
    at: datetime
    chosen: Current | None
    currents: tuple[Current, ...]
    lines: tuple[Line, ...]
    limits: tuple[LimitLine, ...]
    alarms: tuple[Alarm, ...]
    span: timedelta = SPAN
    rain: RainBeside | None = None
    neighbours: Neighbours = field(default_factory=Neighbours)
    hardware: tuple[Hardware, ...] = ()

    @property
    def start(self) -> datetime:
        """First instant of the charted span."""
        return self.at - self.span

    @property
    def newest_at(self) -> datetime | None:
        """When the newest charted value was observed."""
        return max((line.times[-1] for line in self.lines), default=None)


def site_view(parts: Parts, site_id: str, now: datetime, *, wanted: Wanted | None = None) -> SiteView | None:
    """Return the site over the wanted span up to `now`, None for an unknown site. Waits for the stores.

    Args:
        parts: Where to read.
        site_id: Which site.
        now: The present moment, aware.
        wanted: What to chart; by default the first kind's primary metric over 24 hours.

    Raises:
        StorageUnavailable: One of the stores does not answer.
    """
    wanted = wanted or Wanted()
    with parts.database.reading() as connection:
        registry = read_registry(connection)
        site = registry.sites.get(site_id)
        if site is None:
            return None
        latest = latest_values(connection, site_id=site_id)
        found = alarms(connection, site_id=site_id)
    currents = current_values(latest, kinds=_kinds_at(registry, site_id, now, parts.kinds), now=now)
    chosen = _chosen(currents, wanted)
    history = _History(parts=parts, start=now - wanted.span, now=now)
    return SiteView(
        site=site,
        is_simulated=any(device.simulated for device in registry.devices_at(site_id, now)),
        at=now,
        chosen=chosen,
        currents=currents,
        lines=history.lines(site_id, chosen.kind.name, chosen.name) if chosen else (),
        limits=limit_lines(parts.rules.values(), site, chosen) if chosen else (),
        alarms=recent_alarms(found, now, wanted.span),
        span=wanted.span,
        rain=_rain_beside(registry, site, chosen, history),
        neighbours=neighbours(registry, site, chosen.kind.name, now) if chosen else Neighbours(),
        hardware=hardware(registry, site_id, _heard(latest)),
    )


def current_values(
    latest: Iterable[LatestValue], *, kinds: Sequence[Kind], now: datetime
) -> tuple[Current, ...]:
    """Return the metrics that the site's devices speak of, each with its newest value.

    A kind lists all that its hardware may send. What never came at this site is left out, but for the primary
    metric: that it never came is what people must see.
    """
    newest = newest_by_metric(latest)
    fresh = fresh_since({kind.name: kind for kind in kinds}, now)
    return tuple(
        Current(
            kind=kind,
            name=name,
            metric=metric,
            latest=newest.get((kind.name, name)),
            is_overdue=is_overdue(newest.get((kind.name, name)), fresh.get(kind.name)),
        )
        for kind in kinds
        for name, metric in kind.metrics.items()
        if name == kind.primary or (kind.name, name) in newest
    )


def lines_of(readings: Iterable[Reading], metric: str) -> tuple[Line, ...]:
    """Return the metric's values as one line per device; readings without it leave no point."""
    points: dict[str, list[tuple[datetime, float, Flag]]] = defaultdict(list)
    for reading in readings:
        if metric in reading.values:
            points[reading.device_id].append(
                (reading.observed_at, reading.values[metric], reading.flag(metric))
            )
    return tuple(
        Line(
            device_id=device_id,
            times=tuple(point[0] for point in members),
            values=tuple(point[1] for point in members),
            flags=tuple(point[2] for point in members),
        )
        for device_id, members in sorted(points.items())
    )


def limit_lines(rules: Iterable[Rule], site: Site, chosen: Current) -> tuple[LimitLine, ...]:
    """Return the limits that rules set on the charted metric at the site, greatest first."""
    lines = [
        LimitLine(
            value=limit,
            severity=rule.severity,
            title=rule.title,
            is_upward=rule.is_upward,
            scheme=scheme_of(rule),
        )
        for rule in rules
        if (rule.kind, rule.metric) == (chosen.kind.name, chosen.name)
        and (limit := rule_limit(rule, site)) is not None
    ]
    return tuple(sorted(lines, key=lambda line: -line.value))


def scheme_of(rule: Rule) -> str:
    """Return whose siaga counting a rule's limit follows, "" for none: `jakarta_siaga2` is of "Jakarta"."""
    label = rule.limit.site if isinstance(rule.limit, SiteLimit) else ""
    scheme, siaga, _ = label.partition("_siaga")
    return scheme.replace("_", " ").title() if siaga else ""


def recent_alarms(found: Iterable[Alarm], now: datetime, span: timedelta = SPAN) -> tuple[Alarm, ...]:
    """Return those that are active or ended within the span: active ones first, then newest."""
    recent = [a for a in found if a.cleared_at is None or a.cleared_at > now - span]
    return tuple(sorted(recent, key=lambda a: (not a.is_active, -a.raised_at.timestamp(), a.id)))


def _kinds_at(registry: Registry, site_id: str, now: datetime, kinds: Mapping[str, Kind]) -> list[Kind]:
    present = {device.kind for device in registry.devices_at(site_id, now)}
    return [kind for name, kind in kinds.items() if name in present]


def _chosen(currents: Sequence[Current], wanted: Wanted) -> Current | None:
    for current in currents:
        if current.kind.name == wanted.kind and current.name == (wanted.metric or current.kind.primary):
            return current
    return next((c for c in currents if c.name == c.kind.primary), None)


def _heard(latest: Iterable[LatestValue]) -> dict[str, datetime]:
    heard: dict[str, datetime] = {}
    for value in latest:
        heard[value.device_id] = max(value.received_at, heard.get(value.device_id, value.received_at))
    return heard


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    """The readings of the charted span."""

    parts: Parts
    start: datetime
    now: datetime

    def lines(self, site_id: str, kind: str, metric: str) -> tuple[Line, ...]:
        # The end is exclusive; a reading of this very moment belongs to the span.
        end = self.now + timedelta(seconds=1)
        readings = self.parts.readings.read(kind, start=self.start, end=end, site_ids=[site_id])
        return lines_of(readings, metric)


def _rain_beside(
    registry: Registry, site: Site, chosen: Current | None, history: _History
) -> RainBeside | None:
    kind = history.parts.kinds.get(RAIN_KIND)
    if kind is None or chosen is None or chosen.kind.name != LEVEL_KIND:
        return None
    found = rain_gauge(registry, site, history.now)
    if found is None:
        return None
    gauge, distance = found
    return RainBeside(
        gauge=gauge,
        distance_km=distance,
        kind=kind,
        lines=history.lines(gauge.id, kind.name, kind.primary),
    )
