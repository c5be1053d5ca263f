"""Which database serves the operational tables, and at which version of their schema."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseVersion:
    """What is known of a database.

    Attributes:
        name: `sqlite` or `postgresql`.
        version: As it tells it itself.
        schema: Number of the newest migration that it went through, "" before the first.
    """

    name: str
    version: str
    schema: str


def database_version(connection: Connection) -> DatabaseVersion:
    """Return which database answers, and which schema it holds."""
    asked = "sqlite_version()" if connection.dialect.name == "sqlite" else "current_setting('server_version')"
    version = connection.execute(text(f"SELECT {asked}")).scalar_one()
    schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return DatabaseVersion(name=connection.dialect.name, version=str(version), schema=str(schema or ""))
