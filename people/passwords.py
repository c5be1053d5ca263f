"""Passwords are kept as Argon2id hashes only; `argon2-cffi` is known here and nowhere else."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The library's own choice follows RFC 9106 (64 MiB, three passes) and grows with its releases.
_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """Return the password's hash with a fresh salt; takes tens of milliseconds on purpose."""
    return _HASHER.hash(password)


def is_password(password: str, hashed: str) -> bool:
    """Tell whether a password is the one that was hashed.

    Args:
        password: What somebody typed.
        hashed: The hash that is kept; "" when there is none, which never fits and takes as long, so that the
            time of an answer does not tell which names exist.
    """
    try:
        return _HASHER.verify(hashed or _nobodys_hash(), password) and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(hashed: str) -> bool:
    """Tell whether a hash was made with other parameters than today's; it is then made anew at a sign-in."""
    return _HASHER.check_needs_rehash(hashed)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("a password that nobody has")
