"""From topic and payload to measurements, or to the reasons why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ingest.fields import found, own_metrics, read_field
from ingest.formats import FORMATS
from ingest.formats.sample import Sample, Unusable
from ingest.instants import believable
from ingest.outcomes import Ignored, Measurement, Outcome, Rejection
from ingest.sources import DeviceFields, Source, Sources

__all__ = ["Ignored", "Measurement", "Outcome", "Rejection", "decode"]

# What a message unfolds into is many times its size; a megabyte is far more than any sensor has to say.
_LARGEST_PAYLOAD = 1_000_000
_NOBODY = "the message names no device that could be registered: use letters, digits and _ . -"


def decode(topic: str, payload: bytes, received_at: datetime, sources: Sources) -> Sequence[Outcome]:
    """Return what becomes of a message and each of its parts; at least one outcome, whatever comes.

    Args:
        topic: Where it was published.
        payload: Its bytes.
        received_at: When it came; aware. A clock more than ten minutes ahead of it is not believed.
        sources: Whose messages are taken, and what they mean.
    """
    source = sources.match(topic)
    if source is None:
        return [Rejection(device_id=None, reason="no source takes this topic: see `pantau sources list`")]
    try:
        return outcomes(source, topic, payload, received_at)
    except Unusable as unusable:
        return [rejected(source, topic, unusable)]


def rejected(source: Source, topic: str, unusable: Unusable) -> Rejection:
    """Return why the whole of a message is rejected, for the device that it or its topic names."""
    name = unusable.device or source.name_in(topic)
    return Rejection(device_id=source.id_of(name), reason=str(unusable), skew_s=unusable.skew_s)


def outcomes(source: Source, topic: str, payload: bytes, received_at: datetime) -> Sequence[Outcome]:
    """Return what becomes of a message of a source.

    Raises:
        Unusable: The whole of it.
    """
    if len(payload) > _LARGEST_PAYLOAD:
        raise Unusable("the payload is larger than a megabyte")
    decoded = FORMATS[source.format].decode(payload, topic, received_at)
    if isinstance(decoded, Ignored):
        return [decoded]
    ends: list[Outcome] = []
    for sample in decoded:
        if isinstance(sample, Rejection):
            ends.append(_with_device(sample, source, topic))
        else:
            ends += _ends(located(source, topic, sample), source, topic, received_at)
    return _without_repeated_rejections(ends) if len(ends) > 1 else ends


def located(source: Source, topic: str, sample: Sample) -> Sample:
    """Return the sample with what the source takes from the topic and from beside the values."""
    if source.time_path:
        told = found(sample.message, source.time_path)
        sample = sample._replace(time=told, time_name=".".join(source.time_path))
    if source.topic.field_at is not None:
        # One value in a topic of its own: what the message says stands below the name of its field.
        sample = sample._replace(values={source.topic.field(topic): sample.values})
    return sample


def observed_at(source: Source, sample: Sample, received_at: datetime) -> datetime:
    """Return when a sample was measured: when it says so, else when it was received.

    Raises:
        Unusable: It tells a time that cannot be believed.
    """
    return received_at if sample.time is None else believable(sample.time, source.zone, received_at)


def _ends(sample: Sample, source: Source, topic: str, received_at: datetime) -> Iterator[Outcome]:
    device_id = source.id_of(source.name_in(topic, sample))
    if device_id is None:
        yield Rejection(device_id=None, reason=_NOBODY)
        return
    try:
        at = observed_at(source, sample, received_at)
        if not source.readings:
            yield _measurement(sample, device_id, at, own_metrics(sample.values))
            return
    except Unusable as unusable:
        yield Rejection(device_id=device_id, reason=str(unusable), skew_s=unusable.skew_s)
        return
    ends = [_end(sample, device, device_id, at) for device in source.readings]
    told = [end for end in ends if end is not None]
    yield from told or [Ignored(reason="nothing that the source maps has a value in the message")]


def _end(sample: Sample, device: DeviceFields, name: str, at: datetime) -> Outcome | None:
    """Return what becomes of one device behind a sample, None when the sample says nothing about it."""
    device_id = name + device.suffix
    try:
        read = [read_field(field, sample.values, sample.units) for field in device.fields]
    except Unusable as unusable:
        return Rejection(device_id=device_id, reason=str(unusable))
    values = {one.field.metric: one.value for one in read if one is not None and one.value is not None}
    if not values or not values.keys() >= device.needs:
        return None
    return _measurement(sample, device_id, at, values)


def _measurement(sample: Sample, device_id: str, at: datetime, values: dict[str, float]) -> Measurement:
    return Measurement(
        device_id=device_id,
        observed_at=at,
        values=values,
        source_identity=sample.identity,
        sequence=sample.sequence,
        is_dated=sample.time is not None and not sample.is_relative,
    )


def _with_device(rejection: Rejection, source: Source, topic: str) -> Rejection:
    return Rejection(device_id=source.id_of(source.name_in(topic)), reason=rejection.reason)


def _without_repeated_rejections(ends: Sequence[Outcome]) -> list[Outcome]:
    """Say the same fault of the same device once: each rejection keeps the whole message for a person."""
    said = dict.fromkeys(end for end in ends if isinstance(end, Rejection))
    return [end for end in ends if not isinstance(end, Rejection)] + list(said)
