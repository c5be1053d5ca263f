"""The registry in the operational database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    func,
    select,
)

from devices.registry import Assignment, Device, Registration, Registry, Site
from storage.database import METADATA, Instant

SITES = Table(
    "sites",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("lat_deg", Float, nullable=False),
    Column("lon_deg", Float, nullable=False),
    Column("area", Text, nullable=False),
    Column("waterway", Text, nullable=False),
    Column("tags", JSON, nullable=False, server_default="[]"),
    Column("order", Integer),
    Column("datum", Text, nullable=False),
    Column("thresholds", JSON, nullable=False),
    Column("parameters", JSON, nullable=False),
)
DEVICES = Table(
    "devices",
    METADATA,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("simulated", Boolean, nullable=False),
)
ASSIGNMENTS = Table(
    "assignments",
    METADATA,
    Column("device_id", ForeignKey("devices.id"), primary_key=True),
    Column("since", Instant, primary_key=True),
    Column("site_id", ForeignKey("sites.id"), nullable=False),
    Column("until", Instant),
)
REVISION = Table(
    "registry_revision",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)


class AlreadyRegistered(Exception):  # noqa: N818 - named by what the caller does next
    """A device or site of that id exists with other facts; choose another id or change the existing one."""


def read_registry(connection: Connection) -> Registry:
    """Return the whole registry as it is now."""
    return Registry(
        [_site(row) for row in connection.execute(select(SITES)).mappings()],
        [Device(**row) for row in connection.execute(select(DEVICES)).mappings()],
        [Assignment(**row) for row in connection.execute(select(ASSIGNMENTS)).mappings()],
    )


def registry_revision(connection: Connection) -> int:
    """Return a number that grows with every change of the registry."""
    return int(connection.execute(select(func.coalesce(func.max(REVISION.c.revision), 0))).scalar_one())


def register(connection: Connection, registrations: Sequence[Registration]) -> int:
    """Add sites with their devices; one that exists with the same facts is left as it is.

    Returns:
        How many devices were new.

    Raises:
        AlreadyRegistered: A device stands at another site or is of another kind, or a site of that id has
            other facts. Nothing of the call is kept when the caller's transaction ends with it.
    """
    known = read_registry(connection)
    sites, devices, places = dict(known.sites), dict(known.devices), _present_places(known)
    added = 0
    for registration in registrations:
        site, device = registration.site, registration.device
        if site.id not in sites:
            connection.execute(SITES.insert(), _site_row(site))
            sites[site.id] = site
        elif sites[site.id] != site:
            raise AlreadyRegistered(f"site {site.id} exists already with other facts")
        if device.id not in devices:
            _add_device(connection, registration)
            devices[device.id], places[device.id] = device, site.id
            added += 1
        elif devices[device.id] != device or places.get(device.id) != site.id:
            raise AlreadyRegistered(f"device {device.id} exists already, of another kind or at another site")
    if added:
        _bump_revision(connection)
    return added


def _add_device(connection: Connection, registration: Registration) -> None:
    device = registration.device
    connection.execute(
        DEVICES.insert(), {"id": device.id, "kind": device.kind, "simulated": device.simulated}
    )
    connection.execute(
        ASSIGNMENTS.insert(),
        {
            "device_id": device.id,
            "site_id": registration.site.id,
            "since": registration.since,
            "until": None,
        },
    )


def _present_places(known: Registry) -> dict[str, str]:
    """Return where each device stands now."""
    return {
        device_id: assignment.site_id
        for device_id in known.devices
        for assignment in known.assignments_of(device_id)
        if assignment.until is None
    }


def _site_row(site: Site) -> dict[str, object]:
    row = {name: getattr(site, name) for name in Site.__dataclass_fields__}
    thresholds = {metric: dict(levels) for metric, levels in site.thresholds.items()}
    return {**row, "tags": list(site.tags), "thresholds": thresholds, "parameters": dict(site.parameters)}


def _site(row: RowMapping) -> Site:
    return Site(**{**row, "tags": tuple(row["tags"])})


def _bump_revision(connection: Connection) -> None:
    changed = connection.execute(REVISION.update().values(revision=REVISION.c.revision + 1))
    if changed.rowcount == 0:
        connection.execute(REVISION.insert(), {"id": 1, "revision": 1})
