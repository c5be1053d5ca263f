from __future__ import annotations

import importlib
import sqlite3
import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.database import TABLE_MODULES
from support.stores import T0

from storage.database import METADATA, Database
from storage.heartbeat_table import beat, heartbeats
from storage.ports import StorageUnavailable


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database):
    for name in TABLE_MODULES:
        importlib.import_module(name)
    with database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_upgrading_twice_changes_nothing(database):
    with database.transaction() as connection:
        beat(connection, "ingest", T0)
    database.upgrade()
    with database.reading() as connection:
        assert "ingest" in heartbeats(connection)


def test_two_processes_may_upgrade_at_once(tmp_path):
    databases = [Database.in_folder(tmp_path) for _ in range(4)]
    failures: list[BaseException] = []

    def upgrade(database: Database) -> None:
        try:
            database.upgrade()
        except BaseException as error:  # noqa: BLE001 - told by the assertion
            failures.append(error)

    threads = [threading.Thread(target=upgrade, args=[database]) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert failures == []


def test_a_block_that_raises_keeps_nothing(database):
    def broken() -> None:
        with database.transaction() as connection:
            beat(connection, "ingest", T0)
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    with database.reading() as connection:
        assert heartbeats(connection) == {}


def test_what_a_transaction_read_stays_true_until_it_writes(database, tmp_path):
    other = sqlite3.connect(tmp_path / "pantau.sqlite", timeout=0)
    with database.transaction() as connection:
        heartbeats(connection)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO heartbeats VALUES ('other', 1, '')")
    other.close()


def test_reading_does_not_wait_for_a_writer_and_sees_one_moment(database, tmp_path):
    writer = sqlite3.connect(tmp_path / "pantau.sqlite", isolation_level=None, timeout=0)
    with database.reading() as connection:
        before = heartbeats(connection)
        writer.execute("INSERT INTO heartbeats VALUES ('other', 1, '')")
        assert heartbeats(connection) == before == {}
    writer.execute("BEGIN IMMEDIATE")
    with database.reading() as connection:
        assert set(heartbeats(connection)) == {"other"}
    writer.execute("ROLLBACK")
    writer.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "pantau.sqlite").write_bytes(b"not a database at all" * 100)
    database = Database.in_folder(tmp_path)
    with pytest.raises(StorageUnavailable, match="no SQLite database"):
        database.upgrade()
    database.close()


def test_a_folder_that_is_gone_is_unavailable(tmp_path):
    database = Database.in_folder(tmp_path / "gone")
    with pytest.raises(StorageUnavailable, match="its folder exists"):
        database.upgrade()
    database.close()


def test_a_broken_reference_is_a_mistake_of_ours_and_no_outage(database):
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), database.transaction() as connection:
        connection.execute(text("INSERT INTO assignments (device_id, since, site_id) VALUES ('x', 1, 'y')"))


def test_the_password_of_a_database_is_not_in_what_is_shown():
    database = Database("sqlite:////nowhere/user:hunter2/x.sqlite")
    assert "hunter2" not in repr(database)
    database.close()
