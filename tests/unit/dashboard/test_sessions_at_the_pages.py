from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.asgi import Answer, ask
from support.city_database import CityDatabase
from support.guarded import Hands, guarded_app
from support.signing_in import PASSWORD, add_person, desk_over, signed_in, try_password

from config.settings import SessionSettings
from dashboard.routes import while_true
from dashboard.session_book import SessionBook
from people.people_table import account_named
from people.roles import Role
from people.sessions_table import sessions_of
from storage.database import Database


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    add_person(city.database)
    yield city
    city.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def app(city: CityDatabase, clock: Hands) -> Any:
    return guarded_app(city, clock=clock)


def post(app: Any, path: str, headers: dict[str, str], body: Any = None, **more: Any) -> Answer:
    told = {**headers, "content-type": "application/json"}
    return ask(app, path, method="POST", headers=told, body=json.dumps(body or {}).encode(), **more)


def is_in(app: Any, session: dict[str, str]) -> bool:
    return ask(app, "/boot.json", headers=session).status == 200


def test_an_open_page_alone_does_not_keep_an_empty_desk_signed_in(app: Any, clock: Hands) -> None:
    session = signed_in(app)
    for _ in range(9):
        clock.move(hours=1)
        last = ask(app, "/boot.json", headers=session).status
    assert last == 401


def test_mouse_and_keyboard_keep_a_session_for_a_day_and_no_longer(app: Any, clock: Hands) -> None:
    session = signed_in(app)
    for _ in range(23):
        clock.move(hours=1)
        assert post(app, "/api/v1/session/seen", session).status == 204
    assert is_in(app, session)
    clock.move(hours=1)
    assert not is_in(app, session)


def test_a_wall_that_only_listens_stays_for_weeks(city: CityDatabase, app: Any, clock: Hands) -> None:
    add_person(city.database, "Wall", Role.VIEWER)
    session = signed_in(app, "Wall")
    for _ in range(12):
        clock.move(days=7)
        assert is_in(app, session)
    clock.move(days=7)
    assert not is_in(app, session)


def test_a_disabled_person_is_out_within_two_seconds(city: CityDatabase, app: Any, clock: Hands) -> None:
    session = signed_in(app)
    assert is_in(app, session)
    desk_over(city.database).disable("Siti")
    clock.move(seconds=2)
    assert not is_in(app, session)


def test_a_new_role_holds_at_once_for_who_is_signed_in(city: CityDatabase, app: Any, clock: Hands) -> None:
    session = signed_in(app)
    desk_over(city.database).set_role("Siti", Role.ADMIN)
    clock.move(seconds=2)
    assert ask(app, "/api/v1/audit", headers=session).status == 200


def test_signing_out_ends_this_session_and_no_other(app: Any) -> None:
    here, there = signed_in(app), signed_in(app)
    answer = post(app, "/api/v1/session/end", here)
    assert answer.status == 204
    assert answer.cookies()["pantau_session"] == ""
    assert (is_in(app, here), is_in(app, there)) == (False, True)


def test_the_other_sessions_are_ended_from_one_of_them(app: Any) -> None:
    sessions = [signed_in(app) for _ in range(3)]
    assert all(is_in(app, session) for session in sessions)  # also those that the book remembers
    assert json.loads(post(app, "/api/v1/session/end-others", sessions[1]).body) == {"ended": 2}
    assert [is_in(app, session) for session in sessions] == [False, True, False]


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(app: Any) -> None:
    here, there = signed_in(app), signed_in(app)
    wish = {"present": PASSWORD, "wanted": "pecel-madiun-77"}
    assert post(app, "/api/v1/account/password", here, {**wish, "present": "wrong"}).status == 422
    assert post(app, "/api/v1/account/password", here, {**wish, "wanted": "short"}).status == 422
    refused = post(app, "/api/v1/account/password", here, {**wish, "wanted": "x" * 999})
    assert refused.status == 422
    assert post(app, "/api/v1/account/password", here, wish).status == 200
    assert (is_in(app, here), is_in(app, there)) == (True, False)
    assert try_password(app, "Siti", "pecel-madiun-77").status == 303


