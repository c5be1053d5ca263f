"""What becomes of a message, step by step, for the person who writes its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from devices.kinds import Kind
from ingest.decoding import located, observed_at, outcomes, rejected
from ingest.fields import Field, FieldValue, read_field, shown
from ingest.formats import FORMATS
from ingest.formats.sample import Sample, Unusable
from ingest.outcomes import Ignored, Measurement, Outcome, Rejection
from ingest.sources import Source
from ingest.topic_filters import matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was found out about a message.

    Attributes:
        what: What was looked at.
        found: What was found, in words.
    """

    what: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Every step, and how the message ends.

    Attributes:
        steps: In the order of decoding.
        outcomes: What becomes of the message; empty when the source does not take its topic.
    """

    steps: tuple[Step, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def is_measured(self) -> bool:
        """Whether the message becomes measurements and nothing of it is rejected."""
        return any(isinstance(end, Measurement) for end in self.outcomes) and not any(
            isinstance(end, Rejection) for end in self.outcomes
        )


def explain(
    source: Source,
    message: tuple[str, bytes],
    kinds: Mapping[str, Kind],
    *,
    received_at: datetime,
) -> Explanation:
    """Return how a source understands a message.

    Args:
        source: The source, enabled or not.
        message: Topic and payload.
        kinds: All kinds by name.
        received_at: When it is thought to come; aware.
    """
    topic, payload = message
    taken = matches(source.topic.topic_filter, topic)
    steps = [
        Step(what="topic", found=f"{'is' if taken else 'is not'} one of {source.topic.topic_filter}"),
    ]
    if not taken:
        return Explanation(steps=tuple(steps), outcomes=())
    steps.append(Step(what="format", found=str(source.format)))
    try:
        ends = tuple(outcomes(source, topic, payload, received_at))
        decoded = FORMATS[source.format].decode(payload, topic, received_at)
    except Unusable as unusable:
        return Explanation(steps=tuple(steps), outcomes=(rejected(source, topic, unusable),))
    samples = [] if isinstance(decoded, Ignored) else [s for s in decoded if isinstance(s, Sample)]
    for sample in samples:
        steps += _steps(source, topic, located(source, topic, sample), received_at)
    steps += [step for end in ends if isinstance(end, Measurement) for step in _plausibility(end, kinds)]
    return Explanation(steps=tuple(steps), outcomes=ends)


def _steps(source: Source, topic: str, sample: Sample, received_at: datetime) -> Iterator[Step]:
    name = source.name_in(topic, sample)
    device_id = source.id_of(name)
    yield Step(what="device", found=f"'{name}' -> {device_id or 'nothing that could be registered'}")
    yield _time_step(source, sample, received_at)
    if sample.identity:
        yield Step(what="identity", found=f"told by the network: {sample.identity}")
    if sample.sequence is not None:
        yield Step(what="sequence", found=str(sample.sequence))
    for device in source.readings:
        yield Step(what=f"kind {device.kind}", found=f"device {device_id or '?'}{device.suffix}")
        for field in device.fields:
            yield Step(what=f"  {field.metric}", found=_field_words(field, sample))


def _time_step(source: Source, sample: Sample, received_at: datetime) -> Step:
    if sample.time is None:
        return Step(what="time", found="not told: the time of its arrival is taken")
    try:
        at = observed_at(source, sample, received_at)
    except Unusable as unusable:
        return Step(what="time", found=f"{sample.time_name} = {sample.time!r}: {unusable}")
    zone = f" (a clock without a zone shows {source.zone})" if source.zone else ""
    return Step(what="time", found=f"{sample.time_name} = {sample.time!s} -> {at.isoformat()}{zone}")


def _field_words(field: Field, sample: Sample) -> str:
    try:
        read = read_field(field, sample.values, sample.units)
    except Unusable as unusable:
        return str(unusable)
    if read is None:
        return f"nothing at {' or '.join(shown(path) for path in field.paths)}"
    return _read_words(field, read)


def _read_words(field: Field, read: FieldValue) -> str:
    if read.number is None:
        return f"{shown(read.path)} = {read.raw!r}: means that there is no value"
    unit = read.unit or field.metric_unit
    return (
        f"{shown(read.path)} = {read.raw!r} -> {read.number:g} {unit} -> {read.value:g} {field.metric_unit}"
    )


def _plausibility(measurement: Measurement, kinds: Mapping[str, Kind]) -> Iterator[Step]:
    for metric, value in measurement.values.items():
        known = [kind for kind in kinds.values() if metric in kind.metrics]
        if not known:
            found = "no kind has this metric"
        elif all(kind.metrics[metric].is_plausible(value) for kind in known):
            found = "plausible"
        else:
            found = "not plausible: it is stored and flagged as failed"
        yield Step(what=f"{measurement.device_id} {metric} = {value:g}", found=found)
