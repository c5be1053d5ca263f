"""The files of `config/sources`: a city adds a source by writing YAML, never code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.loader import Document, read_document, read_folder
from config.problems import ConfigError, Problem
from devices.kinds import Kind
from devices.topics import ID_RULE, is_device_id
from devices.units import conversion, is_unit
from ingest.fields import Field, parse_path
from ingest.formats import FORMATS, Format
from ingest.sources import NATIVE, NATIVE_ID, NATIVE_TOPIC, DeviceFields, Source, Sources
from ingest.topic_filters import covers, named_filter, overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceNaming:
    """How a message's device is known, where neither `{device}` in the topic nor the format tells.

    Attributes:
        path: Where the message names it.
        id: The one device that speaks here.
        prefix: What its id has before that name, so that two networks may use the same names.
        ids: Name in the message to device id, where it shall be another one.
    """

    path: str = ""
    id: str = ""
    prefix: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path and self.id:
            raise ValueError("a device is named by a path or has one id, not both")
        for text in filter(None, (self.id, self.prefix, *self.ids.values())):
            if not is_device_id(text):
                raise ValueError(f"'{text}' cannot begin or be a device id: {ID_RULE}")
        if self.path:
            parse_path(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What a message's time means.

    Attributes:
        path: Where it stands, when the format does not know.
        zone: The zone that a clock without one shows, like `Asia/Jakarta`.
    """

    path: str = ""
    zone: str = ""

    def __post_init__(self) -> None:
        if self.path:
            parse_path(self.path)
        self.zone_info()

    def zone_info(self) -> ZoneInfo | None:
        """Return the zone, None when none is told."""
        try:
            return ZoneInfo(self.zone) if self.zone else None
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"zone '{self.zone}' is not known; write for example Asia/Jakarta") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueField:
    r"""Where a metric stands in a message: `number * scale + offset` is in `unit`.

    Attributes:
        path: Names with dots between them, `\.` for a dot in a name; or several, of which the first counts.
        unit: Unit of the number, when the message itself tells none; left out for the metric's own.
        scale: What the number is multiplied with.
        offset: What is added then.
        missing: Texts and numbers that mean that there is no value.
    """

    path: str | tuple[str, ...]
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    missing: tuple[float | str, ...] = ()

    def __post_init__(self) -> None:
        if self.scale == 0:
            raise ValueError("scale 0 would make every value the same")
        if not self.paths():
            raise ValueError("a field needs at least one path")
        for text in self.paths():
            parse_path(text)

    def paths(self) -> tuple[str, ...]:
        """Return the paths."""
        return (self.path,) if isinstance(self.path, str) else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class KindReadings:
    """What one device behind a message measures.

    Attributes:
        kind: Its kind.
        values: Metric to the field that holds it; at least one.
        suffix: What its id has behind the name in the message, so that one station can be several devices.
        needs: Metrics without which a message says nothing about this device.
    """

    kind: str
    values: Mapping[str, ValueField]
    suffix: str = ""
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("readings need at least one metric under 'values'")
        if self.suffix and not is_device_id("x" + self.suffix):
            raise ValueError(f"suffix '{self.suffix}' cannot end a device id: {ID_RULE}")
        strange = [metric for metric in self.needs if metric not in self.values]
        if strange:
            raise ValueError(f"needs names {', '.join(strange)}, which is not among the values")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file of the folder `sources`.

    Attributes:
        id: The source's name, that of its file.
        topic: Topic filter; `{device}` and `{field}` name one level each, `{device*}` all that follow.
        format: How its messages are written.
        enabled: Whether Pantau subscribes to it; false keeps an example checked but silent.
        device: How the device is known.
        time: What a message's time means.
        readings: The devices behind a message; left out when the names in it are metrics already.
    """

    id: str
    topic: str
    format: Format
    enabled: bool = True
    device: DeviceNaming = field(default_factory=DeviceNaming)
    time: Clock = field(default_factory=Clock)
    readings: tuple[KindReadings, ...] = ()

    def __post_init__(self) -> None:
        named = named_filter(self.topic)
        by_name = self.device.path or self.device.id
        if named.device_at is not None and by_name:
            raise ValueError("the topic names the device already; take out device.path or device.id")
        if named.device_at is None and not by_name and not FORMATS[self.format].names_devices:
            raise ValueError(
                f"nothing names the device: write {{device}} into the topic, or device.path or device.id"
                f" beside format {self.format}"
            )
        suffixes = [reading.suffix for reading in self.readings]
        if len(set(suffixes)) < len(suffixes):
            raise ValueError("two readings have the same suffix, so they would be the same device")
        if self.id == NATIVE_ID and not (self.enabled and self.topic == NATIVE_TOPIC):
            raise ValueError(f"the source {NATIVE_ID} is always enabled, with the topic {NATIVE_TOPIC}")


def load_sources(folder: Path, kinds: Mapping[str, Kind]) -> Sources:
    """Return the sources of a configuration folder, Pantau's own topic first.

    Args:
        folder: The `sources` folder of a configuration; without one only Pantau's own topic is taken.
        kinds: The city's kinds by name.

    Raises:
        ConfigError: Any fault in any file, a kind, metric or unit that does not exist, or filters that would
            take the same message twice.
    """
    documents, problems = read_folder(folder, SourceFile) if folder.is_dir() else ([], [])
    for document in documents:
        problems += _faults(document, kinds)
    problems += _overlaps(documents)
    if problems:
        raise ConfigError(problems)
    sources = [_bound(document.value, kinds) for document in documents]
    if all(source.id != NATIVE_ID for source in sources):
        sources.append(NATIVE)
    return Sources(sorted(sources, key=lambda source: source.id != NATIVE_ID))


def load_source(path: Path, kinds: Mapping[str, Kind]) -> Source:
    """Return the source of one file.

    Raises:
        ConfigError: Any fault in the file.
    """
    document = read_document(path, SourceFile)
    problems = list(_faults(document, kinds))
    if problems:
        raise ConfigError(problems)
    return _bound(document.value, kinds)


def _faults(document: Document[SourceFile], kinds: Mapping[str, Kind]) -> Iterator[Problem]:
    source = document.value
    if source.id != document.path.stem:
        yield document.problem(f"holds the source '{source.id}'; call the file {source.id}.yaml", "id")
    for number, reading in enumerate(source.readings):
        place = ("readings", number)
        kind = kinds.get(reading.kind)
        if kind is None:
            known = ", ".join(sorted(kinds))
            yield document.problem(f"kind '{reading.kind}' is not one of: {known}", *place, "kind")
            continue
        for metric, value in reading.values.items():
            fault = _fault_of(metric, value, kind)
            if fault:
                yield document.problem(fault, *place, "values", metric)


def _fault_of(metric: str, value: ValueField, kind: Kind) -> str:
    if metric not in kind.metrics:
        return f"'{metric}' is not a metric of {kind.name}: {', '.join(kind.metrics)}"
    wanted = kind.metrics[metric].unit
    if conversion(value.unit, wanted) is not None:
        return ""
    why = f"cannot become {wanted}" if is_unit(value.unit) else "is not a known unit"
    return f"unit '{value.unit}' {why}; leave it out when the number is in {wanted or 'the metric itself'}"


def _overlaps(documents: Sequence[Document[SourceFile]]) -> Iterator[Problem]:
    """Find filters of which neither takes in the other: a broker would deliver what both take twice."""
    enabled = [d for d in documents if d.value.enabled]
    for one, other in combinations(enabled, 2):
        here, there = (named_filter(d.value.topic).topic_filter for d in (one, other))
        nested = here != there and (covers(here, there) or covers(there, here))
        if overlap(here, there) and not nested:
            yield other.problem(f"takes messages that {one.path.name} takes too, by '{here}'", "topic")


def _bound(source: SourceFile, kinds: Mapping[str, Kind]) -> Source:
    return Source(
        id=source.id,
        format=source.format,
        topic=named_filter(source.topic),
        readings=[_device_fields(reading, kinds[reading.kind]) for reading in source.readings],
        device_path=parse_path(source.device.path) if source.device.path else (),
        device_id=source.device.id,
        prefix=source.device.prefix,
        ids=source.device.ids,
        zone=source.time.zone_info(),
        time_path=parse_path(source.time.path) if source.time.path else (),
        enabled=source.enabled,
    )


def _device_fields(reading: KindReadings, kind: Kind) -> DeviceFields:
    fields = [
        Field(
            metric=metric,
            metric_unit=kind.metrics[metric].unit,
            paths=[parse_path(text) for text in value.paths()],
            unit=value.unit,
            scale=value.scale,
            offset=value.offset,
            missing=frozenset(value.missing),
        )
        for metric, value in reading.values.items()
    ]
    return DeviceFields(kind=kind.name, suffix=reading.suffix, fields=fields, needs=frozenset(reading.needs))
