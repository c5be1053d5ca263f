"""Accounts in the operational database."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column, Connection, Index, Integer, RowMapping, String, Table, Text, func, select

from people.accounts import Account, name_key
from people.roles import Role
from storage.database import METADATA, Instant

PEOPLE = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled_at", Instant),
    Column("issuer", String),
    Column("subject", String),
    Index("ix_people_identity", "issuer", "subject", unique=True),
)


def insert_account(connection: Connection, account: Account) -> int:
    """Keep a new account and return its number; the one it came with does not count."""
    row = {
        "name": account.name,
        "name_key": name_key(account.name),
        "role": account.role.value,
        "since": account.since,
        "password_hash": account.password_hash,
        "disabled_at": account.disabled_at,
        "issuer": account.issuer,
        "subject": account.subject,
    }
    key = connection.execute(PEOPLE.insert(), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def update_account(connection: Connection, account_id: int, changes: Mapping[str, object]) -> None:
    """Change columns of an account."""
    connection.execute(PEOPLE.update().where(PEOPLE.c.id == account_id), dict(changes))


def account_named(connection: Connection, name: str) -> Account | None:
    """Return the account of that name, however it is spelt; None for nobody."""
    found = connection.execute(select(PEOPLE).where(PEOPLE.c.name_key == name_key(name))).mappings().first()
    return None if found is None else account_of(found)


def account_of_subject(connection: Connection, issuer: str, subject: str) -> Account | None:
    """Return the account that an identity provider knows under that subject; None for nobody."""
    is_this = (PEOPLE.c.issuer == issuer) & (PEOPLE.c.subject == subject)
    found = connection.execute(select(PEOPLE).where(is_this)).mappings().first()
    return None if found is None else account_of(found)


def accounts(connection: Connection) -> list[Account]:
    """Return every account by name."""
    rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.name_key)).mappings()
    return [account_of(row) for row in rows]


def has_accounts(connection: Connection) -> bool:
    """Tell whether anybody can sign in."""
    able = select(func.count()).select_from(PEOPLE).where(PEOPLE.c.disabled_at.is_(None))
    return bool(connection.execute(able).scalar())


def account_of(row: RowMapping) -> Account:
    """Return the account that a row tells of."""
    names = ("id", "name", "since", "password_hash", "disabled_at", "issuer", "subject")
    return Account(**{name: row[name] for name in names}, role=Role(row["role"]))
