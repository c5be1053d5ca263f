"""The city's identity provider: OpenID Connect, authorization code with PKCE.

Authlib and joserfc are known here and nowhere else. Nothing is asked before somebody wants in, and nothing is
remembered between two sign-ins: a provider that is away, moves or changes its keys needs no restart.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException

from config.oidc import Oidc, is_safe_address
from people.identities import Claims

# Signatures that only the provider can make; one made with our own secret, or none, proves nothing.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_ANSWER_WITHIN_S = 5.0
_CLOCKS_DIFFER_S = 60


class ProviderUnavailable(Exception):  # noqa: N818 - named by what the caller does next
    """The identity provider does not answer, or not as OpenID Connect wants it."""


class NotProven(Exception):  # noqa: N818 - named by what the caller does next
    """What came back does not prove who somebody is."""


def derived(secret: str, purpose: str) -> str:
    """Return what follows from the secret of one sign-in for a purpose; it does not tell the secret.

    The state, the nonce and the verifier of PKCE are made so: the browser that began is the only one that can
    end, and the server has nothing to remember.
    """
    digest = hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """Asks the identity provider; every method may wait for the network some seconds, so it runs in a thread.

    Attributes:
        settings: Where it is, and who we are there.
        return_address: Where it sends people back to: known to it, and never taken from a request.
    """

    settings: Oidc
    return_address: str

    def way_in(self, secret: str) -> str:
        """Return the address at which somebody tells the provider who they are.

        Args:
            secret: Of this one sign-in; see `derived`.

        Raises:
            ProviderUnavailable: It does not answer.
        """
        with self._client() as client:
            found = self._discovered(client)
            address, _state = client.create_authorization_url(
                _address(found, "authorization_endpoint"),
                state=derived(secret, "state"),
                nonce=derived(secret, "nonce"),
                code_verifier=derived(secret, "verifier"),
            )
        return str(address)

    def claims(self, secret: str, code: str, now: datetime) -> Claims:
        """Return the proven claims about whom a code stands for.

        Args:
            secret: Of the sign-in that `way_in` began.
            code: What the browser brought back; good for once.
            now: The present moment.

        Raises:
            ProviderUnavailable: It does not answer.
            NotProven: It refuses the code, or its ID token is not one for this sign-in.
        """
        try:
            with self._client() as client:
                found = self._discovered(client)
                token = client.fetch_token(
                    _address(found, "token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=derived(secret, "verifier"),
                    allow_redirects=False,
                )
                keys = self._json(client, _address(found, "jwks_uri"))
            return self._proven(token, keys, derived(secret, "nonce"), now)
        except RequestException as error:
            raise ProviderUnavailable(f"the token endpoint does not answer: {_said(error)}") from error
        except (AuthlibBaseError, JoseError, ValueError) as error:
            raise NotProven(_said(error)) from error

    def _client(self) -> Any:  # noqa: ANN401 - Authlib has no annotations
        return OAuth2Session(
            client_id=self.settings.client_id,
            client_secret=self.settings.secret or None,
            scope=" ".join(self.settings.scopes),
            redirect_uri=self.return_address,
            code_challenge_method="S256",
            default_timeout=_ANSWER_WITHIN_S,
        )

    def _discovered(self, client: Any) -> Mapping[str, Any]:  # noqa: ANN401
        """Return what the provider tells of itself, if it is the one that we were told to ask."""
        issuer = self.settings.issuer
        found = self._json(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ProviderUnavailable(f"{issuer} calls itself {found.get('issuer')!r}; write that as issuer")
        methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self.settings.secret and "client_secret_basic" not in methods:
            client.token_endpoint_auth_method = "client_secret_post"
        return found

    def _json(self, client: Any, address: str) -> Mapping[str, Any]:  # noqa: ANN401
        try:
            answer = client.get(address, withhold_token=True, allow_redirects=False)
            answer.raise_for_status()
            told = answer.json()
        except (RequestException, ValueError) as error:
            raise ProviderUnavailable(f"{address}: {_said(error)}") from error
        if answer.status_code != 200 or not isinstance(told, dict):
            raise ProviderUnavailable(f"{address} does not answer as OpenID Connect wants it")
        return told

    def _proven(self, token: Mapping[str, Any], keys: Mapping[str, Any], nonce: str, now: datetime) -> Claims:
        id_token = token.get("id_token")
        if not isinstance(id_token, str) or not isinstance(keys.get("keys"), list):
            raise NotProven("there is no ID token, or there are no keys")
        read = jwt.decode(id_token, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {"iss": {"value": self.settings.issuer}, "aud": {"value": self.settings.client_id}},
            {"nonce": nonce, "client_id": self.settings.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(now=int(now.timestamp()), leeway=_CLOCKS_DIFFER_S)
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise NotProven("the subject is not a text")
        return dict(claims)


def _address(found: Mapping[str, Any], name: str) -> str:
    address = found.get(name)
    if not isinstance(address, str) or not is_safe_address(address):
        raise ProviderUnavailable(f"the provider names no safe {name}")
    return address


def _said(error: Exception) -> str:
    """Return an error in words; those of the libraries hold addresses and names of claims, never a token."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