def test_a_refused_wish_for_a_password_does_not_say_it_back(app: Any) -> None:
    secret = "kata-sandi-rahasia" * 20
    session = signed_in(app)
    for wish in ({"present": secret, "wanted": "x"}, {"present": [secret], "wanted": 5}, {"rahasia": secret}):
        answer = post(app, "/api/v1/account/password", session, wish)
        assert answer.status == 422
        assert "rahasia" not in answer.body


@pytest.mark.parametrize(
    "path",
    ["/_dash-update-component", "/api/v1/session/end", "/api/v1/alarms/acts", "/api/v1/account/password"],
)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"x-csrftoken": ""}, id="no token"),
        pytest.param({"x-csrftoken": "guessed"}, id="a guessed token"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="from another site"),
        pytest.param({"sec-fetch-site": "same-site"}, id="from a neighbour under the same domain"),
        pytest.param({"origin": "https://evil.example"}, id="from another origin"),
        pytest.param({"origin": "null"}, id="from nowhere"),
    ],
)
def test_nothing_is_changed_in_somebodys_name_from_elsewhere(
    app: Any, path: str, change: dict[str, str]
) -> None:
    session = signed_in(app)
    assert post(app, path, {**session, **change}).status == 403
    assert is_in(app, session)


def test_a_token_that_another_site_could_plant_does_not_fit_a_session(app: Any) -> None:
    session = signed_in(app)["cookie"].split(";")[0]
    planted = {"cookie": f"{session}; _csrf_token=planted", "x-csrftoken": "planted"}
    assert post(app, "/api/v1/session/end", planted).status == 403


def test_every_page_gives_its_token_once(app: Any) -> None:
    session = signed_in(app)
    bare = {"cookie": session["cookie"].split(";")[0]}
    assert ask(app, "/alarms", headers=bare).cookies()["_csrf_token"] == session["x-csrftoken"]
    assert ask(app, "/alarms", headers=session).set_cookies == ()


def test_while_the_database_is_silent_who_is_in_stays_in_and_nobody_else_comes(
    clock: Hands, tmp_path: Path
) -> None:
    (tmp_path / "city").mkdir()
    city = CityDatabase(tmp_path / "city")
    add_person(city.database)
    app = guarded_app(city, clock=clock)
    session, stranger = signed_in(app), {"cookie": "pantau_session=unknown"}
    assert is_in(app, session)
    city.database.close()
    for name in ("pantau.sqlite", "pantau.sqlite-wal", "pantau.sqlite-shm"):
        (tmp_path / "city" / name).unlink(missing_ok=True)
    (tmp_path / "city" / "pantau.sqlite").write_bytes(b"this is no database" * 100)
    clock.move(seconds=5)
    assert ask(app, "/assets/tokens.css", headers=session).status == 200
    assert ask(app, "/assets/tokens.css", headers=stranger).status == 503
    city.close()


def test_a_stream_ends_when_its_session_does() -> None:
    async def numbers() -> AsyncGenerator[bytes]:
        try:
            for number in range(100):
                yield str(number).encode()
        finally:
            closed.append(True)

    async def is_true() -> bool:
        asked.append(True)
        return len(asked) <= 3

    async def listen() -> list[bytes]:
        return [message async for message in while_true(numbers(), is_true)]

    asked: list[bool] = []
    closed: list[bool] = []
    assert asyncio.run(listen()) == [b"0", b"1", b"2"]
    assert closed == [True]


def test_a_session_in_use_is_written_down_once_a_minute(city: CityDatabase, clock: Hands) -> None:
    app = guarded_app(city, clock=clock)
    session = signed_in(app)
    began = seen_at(city.database)
    for _ in range(5):
        clock.move(seconds=10)
        post(app, "/api/v1/session/seen", session)
    assert seen_at(city.database) == began
    clock.move(seconds=10)
    post(app, "/api/v1/session/seen", session)
    assert seen_at(city.database) == clock()


def seen_at(database: Database) -> Any:
    with database.reading() as connection:
        account = account_named(connection, "Siti")
        assert account is not None
        return sessions_of(connection, account.id)[0].seen_at


def test_a_thousand_made_up_sessions_do_not_fill_the_memory(city: CityDatabase, clock: Hands) -> None:
    book = SessionBook(city.database, SessionSettings(), clock=clock)

    async def knock() -> None:
        for number in range(1200):
            assert await book.session(str(number)) is None

    asyncio.run(knock())
    assert len(book._known) <= 1000
