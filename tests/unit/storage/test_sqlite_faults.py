from __future__ import annotations

import sqlite3

import pytest

from storage.sqlite_faults import is_fault_of_the_file, sentence


def fault_of(*statements: str) -> sqlite3.Error:
    connection = sqlite3.connect(":memory:")
    try:
        for statement in statements:
            connection.execute(statement)
    except sqlite3.Error as error:
        return error
    finally:
        connection.close()
    raise AssertionError("these statements should fail")


FULL = ("PRAGMA max_page_count=2", "CREATE TABLE t (a)", "INSERT INTO t VALUES (zeroblob(99999))")


def test_a_full_disk_is_said_as_such():
    error = fault_of(*FULL)
    assert is_fault_of_the_file(error)
    assert sentence(error) == "the disk is full; make room (database or disk is full)"


def test_a_mistake_in_our_statement_is_not_blamed_on_the_file():
    assert not is_fault_of_the_file(fault_of("SELECT nonsense"))


def test_a_broken_constraint_is_not_blamed_on_the_file():
    statements = ("CREATE TABLE t (a PRIMARY KEY)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)")
    assert not is_fault_of_the_file(fault_of(*statements))


@pytest.mark.parametrize("error", [None, OSError("gone"), sqlite3.ProgrammingError("closed")])
def test_errors_without_a_code_of_sqlite_are_not_faults_of_the_file(error):
    assert not is_fault_of_the_file(error)
    assert str(error) in sentence(error)
