"""Every route of the whole application: what it demands, and that nobody gets through without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.asgi import SAFE_METHODS, ask
from support.city_database import CityDatabase
from support.guarded import ACCESS_TOKEN, guarded_app
from support.routes import Door, doors
from support.signing_in import add_person, signed_in

from config.settings import Cap
from dashboard.guard import OPEN_PATHS
from people.roles import Permission, Role

# Dash's own routes and the page itself: the guard lets only those through who may watch.
_BY_GUARD = ("/_dash", "/_reload-hash", "/_favicon.ico", "/assets", "/openapi.json")
_PAGES = ("/", "/{path:path}")
# What everybody may do who may watch: it is about themselves.
_OWN = (
    "/api/v1/session/seen",
    "/api/v1/session/end",
    "/api/v1/session/end-others",
    "/api/v1/account/password",
)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path_factory.mktemp("city"))
    city.add_site("gate", "flood")
    for role in Role:
        add_person(city.database, role.value.title(), role)
    yield city
    city.close()


@pytest.fixture(scope="module")
def app(city: CityDatabase) -> Any:
    return guarded_app(city)


def named(found: list[Door]) -> list[str]:
    return [f"{door.method} {door.path}" for door in found]


def is_by_guard(door: Door) -> bool:
    return door.path in _PAGES or door.path.startswith(_BY_GUARD)


def test_every_route_says_what_it_demands(app: Any) -> None:
    silent = [
        door
        for door in doors(app)
        if not door.demands and door.path not in OPEN_PATHS and not is_by_guard(door)
    ]
    assert named(silent) == []


def test_whatever_changes_something_demands_more_than_watching(app: Any) -> None:
    mild = [
        door
        for door in doors(app)
        if door.method not in SAFE_METHODS
        and door.demands <= {Permission.WATCH}
        and not is_by_guard(door)
        and door.path not in (*_OWN, *OPEN_PATHS)
    ]
    assert named(mild) == []


def test_there_are_routes_to_look_at(app: Any) -> None:
    found = named(doors(app))
    for known in (
        "GET /events",
        "GET /boot.json",
        "POST /api/v1/alarms/acts",
        "POST /_dash-update-component",
    ):
        assert known in found


def test_no_route_answers_a_stranger(app: Any) -> None:
    answers = {
        f"{door.method} {door.path}": ask(app, door.example(), method=door.method).status
        for door in doors(app)
        if door.path not in OPEN_PATHS
    }
    assert {name: status for name, status in answers.items() if status not in (401, 303)} == {}


def test_a_viewer_changes_nothing(app: Any) -> None:
    viewer = signed_in(app, "Viewer")
    answers = {
        f"{door.method} {door.path}": ask(app, door.example(), method=door.method, headers=viewer).status
        for door in doors(app)
        if door.demands - {Permission.WATCH}
    }
    assert len(answers) > 1
    assert {name: status for name, status in answers.items() if status != 403} == {}


@pytest.mark.parametrize("role", Role)
def test_the_audit_trail_is_for_admins(app: Any, role: Role) -> None:
    answer = ask(app, "/api/v1/audit", headers=signed_in(app, role.value.title()))
    assert answer.status == (200 if role is Role.ADMIN else 403)


@pytest.mark.parametrize("role", Role)
def test_everybody_sees_the_page_with_their_own_name_and_rights(app: Any, role: Role) -> None:
    session = signed_in(app, role.value.title())
    assert ask(app, "/alarms", headers=session).status == 200
    assert (
        f'"name":"{role.value.title()}","role":"{role.value}"' in ask(app, "/boot.json", headers=session).body
    )


@pytest.mark.parametrize(
    "path",
    [
        "//events",
        "/EVENTS",
        "/events/",
        "/%65vents",
        "/login/../events",
        "/healthz/../boot.json",
        "/login;/x",
    ],
)
def test_no_spelling_of_a_path_goes_round_the_guard(app: Any, path: str) -> None:
    assert ask(app, path).status == 401


def test_the_cap_feed_is_open_only_where_the_city_says_so(city: CityDatabase, app: Any) -> None:
    public = guarded_app(city, cap=Cap(public=True, sender="bpbd@madiunkota.go.id"))
    assert ask(public, "/cap/feed.atom").status == 200
    assert ask(public, "/boot.json").status == 401
    assert ask(app, "/cap/feed.atom").status == 401
    bearer = {"Authorization": f"Bearer {ACCESS_TOKEN}"}
    assert ask(app, "/cap/feed.atom", headers=bearer).status == 200
