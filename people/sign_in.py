"""Signing in and out: a name and a password become a session, and the audit trail learns of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.settings import SessionSettings
from people.accounts import LONGEST_PASSWORD, Account
from people.audit import Act, AuditEntry
from people.audit_table import audit
from people.passwords import hash_password, is_outdated, is_password
from people.people_table import account_named, update_account
from people.roles import Role
from people.sessions import Session, key_of, limits, new_secret
from people.sessions_table import delete_session, forget_sessions, insert_session
from storage.database import Database

_LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """From where somebody comes, and when."""

    address: str
    browser: str
    at: datetime


def account_for(database: Database, name: str, password: str) -> Account | None:
    """Return whose name and password these are; None for nobody who may come in.

    It takes as long for a name that nobody has. A hash of outdated parameters is made anew.
    """
    with database.reading() as connection:
        account = account_named(connection, name)
    fits = is_password(password[: LONGEST_PASSWORD + 1], account.password_hash if account else "")
    if account is None or not fits or account.disabled_at is not None:
        return None
    if is_outdated(account.password_hash):
        with database.transaction() as connection:
            update_account(connection, account.id, {"password_hash": hash_password(password)})
    return account


def note_failure(database: Database, name: str, visit: Visit) -> None:
    """Write a failed attempt into the audit trail.

    A name that nobody has is not written down: people type their password into the wrong field.
    """
    with database.transaction() as connection:
        account = account_named(connection, name)
        about = account.name if account else ""
        why = "unknown name" if account is None else "disabled" if account.disabled_at else "wrong password"
        entry = AuditEntry(
            at=visit.at,
            by="",
            act=Act.SIGN_IN_FAILED,
            about=about,
            origin=visit.address,
            details={"why": why},
        )
        audit(connection, entry)


def begin_session(database: Database, account: Account, visit: Visit, settings: SessionSettings) -> str:
    """Sign somebody in and return the secret that their browser will hold.

    Args:
        database: The operational database.
        account: Who they have shown to be.
        visit: From where they come.
        settings: How long sessions last; what is older than any may be is let go of here.
    """
    secret = new_secret()
    session = Session(
        key=key_of(secret),
        account_id=account.id,
        person=account.person,
        began_at=visit.at,
        seen_at=visit.at,
        address=visit.address,
        browser=visit.browser[:_LONGEST_BROWSER],
    )
    with database.transaction() as connection:
        forget_sessions(connection, began_before=visit.at - _longest(settings))
        insert_session(connection, session)
        audit(connection, _entry(Act.SIGNED_IN, account.name, visit))
    return secret


def end_session(database: Database, session: Session, visit: Visit) -> None:
    """Sign somebody out at one browser."""
    with database.transaction() as connection:
        delete_session(connection, session.key)
        audit(connection, _entry(Act.SIGNED_OUT, session.person.name, visit))


def _longest(settings: SessionSettings) -> timedelta:
    return max(limits(role, settings)[1] for role in Role)


def _entry(act: Act, name: str, visit: Visit) -> AuditEntry:
    return AuditEntry(at=visit.at, by=name, act=act, about=name, origin=visit.address)
