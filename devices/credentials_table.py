"""The hashes of devices' passwords in the operational database."""

from __future__ import annotations

from sqlalchemy import Column, Connection, ForeignKey, Table, Text, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import METADATA

CREDENTIALS = Table(
    "credentials",
    METADATA,
    Column("device_id", ForeignKey("devices.id"), primary_key=True),
    Column("password_hash", Text, nullable=False),
)


def set_password_hash(connection: Connection, device_id: str, password_hash: str) -> None:
    """Keep the hash of a device's password; an earlier password stops being valid."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(CREDENTIALS)
    changed = insert.on_conflict_do_update(
        index_elements=["device_id"], set_={"password_hash": insert.excluded.password_hash}
    )
    connection.execute(changed, {"device_id": device_id, "password_hash": password_hash})


def password_hashes(connection: Connection) -> dict[str, str]:
    """Return every device's hash by device id."""
    return {row.device_id: row.password_hash for row in connection.execute(select(CREDENTIALS))}
