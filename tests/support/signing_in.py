"""Accounts in a database, and signing in to the pages as a browser does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from support.asgi import Answer, ask

from people.account_desk import AccountDesk
from people.roles import Role
from people.sessions import forgery_token
from storage.database import Database

PASSWORD = "kuda-lumping-9"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def desk_over(database: Database) -> AccountDesk:
    return AccountDesk(database=database, by="os:test", origin="test", clock=lambda: datetime.now(UTC))


def add_person(database: Database, name: str = "Siti", role: Role = Role.OPERATOR) -> None:
    desk_over(database).add(name, role, PASSWORD)


def try_password(app: Any, name: str, password: str, *, path: str = "/login") -> Answer:
    token = ask(app, "/login").cookies()["pantau_login"]
    body = urlencode({"name": name, "password": password, "token": token}).encode()
    headers = {**FORM, "cookie": f"pantau_login={token}"}
    return ask(app, path, method="POST", headers=headers, body=body)


def signed_in(app: Any, name: str = "Siti", password: str = PASSWORD) -> dict[str, str]:
    """Return the headers that a browser sends after signing in, the token against forgery included."""
    answer = try_password(app, name, password)
    assert answer.status == 303, answer.body
    secret = answer.cookies()["pantau_session"]
    token = forgery_token(secret)
    return {"cookie": f"pantau_session={secret}; _csrf_token={token}", "x-csrftoken": token}
