"""A small identity provider over HTTP on loopback: it asks nobody who they are, and can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "pantau"
SECRET = "rahasia-kota"
Signing = Callable[[dict[str, Any]], str]


def new_key(kid: str = "one") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class FakeProvider:
    """Serves until `close`. Whoever comes next is `person`; `claims` wins over what it would say of them."""

    def __init__(self) -> None:
        self.key = new_key()
        self.person: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.sign: Signing = self.signed
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.method = "client_secret_basic"  # how it wants Pantau to prove itself
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://localhost:{self._server.server_port}/realms/kota"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def knows(self, sub: str, name: str, *roles: str) -> None:
        """Let the next who comes be that person, told of in truth."""
        self.person = {"sub": sub, "preferred_username": name, "realm_access": {"roles": list(roles)}}
        self.claims, self.sign = {}, self.signed

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": [self.method],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the browser goes next; the person has just told who they are."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return the answer of the token endpoint: a code is good once, and only with what it began with."""
        basic = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
        told = {
            "client_secret_basic": authorization == f"Basic {basic}",
            "client_secret_post": form.get("client_secret") == SECRET,
            "none": "client_secret" not in form and not authorization and form.get("client_id") == CLIENT_ID,
        }
        if not told[self.method]:
            return 401, {"error": "invalid_client"}
        begun = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            begun is None
            or begun["code_challenge_method"] != "S256"
            or begun["code_challenge"] != challenge
            or begun["redirect_uri"] != form.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        truth = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": begun["nonce"]}
        claims = {**truth, **self.person, **self.claims}
        present = {name: value for name, value in claims.items() if value is not None}
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self.sign(present)}


def visit(address: str) -> str:
    """Open the provider's address as a browser does, and return where it sends the browser to."""
    parts = urlsplit(address)
    connection = HTTPConnection("127.0.0.1", parts.port or 80, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        return connection.getresponse().headers["location"]
    finally:
        connection.close()


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def _handler(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path.removeprefix("/realms/kota")
            provider.asked.append(path)
            if path == "/authorize":
                self.send_response(303)
                self.send_header("location", provider.authorize(query(self.path)))
                self.send_header("content-length", "0")
                self.end_headers()
            elif path == "/keys":
                self.answer(200, {"keys": [provider.key.as_dict(private=False)]})
            elif path == "/.well-known/openid-configuration":
                self.answer(200, provider.described())
            else:
                self.answer(404, {})

        def do_POST(self) -> None:
            provider.asked.append(urlsplit(self.path).path.removeprefix("/realms/kota"))
            form = self.rfile.read(int(self.headers["content-length"])).decode()
            self.answer(*provider.token(dict(parse_qsl(form)), self.headers.get("authorization", "")))

        def answer(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
