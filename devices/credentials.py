"""Passwords of devices: made here, told once, kept only as a salted hash that a broker can check."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_ITERATIONS = 1000  # the passwords are 128 random bits, so stretching them buys nothing
_SALT_BYTES = 12
_PASSWORD_BYTES = 16


def new_password() -> str:
    """Return a fresh password of 128 random bits, safe to type into any device."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """Return the password as mosquitto keeps it: `$7$<iterations>$<salt>$<PBKDF2-HMAC-SHA512>`."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${_base64(salt)}${_base64(digest)}"


def is_password(password: str, hashed: str) -> bool:
    """Tell whether a password is the one that was hashed; a hash of another form never fits."""
    try:
        _, version, iterations, salt, digest = hashed.split("$")
        if version != "7":
            return False
        given = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(iterations))
        return hmac.compare_digest(given, base64.b64decode(digest))
    except ValueError:
        return False


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
