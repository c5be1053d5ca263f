"""Sessions: a secret that a browser holds for as long as somebody is signed in, and when that ends."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.settings import SessionSettings
from people.roles import Person, Role

_ID_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody's being signed in at one browser.

    Attributes:
        key: The hash of the session's secret; the secret itself is only in the browser.
        account_id: Whose it is.
        person: Who that is now; their role may have changed since they signed in.
        began_at: When they signed in.
        seen_at: When they last did something.
        address: From where they signed in.
        browser: What their browser calls itself.
        is_disabled: Whether the account may no longer be used.
    """

    key: bytes
    account_id: int
    person: Person
    began_at: datetime
    seen_at: datetime
    address: str
    browser: str
    is_disabled: bool = False


def new_secret() -> str:
    """Return the secret of a new session, 256 random bits."""
    return secrets.token_urlsafe(_ID_BYTES)


def key_of(secret: str) -> bytes:
    """Return what the database knows of a session's secret; nobody can sign in with that."""
    return hashlib.sha256(secret.encode()).digest()


def forgery_token(secret: str) -> str:
    """Return the token that the scripts of a session send back, so that no other site can act in its name."""
    return hmac.new(secret.encode(), b"pantau csrf", hashlib.sha256).hexdigest()


def limits(role: Role, settings: SessionSettings) -> tuple[timedelta, timedelta]:
    """Return how long a session of a role may rest, and how long it may last at all."""
    if role is Role.VIEWER:
        return timedelta(days=settings.viewer_idle_days), timedelta(days=settings.viewer_longest_days)
    return timedelta(hours=settings.idle_hours), timedelta(hours=settings.longest_hours)


def is_over(session: Session, settings: SessionSettings, now: datetime) -> bool:
    """Tell whether a session has ended: by rest, by age, or because its account may no longer be used."""
    idle, longest = limits(session.person.role, settings)
    return session.is_disabled or now - session.seen_at >= idle or now - session.began_at >= longest
