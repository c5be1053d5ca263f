"""The newest numbers that Pantau's own processes tell of themselves, for `/metrics` and for people."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, Connection, Float, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import METADATA

HEALTH = Table(
    "health",
    METADATA,
    Column("component", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", Float, nullable=False),
)


def record_health(connection: Connection, component: str, values: Mapping[str, float]) -> None:
    """Keep a component's newest numbers; those that it does not tell stay as they were."""
    if not values:
        return
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(HEALTH)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["component", "name"], set_={"value": insert.excluded.value}
        ),
        [{"component": component, "name": name, "value": value} for name, value in values.items()],
    )


def health(connection: Connection, component: str) -> dict[str, float]:
    """Return a component's newest numbers by name."""
    query = select(HEALTH.c.name, HEALTH.c.value).where(HEALTH.c.component == component)
    return {row.name: row.value for row in connection.execute(query)}
