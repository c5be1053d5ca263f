"""Who somebody is in the words of an identity provider: its claims become a name and a role, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from config.oidc import Oidc
from people.accounts import NameRefused, checked_name
from people.roles import Role

Claims = Mapping[str, Any]


class Refusal(StrEnum):
    """Why somebody whom the identity provider knows may not come in; so it stands in the audit trail."""

    NO_NAME = "no usable name"
    NO_ROLE = "no role"
    NAME_TAKEN = "name of another account"
    DISABLED = "disabled"


class IdentityRefused(Exception):  # noqa: N818 - named by what the caller does next
    """Somebody is who they say, and may not come in.

    Attributes:
        why: The reason.
    """

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody for whom an identity provider vouches.

    Attributes:
        issuer: The provider.
        subject: Who they are there; never given to somebody else, unlike a name.
        name: As the journal will write it; "" when the provider tells none that can stand there.
        role: What they are here for; None when none of their roles means anything here.
    """

    issuer: str
    subject: str
    name: str
    role: Role | None


def identity_of(claims: Claims, settings: Oidc) -> Identity:
    """Return whom the claims of a proven ID token tell of."""
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        name=_name(_claim(claims, settings.name_claim)),
        role=_role(_claim(claims, settings.roles_claim), settings.roles),
    )


def _claim(claims: Claims, path: str) -> object:
    """Return the claim of that very name, which may hold points, or the one that they lead to."""
    if path in claims:
        return claims[path]
    found: object = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _name(told: object) -> str:
    try:
        return checked_name(told) if isinstance(told, str) else ""
    except NameRefused:
        return ""


def _role(told: object, meanings: Mapping[str, str]) -> Role | None:
    held = [told] if isinstance(told, str) else told if isinstance(told, list) else []
    return next((Role(role) for theirs, role in meanings.items() if theirs in held), None)
