"""Signs of life of Pantau's own processes, so that a page can say when one of them is silent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, Text, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import METADATA, Instant

# Begins the trouble of a component that has no message broker: a page says it in its own words.
BROKER_TROUBLE = "broker: "
# Beside those of the processes: which rule files ingest refuses, as its trouble. The data are fine meanwhile.
RULE_FILES = "rule_files"

HEARTBEATS = Table(
    "heartbeats",
    METADATA,
    Column("component", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("trouble", Text, nullable=False),
)


def beat(connection: Connection, component: str, at: datetime, *, trouble: str = "") -> None:
    """Say that a component lives at `at`, and what troubles it ("" for nothing)."""
    insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(HEARTBEATS)
    changed = insert.on_conflict_do_update(
        index_elements=["component"], set_={"at": insert.excluded.at, "trouble": insert.excluded.trouble}
    )
    connection.execute(changed, {"component": component, "at": at, "trouble": trouble})


def heartbeats(connection: Connection) -> dict[str, tuple[datetime, str]]:
    """Return each component's last sign of life and what troubled it then."""
    return {row.component: (row.at, row.trouble) for row in connection.execute(select(HEARTBEATS))}
