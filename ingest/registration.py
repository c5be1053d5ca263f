"""From a measurement to a reading: which device is it, where did it stand, may it say this?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from devices.kinds import Kind
from devices.registry import Registry
from ingest.decoding import Measurement, Rejection
from storage.readings import Reading

UNREGISTERED = "the device is not registered: add it with `pantau devices add`"


def registered(
    measurement: Measurement, registry: Registry, kinds: Mapping[str, Kind], *, received_at: datetime
) -> Reading | Rejection:
    """Return the measurement as a reading of its device's kind, at the site where the device stood then.

    Args:
        measurement: What the message said.
        registry: All devices, sites and assignments.
        kinds: All kinds by name.
        received_at: When the message came; aware.
    """
    device = registry.devices.get(measurement.device_id)
    if device is None:
        return _rejected(measurement, UNREGISTERED)
    site = registry.site_of(device.id, measurement.observed_at)
    if site is None:
        return _rejected(measurement, "the device stood at no site at that time: see `pantau devices show`")
    kind = kinds.get(device.kind)
    if kind is None:
        return _rejected(measurement, f"the device's kind {device.kind} has no file in the kinds folder")
    unknown = sorted(measurement.values.keys() - kind.metrics.keys())
    if unknown:
        return _rejected(measurement, f"kind {kind.name} has no metric {', '.join(unknown)[:80]}")
    return Reading(
        device_id=device.id,
        site_id=site.id,
        kind=kind.name,
        observed_at=measurement.observed_at,
        received_at=received_at,
        values=measurement.values,
    )


def _rejected(measurement: Measurement, reason: str) -> Rejection:
    return Rejection(device_id=measurement.device_id, reason=reason)
