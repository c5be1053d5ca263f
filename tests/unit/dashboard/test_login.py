from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import FastAPI
from support.asgi import ask
from support.city_database import CityDatabase
from support.guarded import Hands, guarded_app, guarded_parts
from support.signing_in import FORM, PASSWORD, add_person, desk_over, signed_in, try_password

from dashboard.login import login_routes
from dashboard.login_door import Door
from dashboard.texts import load_texts
from people.audit_table import audit_entries
from people.roles import Role


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    """One city per test, for those that change accounts or count what happened."""
    city = CityDatabase(tmp_path)
    yield city
    city.close()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One dashboard for all that only sign in to it."""
    city = CityDatabase(tmp_path_factory.mktemp("city"))
    add_person(city.database)
    yield guarded_app(city)
    city.close()


def test_name_and_password_buy_a_session_in_a_cookie_that_scripts_cannot_read(app: Any) -> None:
    answer = try_password(app, "siti", PASSWORD)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    session = next(line for line in answer.set_cookies if line.startswith("pantau_session="))
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in session.split(";")}
    assert "Secure" not in session  # loopback speaks http
    assert ask(app, "/boot.json", headers={"cookie": session.split(";")[0]}).status == 200


def test_a_wrong_name_and_a_wrong_password_are_told_alike(app: Any) -> None:
    for name, password in (("Siti", "wrong-password"), ("Nobody", PASSWORD), ("", "")):
        answer = try_password(app, name, password)
        assert answer.status == 401
        assert "Nama atau kata sandi salah." in answer.body
        assert "pantau_session" not in answer.cookies()
        assert PASSWORD not in answer.body


def test_without_an_identity_provider_there_is_no_way_through_one(app: Any) -> None:
    assert "/login/provider" not in ask(app, "/login").body
    assert {ask(app, path).status for path in ("/login/provider", "/login/return?state=&code=x")} == {404}


def test_every_sign_in_has_a_new_session_and_ends_the_one_that_the_browser_had(app: Any) -> None:
    old = signed_in(app)["cookie"]
    form = ask(app, "/login").cookies()["pantau_login"]
    again = ask(
        app,
        "/login",
        method="POST",
        headers={**FORM, "cookie": f"{old}; pantau_login={form}"},
        body=urlencode({"name": "Siti", "password": PASSWORD, "token": form}).encode(),
    )
    fresh = again.cookies()["pantau_session"]
    assert fresh not in old
    new = {"cookie": f"pantau_session={fresh}"}
    assert ask(app, "/boot.json", headers=new).status == 200
    assert ask(app, "/boot.json", headers={"cookie": old}).status == 401


def test_a_session_that_somebody_else_planted_is_not_taken_over(app: Any) -> None:
    planted = "chosen-by-an-attacker"
    form = ask(app, "/login").cookies()["pantau_login"]
    body = urlencode({"name": "Siti", "password": PASSWORD, "token": form}).encode()
    cookie = f"pantau_session={planted}; pantau_login={form}"
    answer = ask(app, "/login", method="POST", headers={**FORM, "cookie": cookie}, body=body)
    assert answer.cookies()["pantau_session"] != planted
    assert ask(app, "/boot.json", headers={"cookie": f"pantau_session={planted}"}).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no cookie of the form"),
        pytest.param({"cookie": "pantau_login=other"}, id="another form's cookie"),
        pytest.param(
            {"cookie": "pantau_login=told", "sec-fetch-site": "cross-site"}, id="another site's form"
        ),
        pytest.param({"cookie": "pantau_login=told", "origin": "https://evil.example"}, id="another origin"),
    ],
)
def test_a_form_that_is_not_ours_signs_nobody_in(app: Any, headers: dict[str, str]) -> None:
    body = urlencode({"name": "Siti", "password": PASSWORD, "token": "told"}).encode()
    answer = ask(app, "/login", method="POST", headers={**FORM, **headers}, body=body)
    assert answer.status == 403
    assert "pantau_session" not in answer.cookies()


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/alarms", "/alarms"),
        ("/wall?rotate=30&lang=en", "/wall?rotate=30&lang=en"),
        ("https://evil.example/", "/"),
        ("//evil.example/alarms", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/login", "/"),
        ("/api/v1/audit", "/"),
        ("/alarms\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_who_signs_in_comes_back_to_the_page_they_wanted_and_to_no_other(
    app: Any, wanted: str, led: str
) -> None:
    path = "/login?" + urlencode({"next": wanted})
    answer = try_password(app, "Siti", PASSWORD, path=path)
    assert answer.status == 303
    assert answer.headers["location"] == led


def test_the_page_that_was_asked_for_is_remembered_with_its_question(app: Any) -> None:
    answer = ask(app, "/wall?rotate=30")
    assert (answer.status, answer.headers["location"]) == (303, "/login?next=/wall%3Frotate%3D30")
    assert ask(app, "/").headers["location"] == "/login"


def test_a_link_in_a_message_leads_to_the_page_although_the_cookie_stays_at_home(app: Any) -> None:
    answer = ask(app, "/alarms", headers={"sec-fetch-site": "cross-site"})
    assert (answer.status, "refresh" in answer.body) == (200, True)  # asked again from here, with the cookie
    assert ask(app, "/alarms", headers={"sec-fetch-site": "same-origin"}).status == 303


@pytest.mark.parametrize(("language", "title"), [("id", "Masuk ke Pantau"), ("en", "Sign in to Pantau")])
@pytest.mark.parametrize("theme", ["dark", "light", ""])
def test_the_login_speaks_both_languages_in_both_themes_without_a_script(
    app: Any, language: str, title: str, theme: str
) -> None:
    page = ask(app, f"/login?lang={language}&theme={theme}&next=/alarms").body
    assert f'<html lang="{language}"' in page
    assert title in page
    assert (f'data-theme="{theme}"' in page) == bool(theme)
    assert "<script" not in page
    other = "en" if language == "id" else "id"
    assert re.search(rf'href="/login\?lang={other}[^"]*next=%2Falarms"', page)


def test_what_is_typed_or_asked_never_becomes_markup(app: Any) -> None:
    evil = '"><script>alert(1)</script>'
    page = ask(app, "/login?" + urlencode({"next": "/wall?" + evil, "lang": evil, "theme": evil})).body
    page += try_password(app, evil, "wrong-password").body
    assert "<script" not in page


def test_before_the_first_account_the_login_says_how_to_make_it(city: CityDatabase) -> None:
    assert "pantau users add NAMA --role admin" in ask(guarded_app(city), "/login").body
    add_person(city.database, "Budi", Role.ADMIN)
    assert "pantau users add" not in ask(guarded_app(city), "/login").body


def test_wrong_guesses_wait_ever_longer_until_they_are_sent_away_and_a_while_later_all_is_well(
    city: CityDatabase,
) -> None:
    clock = Hands()
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    add_person(city.database)
    app = FastAPI()
    door = Door(parts=guarded_parts(city), texts=load_texts(), clock=clock, pause=pause)
    app.include_router(login_routes(door))
    while (answer := try_password(app, "Siti", "wrong-password")).status == 401:
        assert len(paused) < 20
    assert answer.status == 429
    assert "Terlalu banyak percobaan" in answer.body
    assert paused == sorted(paused)
    assert try_password(app, "Siti", PASSWORD).status == 429  # no guess is looked at, not even the right one
    clock.move(seconds=61)
    assert try_password(app, "Siti", PASSWORD).status == 303


@pytest.mark.parametrize(
    "body",
    [b"", b"name=Siti", b"\xff\xfe=%ff&token=%00", b"name=" + b"x" * 50_000, b"&" * 5000],
    ids=["nothing", "half", "bytes", "long", "ampersands"],
)
def test_a_damaged_form_is_refused_without_a_crash(app: Any, body: bytes) -> None:
    answer = ask(app, "/login", method="POST", headers=FORM, body=body)
    assert answer.status in (400, 403, 413)


def test_failures_and_sign_ins_are_in_the_audit_trail_with_their_address(city: CityDatabase) -> None:
    add_person(city.database)
    app = guarded_app(city)
    try_password(app, "Siti", "wrong-password")
    try_password(app, "Siti", PASSWORD)
    with city.database.reading() as connection:
        entries = audit_entries(connection)
    assert [(e.act.value, e.origin) for e in entries[1:]] == [
        ("sign-in failed", "127.0.0.1"),
        ("signed in", "127.0.0.1"),
    ]


def test_a_disabled_person_is_told_no_more_than_a_stranger(city: CityDatabase) -> None:
    add_person(city.database)
    app = guarded_app(city)
    desk_over(city.database).disable("Siti")
    assert "Nama atau kata sandi salah." in try_password(app, "Siti", PASSWORD).body
