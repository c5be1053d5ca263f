"""A mapping: how the columns of somebody's CSV file become readings of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.loader import Document, read_document
from config.problems import ConfigError, Problem
from devices.kinds import Kind
from devices.registry import Device, Registration, Site
from simulators.stations import Stations, read_stations

# Old readings must find their site, so a replayed device stands there since the beginning of Unix time.
SINCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceColumn:
    """Where the device is named, and how that text becomes an id.

    Attributes:
        column: Header of the column that names it.
        file_name: Instead of a column: the file's name without its ending names the one device of the file.
        ids: Text to id, spaces around the text set aside; empty when the text itself is the id.
    """

    column: str = ""
    file_name: bool = False
    ids: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.column) == self.file_name:
            raise ValueError("the device is named by a 'column' or by 'file_name: true', one of both")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeColumn:
    """Which column tells the time, and in which words.

    Attributes:
        column: Header of the column.
        clock: Header of a second column, for files that keep day and hour apart; read after a blank.
        format: As Python's `strptime` reads it, of both columns where there are two.
        zone: The zone that the file's clock shows, like `Asia/Jakarta`; `%z` in the format wins over it.
    """

    column: str
    format: str
    zone: str
    clock: str = ""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"zone '{self.zone}' is not known; write for example Asia/Jakarta") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueColumn:
    """Which column holds a metric: the metric is the column's number times `scale` plus `offset`.

    Attributes:
        column: Header of the column.
        scale: From the column's unit to the metric's.
        offset: Added after scaling.
        files: Only in files of such a name (`speed_*`), where each file of a set holds another metric.
    """

    column: str
    scale: float = 1.0
    offset: float = 0.0
    files: str = "*"

    def __post_init__(self) -> None:
        if self.scale == 0:
            raise ValueError("scale 0 would make every value the same")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedSite:
    """A site that the mapping itself describes.

    Attributes:
        id: Id of the site and of its device.
        name: Its real name.
        lat: Latitude in degrees, WGS 84.
        lon: Longitude in degrees, WGS 84.
        area: Kelurahan or kecamatan.
        tags: Words by which rules choose sites.
        waterway: River or road that it belongs to.
        order: Place along the river, growing downstream.
        datum: What a level is measured from.
        thresholds: Level label to value for each metric, as `Site.thresholds`.
        parameters: Numbers of the site, like quality limits of its own, as `Site.parameters`.
        usable: False when its rows cannot be held against the oracle.
        reason: Why not; told in every report.
    """

    id: str
    name: str
    lat: float
    lon: float
    area: str = ""
    tags: tuple[str, ...] = ()
    waterway: str = ""
    order: int | None = None
    datum: str = ""
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    usable: bool = True
    reason: str = ""

    def __post_init__(self) -> None:
        if self.usable == bool(self.reason):
            raise ValueError(f"{self.id}: write a reason when it is not usable, and only then")
        self.as_site()

    def as_site(self) -> Site:
        """Return the site as the registry knows it."""
        return Site(
            id=self.id,
            name=self.name,
            lat_deg=self.lat,
            lon_deg=self.lon,
            area=self.area,
            tags=self.tags,
            waterway=self.waterway,
            order=self.order,
            datum=self.datum,
            thresholds=self.thresholds,
            parameters=self.parameters,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """What the agency itself said on each row, to hold the rules against.

    Attributes:
        column: Header of the column.
        labels: The column's text to a threshold label of ours, or to `normal`.
    """

    column: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayMapping:
    """How one sort of CSV file becomes readings.

    Attributes:
        kind: Kind of every device in the file.
        device: Who speaks on a row.
        time: When.
        values: Metric to the column that holds it; at least one.
        delimiter: What stands between two cells.
        sites: The sites, when the mapping describes them itself.
        stations: The file that describes them, when the mapping does not.
        oracle: What the agency said; None when the file does not tell.
        interval: How often the devices of the file speak, where that is not their kind's own interval. A
            back-test of the file judges by it; a city whose posts speak so seldom sets it in the kind.
    """

    kind: str
    device: DeviceColumn
    time: TimeColumn
    values: Mapping[str, ValueColumn]
    delimiter: str = ","
    sites: tuple[MappedSite, ...] = ()
    stations: Stations | None = None
    oracle: Oracle | None = None
    interval: timedelta | None = None

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a mapping needs at least one metric under 'values'")
        if len(self.delimiter) != 1:
            raise ValueError("delimiter is one character; write '\\t' in double quotes for a tab")
        if bool(self.sites) == bool(self.stations):
            raise ValueError("describe the places under 'sites' or name a file under 'stations', one of both")
        ids = [site.id for site in self.sites]
        if len(set(ids)) < len(ids):
            raise ValueError("two sites have the same id")
        homeless = sorted(set(self.device.ids.values()) - set(ids)) if self.sites else []
        if homeless:
            raise ValueError(f"no site is described for: {', '.join(homeless)}")

    def values_of(self, file: str) -> dict[str, ValueColumn]:
        """Return the metrics that a file of that name, without its ending, holds."""
        return {metric: column for metric, column in self.values.items() if fnmatchcase(file, column.files)}

    def columns(self, file: str = "") -> list[str]:
        """Return the headers that a data file of that name must have."""
        told = [self.device.column, self.time.column, self.time.clock]
        told += [value.column for value in self.values_of(file).values()]
        return [header for header in [*told, self.oracle.column if self.oracle else ""] if header]

    @property
    def unusable(self) -> dict[str, str]:
        """Sites whose rows cannot be held against the oracle, with the reason."""
        return {site.id: site.reason for site in self.sites if not site.usable}


def load_mapping(path: Path, kinds: Mapping[str, Kind]) -> ReplayMapping:
    """Return the mapping of a file.

    Args:
        path: A mapping file.
        kinds: The city's kinds by name.

    Raises:
        ConfigError: Any fault in the file, or a kind or metric that the city does not have.
    """
    document = read_document(path, ReplayMapping)
    problems = _unknown(document, kinds)
    if problems:
        raise ConfigError(problems)
    return document.value


def _unknown(document: Document[ReplayMapping], kinds: Mapping[str, Kind]) -> list[Problem]:
    mapping = document.value
    kind = kinds.get(mapping.kind)
    if kind is None:
        known = ", ".join(sorted(kinds))
        return [document.problem(f"kind '{mapping.kind}' is not one of: {known}", "kind")]
    return [
        document.problem(
            f"'{metric}' is not a metric of {kind.name}: {', '.join(kind.metrics)}", "values", metric
        )
        for metric in mapping.values
        if metric not in kind.metrics
    ]


def registrations(
    mapping: ReplayMapping, data_file: Path, stations: Path | None = None
) -> list[Registration]:
    """Return the sites of a mapping, each with its one device, which stands there since 1970.

    Args:
        mapping: The mapping.
        data_file: The data; the stations file is looked for beside it.
        stations: Another place of the stations file.

    Raises:
        ConfigError: The stations file cannot be read, lacks a column or has a bad row.
    """
    if mapping.stations is None:
        sites = [site.as_site() for site in mapping.sites]
    else:
        sites = read_stations(mapping.stations, stations or data_file.parent / mapping.stations.file)
    return [
        Registration(site=site, device=Device(id=site.id, kind=mapping.kind), since=SINCE) for site in sites
    ]
