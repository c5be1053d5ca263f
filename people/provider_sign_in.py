"""Signing in through the identity provider: whom it vouches for gets an account here, brought up to date."""

from __future__ import annotations

from collections.abc import Iterator

from people.accounts import Account, name_key
from people.audit import Act, AuditEntry
from people.audit_table import audit
from people.identities import Identity, IdentityRefused, Refusal
from people.people_table import account_named, account_of_subject, insert_account, update_account
from people.roles import Role
from people.sign_in import Visit
from storage.database import Database

PROVIDER = "identity provider"


def account_vouched_for(database: Database, identity: Identity, visit: Visit) -> Account:
    """Return somebody's account, made at their first sign-in and with their name and role of now.

    Accounts belong together by the provider's subject, never by a name: who is called like somebody here does
    not become them.

    Raises:
        IdentityRefused: They may not come in; the audit trail says so and nothing else has changed.
    """
    with database.transaction() as connection:
        known = account_of_subject(connection, identity.issuer, identity.subject)
        namesake = account_named(connection, identity.name)
        role = _role_or_refusal(identity, known, namesake)
        if isinstance(role, Refusal):
            audit(connection, _refused(identity, known, role, visit))
        elif known is None:
            insert_account(connection, _new_account(identity, role, visit))
            audit(connection, _entry(Act.ACCOUNT_ADDED, identity, visit, role=role.value))
        else:
            now = {"name": identity.name, "name_key": name_key(identity.name), "role": role.value}
            update_account(connection, known.id, now)
            for entry in _changes(known, identity, role, visit):
                audit(connection, entry)
        account = account_of_subject(connection, identity.issuer, identity.subject)
    if isinstance(role, Refusal):
        raise IdentityRefused(role)
    assert account is not None
    return account


def _role_or_refusal(identity: Identity, known: Account | None, namesake: Account | None) -> Role | Refusal:
    if known is not None and known.disabled_at is not None:
        return Refusal.DISABLED
    if identity.role is None:
        return Refusal.NO_ROLE
    if not identity.name:
        return Refusal.NO_NAME
    if namesake is not None and (known is None or namesake.id != known.id):
        return Refusal.NAME_TAKEN
    return identity.role


def _new_account(identity: Identity, role: Role, visit: Visit) -> Account:
    return Account(
        id=0,
        name=identity.name,
        role=role,
        since=visit.at,
        password_hash="",
        issuer=identity.issuer,
        subject=identity.subject,
    )


def _changes(known: Account, identity: Identity, role: Role, visit: Visit) -> Iterator[AuditEntry]:
    if known.name != identity.name:
        yield _entry(Act.ACCOUNT_RENAMED, identity, visit, before=known.name)
    if known.role is not role:
        yield _entry(Act.ROLE_CHANGED, identity, visit, before=known.role.value, role=role.value)


def _entry(act: Act, identity: Identity, visit: Visit, **details: str) -> AuditEntry:
    told = {**details, "issuer": identity.issuer, "subject": identity.subject}
    return AuditEntry(
        at=visit.at, by=PROVIDER, act=act, about=identity.name, origin=visit.address, details=told
    )


def _refused(identity: Identity, known: Account | None, why: Refusal, visit: Visit) -> AuditEntry:
    told = {"why": why.value, "issuer": identity.issuer, "subject": identity.subject}
    return AuditEntry(
        at=visit.at,
        by="",
        act=Act.SIGN_IN_FAILED,
        about=known.name if known else identity.name,
        origin=visit.address,
        details=told,
    )
