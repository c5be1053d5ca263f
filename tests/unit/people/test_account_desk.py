from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from support.signing_in import PASSWORD, desk_over

from config.settings import SessionSettings
from people.account_desk import AccountDesk, AccountTaken, UnknownAccount, WrongPassword
from people.accounts import Account, PasswordRefused
from people.audit import Act, AuditEntry
from people.audit_table import audit, audit_entries
from people.people_table import account_named, accounts, has_accounts
from people.roles import Role
from people.sessions import key_of
from people.sessions_table import session_with, sessions_of
from people.sign_in import Visit, account_for, begin_session, end_session, note_failure
from storage.database import Database

T0 = datetime(2026, 11, 22, 5, tzinfo=UTC)
VISIT = Visit(address="10.0.0.9", browser="Firefox", at=T0)
SETTINGS = SessionSettings()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path)
    database.upgrade()
    yield database
    database.close()


@pytest.fixture
def desk(database: Database) -> AccountDesk:
    desk = desk_over(database)
    desk.add("Siti Rahma", Role.OPERATOR, PASSWORD)
    return desk


def trail(database: Database) -> list[tuple[str, Act, str]]:
    with database.reading() as connection:
        return [(entry.by, entry.act, entry.about) for entry in audit_entries(connection)]


def account(database: Database, name: str = "Siti Rahma") -> Account:
    with database.reading() as connection:
        found = account_named(connection, name)
    assert found is not None
    return found


def sign_in(database: Database, name: str = "Siti Rahma", *, at: datetime = T0) -> str:
    visit = Visit(address="10.0.0.9", browser="Firefox", at=at)
    return begin_session(database, account(database, name), visit, SETTINGS)


def open_sessions(database: Database, name: str = "Siti Rahma") -> int:
    with database.reading() as connection:
        return len(sessions_of(connection, account(database, name).id))


def test_before_the_first_account_nobody_can_sign_in(database: Database) -> None:
    with database.reading() as connection:
        assert not has_accounts(connection)
    desk_over(database).add("Siti", Role.ADMIN, PASSWORD)
    with database.reading() as connection:
        assert has_accounts(connection)


@pytest.mark.parametrize("again", ["Siti Rahma", "siti  rahma", "ＳＩＴＩ RAHMA"])
def test_nobody_is_called_almost_like_somebody_else(
    desk: AccountDesk, database: Database, again: str
) -> None:
    with pytest.raises(AccountTaken, match="Siti Rahma"):
        desk.add(again, Role.ADMIN, PASSWORD)
    assert account(database).role is Role.OPERATOR
    assert trail(database) == [("os:test", Act.ACCOUNT_ADDED, "Siti Rahma")]


def test_a_name_is_found_however_it_is_typed_and_the_password_only_as_it_is(
    desk: AccountDesk, database: Database
) -> None:
    found = account_for(database, " SITI rahma ", PASSWORD)
    assert found is not None
    assert found.name == "Siti Rahma"
    for wrong in (PASSWORD.upper(), PASSWORD + " ", "", PASSWORD + "x" * 300):
        assert account_for(database, "Siti Rahma", wrong) is None
    assert account_for(database, "Siti", PASSWORD) is None


def test_a_sign_in_makes_an_outdated_hash_anew(desk: AccountDesk, database: Database) -> None:
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with database.transaction() as connection:
        connection.execute(text("UPDATE people SET password_hash = :hash"), {"hash": weak})
    assert account_for(database, "Siti Rahma", PASSWORD) is not None
    assert account(database).password_hash != weak
    assert account_for(database, "Siti Rahma", PASSWORD) is not None


def test_a_disabled_person_is_out_and_back_in_when_enabled(desk: AccountDesk, database: Database) -> None:
    secret = sign_in(database)
    desk.disable("siti rahma")
    with database.reading() as connection:
        assert session_with(connection, key_of(secret)) is None
        assert not has_accounts(connection)
    assert account_for(database, "Siti Rahma", PASSWORD) is None
    desk.enable("Siti Rahma")
    assert account_for(database, "Siti Rahma", PASSWORD) is not None
    assert open_sessions(database) == 0  # the old sessions do not come back


def test_a_new_password_ends_every_session_and_the_old_password(
    desk: AccountDesk, database: Database
) -> None:
    sign_in(database)
    sign_in(database)
    desk.set_password("Siti Rahma", "pecel-madiun-77")
    assert open_sessions(database) == 0
    assert account_for(database, "Siti Rahma", PASSWORD) is None
    assert account_for(database, "Siti Rahma", "pecel-madiun-77") is not None


