"""Accounts: somebody's name, role and whether they may still sign in; what a name and a password must be."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from people.roles import Person, Role

SHORTEST_PASSWORD = 10
# Long enough for any passphrase; without an end somebody could let us hash megabytes.
LONGEST_PASSWORD = 256
_LONGEST_NAME = 60
_NAME = re.compile(r"[^\W_](?:[\w .'@-]*[\w.])?")


class NameRefused(ValueError):  # noqa: N818 - named by what the caller does next
    """The name cannot be an account's; the sentence says why."""


class PasswordRefused(ValueError):  # noqa: N818 - named by what the caller does next
    """The password is too easy or too long; the sentence says why and never holds the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is known of somebody who may sign in.

    Attributes:
        id: Its number; stays when the role changes.
        name: As people see it and as the journal writes it.
        role: What they are here for.
        since: When the account was made.
        password_hash: Argon2id; "" for whom an identity provider vouches, which no password fits.
        disabled_at: Since when they may no longer sign in; None while they may.
        issuer: The identity provider that vouches for them; None for an account of Pantau's own.
        subject: Who they are there: stays when their name changes.
    """

    id: int
    name: str
    role: Role
    since: datetime
    password_hash: str = field(repr=False)
    disabled_at: datetime | None = None
    issuer: str | None = None
    subject: str | None = None

    @property
    def person(self) -> Person:
        """Who they are once they are signed in."""
        return Person(name=self.name, role=self.role, has_password=self.issuer is None)


def checked_name(name: str) -> str:
    """Return a name as it is kept: composed letters, single blanks.

    Raises:
        NameRefused: It is empty, too long or holds signs that could deceive a reader of the journal.
    """
    kept = " ".join(unicodedata.normalize("NFKC", name).split())
    if not _NAME.fullmatch(kept) or len(kept) > _LONGEST_NAME:
        raise NameRefused(
            f"a name has 1 to {_LONGEST_NAME} letters, digits, blanks or . ' @ - _ and begins with a letter"
            " or digit"
        )
    return kept


def name_key(name: str) -> str:
    """Return what two spellings of one name have in common: nobody is called almost like somebody else."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def check_password(password: str, *, name: str) -> None:
    """Return if a new password is good enough; length is what counts (NIST SP 800-63B), not a zoo of signs.

    Raises:
        PasswordRefused: It is too short, too long, the name itself, or one sign again and again.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordRefused(f"a password has at least {SHORTEST_PASSWORD} characters")
    if len(password) > LONGEST_PASSWORD:
        raise PasswordRefused(f"a password has at most {LONGEST_PASSWORD} characters")
    if name_key(name) in name_key(password) and len(password) < len(name) + SHORTEST_PASSWORD:
        raise PasswordRefused("the password is little more than the name; choose another one")
    if len(set(password)) < 4:
        raise PasswordRefused("the password repeats the same few characters; choose another one")
