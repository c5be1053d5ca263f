"""One site's last day: what it measured, against which limits, and which alarms it had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alarms import Alarm, Severity
from alerts.journal_table import alarms
from alerts.rules import Rule
from dashboard.parts import Parts
from dashboard.view import is_overdue, rule_limit
from devices.kinds import Kind, Label, Metric
from devices.registry import Registry, Site
from devices.registry_table import read_registry
from storage.latest_table import LatestValue, latest_values
from storage.readings import Flag, Reading

SPAN = timedelta(hours=24)
SPANS = {"24h": SPAN, "7d": timedelta(days=7), "30d": timedelta(days=30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one device measured of one metric, oldest first; the three sequences have one length."""

    device_id: str
    times: tuple[datetime, ...]
    values: tuple[float, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """A limit that a rule holds the metric against at this site, in the metric's unit."""

    value: float
    severity: Severity
    title: Label
    is_upward: bool


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
class SiteView:
    """The chosen site at one moment.

    Attributes:
        is_simulated: A simulator speaks for one of its devices.
        at: The moment of which all this is true; the charted span ends here.
        chosen: The charted metric; None when the site has no device of a known kind.
        currents: The metrics that it speaks of, the kinds in the order of the configuration.
        lines: The charted metric's values of the last 24 hours, one line per device.
        limits: The limits on the charted metric, greatest first.
        alarms: Active ones, and those that were active in the last 24 hours, newest first.
    """

    site: Site
    is_simulated: bool
    at: datetime
    chosen: Current | None
    currents: tuple[Current, ...]
    lines: tuple[Line, ...]
    limits: tuple[LimitLine, ...]
    alarms: tuple[Alarm, ...]

    @property
    def start(self) -> datetime:
        """First instant of the charted span."""
        return self.at - SPAN

    @property
    def newest_at(self) -> datetime | None:
        """When the newest charted value was observed."""
        return max((line.times[-1] for line in self.lines), default=None)


def site_view(
    parts: Parts, site_id: str, now: datetime, *, kind: str = "", metric: str = ""
) -> SiteView | None:
    """Return the site's last 24 hours up to `now`, None when there is no such site. Waits for the stores.

    Args:
        parts: Where to read.
        site_id: Which site.
        now: The present moment, aware.
        kind: Kind of the metric to chart; "" for the site's first.
        metric: The metric to chart; "" for the kind's primary one.

    Raises:
        StorageUnavailable: One of the stores does not answer.
    """
    with parts.database.reading() as connection:
        registry = read_registry(connection)
        site = registry.sites.get(site_id)
        if site is None:
            return None
        latest = latest_values(connection, site_id=site_id)
        found = alarms(connection, site_id=site_id)
    currents = current_values(latest, kinds=_kinds_at(registry, site_id, now, parts.kinds), now=now)
    chosen = _chosen(currents, kind, metric)
    return SiteView(
        site=site,
        is_simulated=any(device.simulated for device in registry.devices_at(site_id, now)),
        at=now,
        chosen=chosen,
        currents=currents,
        lines=_read_lines(parts, site_id, chosen, now) if chosen else (),
        limits=limit_lines(parts.rules.values(), site, chosen) if chosen else (),
        alarms=recent_alarms(found, now),
    )


def current_values(
    latest: Iterable[LatestValue], *, kinds: Sequence[Kind], now: datetime
) -> tuple[Current, ...]:
    """Return the metrics that the site's devices speak of, each with its newest value.

    A kind lists all that its hardware may send. What never came at this site is left out, but for the primary
    metric: that it never came is what people must see.
    """
    newest: dict[tuple[str, str], LatestValue] = {}
    for value in sorted(latest, key=lambda value: value.observed_at):
        newest[value.kind, value.metric] = value
    return tuple(
        Current(
            kind=kind,
            name=name,
            metric=metric,
            latest=newest.get((kind.name, name)),
            is_overdue=is_overdue(newest.get((kind.name, name)), kind, now),
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
        LimitLine(value=limit, severity=rule.severity, title=rule.title, is_upward=rule.is_upward)
        for rule in rules
        if (rule.kind, rule.metric) == (chosen.kind.name, chosen.name)
        and (limit := rule_limit(rule, site)) is not None
    ]
    return tuple(sorted(lines, key=lambda line: -line.value))


def recent_alarms(found: Iterable[Alarm], now: datetime) -> tuple[Alarm, ...]:
    """Return those that are active or ended within the last 24 hours: active ones first, then newest."""
    recent = [a for a in found if a.cleared_at is None or a.cleared_at > now - SPAN]
    return tuple(sorted(recent, key=lambda a: (not a.is_active, -a.raised_at.timestamp(), a.id)))


def _kinds_at(registry: Registry, site_id: str, now: datetime, kinds: Mapping[str, Kind]) -> list[Kind]:
    present = {device.kind for device in registry.devices_at(site_id, now)}
    return [kind for name, kind in kinds.items() if name in present]


def _chosen(currents: Sequence[Current], kind: str, metric: str) -> Current | None:
    for current in currents:
        if current.kind.name == kind and current.name == (metric or current.kind.primary):
            return current
    return next((c for c in currents if c.name == c.kind.primary), None)


def _read_lines(parts: Parts, site_id: str, chosen: Current, now: datetime) -> tuple[Line, ...]:
    # The end is exclusive; a reading of this very moment belongs to the span.
    readings = parts.readings.read(
        chosen.kind.name, start=now - SPAN, end=now + timedelta(seconds=1), site_ids=[site_id]
    )
    return lines_of(readings, chosen.name)
