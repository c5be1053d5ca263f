"""Changes of accounts: each with its line in the audit trail and the end of sessions that it demands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from people.accounts import Account, PasswordRefused, check_password, checked_name
from people.audit import Act, AuditEntry
from people.audit_table import audit
from people.passwords import hash_password, is_password
from people.people_table import account_named, insert_account, update_account
from people.roles import Role
from people.sessions_table import delete_sessions
from storage.database import Database


class UnknownAccount(LookupError):  # noqa: N818 - named by what the caller does next
    """Nobody has that name."""


class AccountTaken(ValueError):  # noqa: N818 - named by what the caller does next
    """Somebody has that name, or one that reads like it."""


class WrongPassword(ValueError):  # noqa: N818 - named by what the caller does next
    """What was typed as the present password is not it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDesk:
    """Changes accounts in somebody's name; every method is one transaction.

    Attributes:
        database: The operational database.
        by: Whose doing it is, as the audit trail writes it.
        origin: From where.
        clock: Returns the present moment, aware.
    """

    database: Database
    by: str
    origin: str
    clock: Callable[[], datetime]

    def add(self, name: str, role: Role, password: str) -> Account:
        """Make an account and return it.

        Raises:
            NameRefused: See `checked_name`.
            PasswordRefused: See `check_password`.
            AccountTaken: The name is somebody's.
        """
        name = checked_name(name)
        check_password(password, name=name)
        account = Account(
            id=0, name=name, role=role, since=self.clock(), password_hash=hash_password(password)
        )
        with self.database.transaction() as connection:
            if (other := account_named(connection, name)) is not None:
                raise AccountTaken(f"there is an account '{other.name}' already")
            insert_account(connection, account)
            audit(connection, self._entry(Act.ACCOUNT_ADDED, name, role=role.value))
        return account

    def set_role(self, name: str, role: Role) -> None:
        """Give somebody another role; it holds from their next request on.

        Raises:
            UnknownAccount: Nobody has that name.
        """
        with self.database.transaction() as connection:
            account = _known(account_named(connection, name), name)
            update_account(connection, account.id, {"role": role.value})
            changed = {"before": account.role.value, "role": role.value}
            audit(connection, self._entry(Act.ROLE_CHANGED, account.name, **changed))

    def set_password(self, name: str, password: str) -> None:
        """Give somebody another password and end all their sessions.

        Raises:
            UnknownAccount: Nobody has that name.
            PasswordRefused: See `check_password`; also for whom an identity provider vouches.
        """
        self._set_password(name, password, keep=b"")

    def change_password(self, name: str, present: str, password: str, *, keep: bytes) -> None:
        """Give somebody the password that they want, and end their sessions but the one of the key `keep`.

        Raises:
            WrongPassword: `present` is not their password.
            UnknownAccount: Nobody has that name.
            PasswordRefused: See `check_password`.
        """
        with self.database.reading() as connection:
            account = account_named(connection, name)
        if account is None or not is_password(present, account.password_hash):
            raise WrongPassword("that is not the present password")
        self._set_password(name, password, keep=keep)

    def disable(self, name: str) -> None:
        """Keep somebody out from now on; their sessions and open pages end.

        Raises:
            UnknownAccount: Nobody has that name.
        """
        with self.database.transaction() as connection:
            account = _known(account_named(connection, name), name)
            update_account(connection, account.id, {"disabled_at": self.clock()})
            delete_sessions(connection, account.id)
            audit(connection, self._entry(Act.ACCOUNT_DISABLED, account.name))

    def enable(self, name: str) -> None:
        """Let somebody sign in again.

        Raises:
            UnknownAccount: Nobody has that name.
        """
        with self.database.transaction() as connection:
            account = _known(account_named(connection, name), name)
            update_account(connection, account.id, {"disabled_at": None})
            audit(connection, self._entry(Act.ACCOUNT_ENABLED, account.name))

    def end_sessions(self, name: str, *, but: bytes = b"") -> int:
        """End somebody's sessions, except the one of the key `but`, and return how many ended.

        Raises:
            UnknownAccount: Nobody has that name.
        """
        with self.database.transaction() as connection:
            account = _known(account_named(connection, name), name)
            ended = delete_sessions(connection, account.id, but=but)
            audit(connection, self._entry(Act.SESSIONS_ENDED, account.name, count=str(ended)))
        return ended

    def _set_password(self, name: str, password: str, *, keep: bytes) -> None:
        check_password(password, name=name)
        hashed = hash_password(password)
        with self.database.transaction() as connection:
            account = _known(account_named(connection, name), name)
            if account.issuer is not None:
                raise PasswordRefused(
                    f"{account.name} signs in through {account.issuer} and has no password here"
                )
            update_account(connection, account.id, {"password_hash": hashed})
            delete_sessions(connection, account.id, but=keep)
            audit(connection, self._entry(Act.PASSWORD_CHANGED, account.name))

    def _entry(self, act: Act, about: str, **details: str) -> AuditEntry:
        return AuditEntry(
            at=self.clock(), by=self.by, act=act, about=about, origin=self.origin, details=details
        )


def _known(account: Account | None, name: str) -> Account:
    if account is None:
        raise UnknownAccount(f"there is no account '{name}'; `pantau users list` names all")
    return account
