"""Alembic's way from one schema of the operational database to the next."""
