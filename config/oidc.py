"""What an installation is set to about the city's identity provider: OpenID Connect, off by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

ROLES = ("viewer", "operator", "installer", "analyst", "admin")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcLabel:
    """What the sign-in page calls the way through the identity provider."""

    id: str = "Masuk dengan akun kota"
    en: str = "Sign in with the city's account"

    def __post_init__(self) -> None:
        if not self.id.strip() or not self.en.strip():
            raise ValueError("a label needs words in both languages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """The city's identity provider, which vouches for people beside the accounts of Pantau's own.

    Attributes:
        issuer: Its address, exactly as it names itself, like `https://sso.madiunkota.go.id/realms/kota`.
        client_id: Under which name it knows Pantau.
        roles: What its roles mean here: its value to a role of Pantau. Who has several gets the first of
            this list.
        roles_claim: The claim of the ID token that holds its roles; points lead inwards, as in
            `realm_access.roles`.
        name_claim: The claim that holds the name which the journal will write.
        scopes: What Pantau asks to be told.
        label: What the sign-in page calls this way in.
        secret: From `PANTAU_OIDC_SECRET`; never from a file of settings, never shown. "" for a public client.
    """

    issuer: str
    client_id: str
    roles: Mapping[str, str]
    roles_claim: str = "roles"
    name_claim: str = "preferred_username"
    scopes: tuple[str, ...] = ("openid", "profile")
    label: OidcLabel = field(default_factory=OidcLabel)
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not is_safe_address(self.issuer) or set(self.issuer) & set("?#"):
            raise ValueError("issuer must look like https://sso.example/realms/city; http only on loopback")
        if not (self.client_id and self.roles_claim and self.name_claim):
            raise ValueError("client_id, roles_claim and name_claim must not be empty")
        if not self.roles:
            raise ValueError("without roles nobody could come in; name at least one")
        for role in self.roles.values():
            if role not in ROLES:
                raise ValueError(f"role '{role}' is not one of: {', '.join(ROLES)}")
        if "openid" not in self.scopes:
            raise ValueError("scopes must hold openid")


def is_safe_address(address: str) -> bool:
    """Tell whether an address is https, or http that never leaves this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        is_http = parts.scheme == "http" and host in _LOOPBACK
        return bool(host) and parts.port != 0 and (parts.scheme == "https" or is_http)
    except ValueError:
        return False
