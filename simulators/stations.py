"""A stations file: a second CSV, beside the data, that describes the sites of a replay."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.problems import ConfigError, Problem
from devices.registry import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Stations:
    """A second CSV file that describes the sites; every attribute but `file` is the header of a column.

    Attributes:
        file: Where it is, relative to the data file.
        id: Id of the station, as in the data.
        name: Its name.
        lat: Latitude in degrees.
        lon: Longitude in degrees.
        area: Kelurahan or kecamatan; "" when the file has none.
    """

    file: str
    id: str
    name: str
    lat: str
    lon: str
    area: str = ""


def read_stations(stations: Stations, path: Path) -> list[Site]:
    """Return the sites of a stations file.

    Raises:
        ConfigError: The file cannot be read, lacks a column or has a bad row.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_station_sites(stations, csv.DictReader(file), str(path)))
    except OSError as error:
        message = f"the stations file cannot be read: {error.strerror}; name it with --stations"
        raise ConfigError([Problem(path=str(path), line=0, column=0, message=message)]) from error


def _station_sites(stations: Stations, rows: csv.DictReader[str], path: str) -> Iterator[Site]:
    wanted = [stations.id, stations.name, stations.lat, stations.lon, *filter(None, [stations.area])]
    missing = [column for column in wanted if column not in (rows.fieldnames or ())]
    if missing:
        message = f"has no column {', '.join(missing)}"
        raise ConfigError([Problem(path=path, line=1, column=1, message=message)])
    problems = []
    for row in rows:
        try:
            yield _station_site(stations, row)
        except ValueError as error:
            problems.append(Problem(path=path, line=rows.line_num, column=1, message=str(error)))
    if problems:
        raise ConfigError(problems)


def _station_site(stations: Stations, row: Mapping[str, str]) -> Site:
    if None in row.values():
        raise ValueError("not as many cells as the header has")
    return Site(
        id=row[stations.id].strip(),
        name=row[stations.name].strip(),
        lat_deg=float(row[stations.lat]),
        lon_deg=float(row[stations.lon]),
        area=row[stations.area].strip() if stations.area else "",
    )