def test_whoever_changes_their_own_password_stays_signed_in_there(
    desk: AccountDesk, database: Database
) -> None:
    here, _elsewhere = sign_in(database), sign_in(database)
    with pytest.raises(WrongPassword):
        desk.change_password("Siti Rahma", "wrong-password", "pecel-madiun-77", keep=key_of(here))
    with pytest.raises(PasswordRefused):
        desk.change_password("Siti Rahma", PASSWORD, "short", keep=key_of(here))
    assert open_sessions(database) == 2
    desk.change_password("Siti Rahma", PASSWORD, "pecel-madiun-77", keep=key_of(here))
    with database.reading() as connection:
        assert session_with(connection, key_of(here)) is not None
    assert open_sessions(database) == 1


def test_a_new_role_holds_for_sessions_that_are_open(desk: AccountDesk, database: Database) -> None:
    secret = sign_in(database)
    desk.set_role("Siti Rahma", Role.VIEWER)
    with database.reading() as connection:
        session = session_with(connection, key_of(secret))
    assert session is not None
    assert session.person.role is Role.VIEWER


def test_sessions_too_old_to_be_anybodys_are_let_go_of(desk: AccountDesk, database: Database) -> None:
    sign_in(database, at=T0 - timedelta(days=91))
    sign_in(database, at=T0 - timedelta(days=89))
    sign_in(database)
    assert open_sessions(database) == 2


def test_nobody_of_that_name_is_one_sentence(database: Database) -> None:
    desk = desk_over(database)
    for act in (desk.disable, desk.enable, desk.end_sessions, lambda name: desk.set_role(name, Role.ADMIN)):
        with pytest.raises(UnknownAccount, match="no account 'Siti'"):
            act("Siti")
    assert trail(database) == []


def test_every_change_is_in_the_audit_trail_in_its_order_without_a_secret(
    desk: AccountDesk, database: Database
) -> None:
    desk.set_role("Siti Rahma", Role.ADMIN)
    secret = sign_in(database)
    note_failure(database, "siti rahma", VISIT)
    note_failure(database, "kuda-lumping-9", VISIT)  # the password in the wrong field
    with database.reading() as connection:
        session = session_with(connection, key_of(secret))
    assert session is not None
    end_session(database, session, VISIT)
    desk.set_password("Siti Rahma", "pecel-madiun-77")
    desk.disable("Siti Rahma")
    note_failure(database, "Siti Rahma", VISIT)
    assert trail(database) == [
        ("os:test", Act.ACCOUNT_ADDED, "Siti Rahma"),
        ("os:test", Act.ROLE_CHANGED, "Siti Rahma"),
        ("Siti Rahma", Act.SIGNED_IN, "Siti Rahma"),
        ("", Act.SIGN_IN_FAILED, "Siti Rahma"),
        ("", Act.SIGN_IN_FAILED, ""),
        ("Siti Rahma", Act.SIGNED_OUT, "Siti Rahma"),
        ("os:test", Act.PASSWORD_CHANGED, "Siti Rahma"),
        ("os:test", Act.ACCOUNT_DISABLED, "Siti Rahma"),
        ("", Act.SIGN_IN_FAILED, "Siti Rahma"),
    ]
    with database.reading() as connection:
        said = repr(audit_entries(connection))
        everything = repr(connection.execute(text("SELECT * FROM audit")).all())
    for hidden in (PASSWORD, "pecel-madiun-77", secret, "argon2"):
        assert hidden not in said + everything
    assert [e.details.get("why") for e in _failures(database)] == [
        "wrong password",
        "unknown name",
        "disabled",
    ]


def _failures(database: Database) -> list[AuditEntry]:
    with database.reading() as connection:
        return [e for e in audit_entries(connection) if e.act is Act.SIGN_IN_FAILED]


@pytest.mark.parametrize("change", ["UPDATE audit SET by = 'nobody'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_audit_trail(
    desk: AccountDesk, database: Database, change: str
) -> None:
    with pytest.raises(IntegrityError, match="only ever added to"), database.transaction() as connection:
        connection.execute(text(change))
    assert len(trail(database)) == 1


def test_the_trail_is_read_by_time_and_the_newest_few(database: Database) -> None:
    hours = range(5)
    with database.transaction() as connection:
        for hour in hours:
            at = T0 + timedelta(hours=hour)
            audit(connection, AuditEntry(at=at, by="Siti", act=Act.SIGNED_IN, about=str(hour)))
    with database.reading() as connection:
        some = audit_entries(connection, start=T0 + timedelta(hours=1), end=T0 + timedelta(hours=4))
        newest = audit_entries(connection, limit=2)
    assert [entry.about for entry in some] == ["1", "2", "3"]
    assert [entry.about for entry in newest] == ["3", "4"]


def test_the_tables_hold_no_secret_that_opens_anything(desk: AccountDesk, database: Database) -> None:
    secret = sign_in(database)
    with database.reading() as connection:
        rows = [
            repr(connection.execute(text(f"SELECT * FROM {table}")).all()) for table in ("people", "sessions")
        ]
        everybody = repr(accounts(connection))
    assert secret not in "".join(rows)
    assert PASSWORD not in "".join(rows)
    assert "argon2" not in everybody
