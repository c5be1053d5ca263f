"""Readings straight from a CSV file, as ingest would have judged them the moment they came."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alerts.trial.disagreement import LabelledRow
from devices.kinds import Kind
from devices.registry import Site
from ingest.evaluation import Evaluator
from pantau.console import Refusal
from simulators.mapping import ReplayMapping, registrations
from simulators.replay import Message, WrongColumns, read_rows
from storage.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What files hold, judged: a store of readings for the back-test, with the places it speaks of.

    Attributes:
        sites: Sites by id.
        kinds: Kinds by name, the file's own with the interval at which its devices speak.
        readings: Oldest first, one for each device and time, flagged as they would have been on arrival.
        labels: What the agency said itself, row by row; empty when the file does not tell.
    """

    sites: Mapping[str, Site]
    kinds: Mapping[str, Kind]
    readings: Sequence[Reading]
    labels: Sequence[LabelledRow]

    def read(
        self, kind: str, *, start: datetime, end: datetime, site_ids: Collection[str] | None = None
    ) -> Iterator[Reading]:
        """Yield the kind's readings with start <= observed_at < end, oldest first."""
        for reading in self.readings:
            is_here = site_ids is None or reading.site_id in site_ids
            if is_here and reading.kind == kind and start <= reading.observed_at < end:
                yield reading

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def of_sites(self, site_ids: Collection[str]) -> Recording:
        """Return the recording of these sites alone."""
        return replace(
            self,
            sites={id_: site for id_, site in self.sites.items() if id_ in site_ids},
            readings=[reading for reading in self.readings if reading.site_id in site_ids],
            labels=[row for row in self.labels if row.site_id in site_ids],
        )


def recorded(
    files: Sequence[Path],
    mapping: ReplayMapping,
    kinds: Mapping[str, Kind],
    *,
    stations: Path | None = None,
) -> Recording:
    """Return what files hold, as if every row had come the moment it was measured.

    Rows that cannot be sent are left out. A value's flag is the one it had on arrival: what came after it and
    would have corrected that flag was not known to the alarms either.

    Args:
        files: Of one set, all of this mapping.
        mapping: How to read them.
        kinds: The city's kinds by name.
        stations: Another place of the stations file.

    Raises:
        Refusal: A file cannot be read or is not of this sort.
        ConfigError: The stations file is at fault.
    """
    places = registrations(mapping, files[0], stations)
    sites = {place.site.id: place.site for place in places}
    kind = kinds[mapping.kind]
    if mapping.interval is not None:
        kind = replace(kind, expected_interval=mapping.interval)
    messages = [message for file in files for message in _messages(file, mapping)]
    messages = [message for message in messages if message.device_id in sites]
    readings = _judged(_united(messages, kind.name), kind, sites)
    return Recording(
        sites=sites,
        kinds={**kinds, kind.name: kind},
        readings=readings,
        labels=_labels(messages, readings, kind.primary),
    )


def _messages(file: Path, mapping: ReplayMapping) -> list[Message]:
    try:
        return [row for row in read_rows(file, mapping) if isinstance(row, Message)]
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}") from error
    except WrongColumns as error:
        raise Refusal(f"{file}: {error}") from error


def _united(messages: Sequence[Message], kind: str) -> list[Reading]:
    """Return one reading for each device and time, oldest first; of a metric told twice the first stands."""
    held: dict[tuple[str, datetime], dict[str, float]] = {}
    for message in messages:
        values = held.setdefault((message.device_id, message.observed_at), {})
        values.update({name: value for name, value in message.values.items() if name not in values})
    return [
        Reading(
            device_id=device_id, site_id=device_id, kind=kind, observed_at=at, received_at=at, values=values
        )
        for (device_id, at), values in sorted(held.items(), key=lambda item: item[0][1])
    ]


def _judged(readings: Sequence[Reading], kind: Kind, sites: Mapping[str, Site]) -> list[Reading]:
    evaluator = Evaluator({kind.name: kind})
    evaluator.update_sites(sites)
    return [evaluator.evaluate(reading).reading for reading in readings]


def _labels(messages: Sequence[Message], readings: Sequence[Reading], metric: str) -> list[LabelledRow]:
    flags = {(reading.site_id, reading.observed_at): reading.flag(metric) for reading in readings}
    return [
        LabelledRow(
            site_id=message.device_id,
            observed_at=message.observed_at,
            value=message.values[metric],
            label=message.oracle,
            flag=flags[message.device_id, message.observed_at],
        )
        for message in messages
        if message.oracle is not None and metric in message.values
    ]
