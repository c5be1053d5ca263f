"""Whatever a request holds, the server answers it: what cannot be taken is refused, never a crash."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.asgi import Answer, ask
from support.city_database import CityDatabase, ago, city_rules
from support.guarded import guarded_app
from support.routes import doors
from support.signing_in import FORM, add_person, signed_in

from people.roles import Role

# Dash's own doors, the sign-in (below) and the stream, which does not end.
_ELSEWHERE = re.compile(r"^/(_|events|login$|\{path)")
_JSON = {"content-type": "application/json"}
NUMBERS = [10**30, -(10**30), -1, 0, 2**63, 1e308, 0.5]
TEXTS = ["\ud800", "a\ud800b", "a\0b", "\0", "\u200b", "", "x" * 5000, "9" * 23, "0001-01-01T00:00:00+14:00"]
LEAVES = [*NUMBERS, *TEXTS, None, True, [], {}, [[]], {"\ud800": 1}]
SEGMENTS = [
    "9" * 23,
    "9" * 5000,
    "-1",
    "0",
    "1e400",
    "NaN",
    "٣",
    "a\0b",
    "\u200b",
    "x" * 5000,
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00 14:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "1970-01-01T00:00:00Z",
    "1999-12-31T23:59:59Z",
    "2026-11-21T18:00:00",
    "-" + "9" * 18,
]
RAW = [
    b"",
    b"\xff",
    b"[" * 100_000,
    b'{"a":' * 5000,
    b"1" * 5000,
    b'"\\ud800"',
    b"NaN",
    b"null",
    b'{"a":1e999}',
]
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/alarms/acts": {
        "id": str(uuid4()),
        "verb": "shelve",
        "rows": [{"key": "siaga/gate", "seen": 1}],
        "text": "x",
        "lasting_s": 60,
    },
    "/api/v1/shift/duty": {"on": True},
    "/api/v1/shift/notes": {"text": "x"},
    "/api/v1/sites/gate/notes": {"id": str(uuid4()), "text": "x"},
    "/api/v1/account/password": {"present": "kuda-lumping-9", "wanted": "kuda-lumping-9"},
}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityDatabase]:
    city = CityDatabase(Path(tmp_path_factory.mktemp("city")))
    city.add_site("gate", "flood")
    city.raise_alarm("gate", ago(hours=1), rule=city_rules()["siaga"], value=310.0)
    add_person(city.database, "Siti", Role.ADMIN)
    yield city
    city.close()


@pytest.fixture(scope="module")
def room(city: CityDatabase) -> Room:
    return Room(city)


class Room:
    """The guarded dashboard, asked by an admin, who may do everything."""

    def __init__(self, city: CityDatabase) -> None:
        self.app = guarded_app(city)
        self.headers = signed_in(self.app)

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """Ask, and return what was answered; an exception that reaches the server is raised here."""
        told = {**_JSON, **self.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}
        answer = ask(self.app, path, method=method, headers=told, body=body)
        if answer.status == 401:  # a change of the password, or the end of the session, was let through
            self.headers = signed_in(self.app)
            return self.ask(path, method=method, body=body, **headers)
        return answer


def places(app: Any, method: str) -> list[str]:
    """Return the paths of our own routes that take something in their address."""
    found = [door.path for door in doors(app) if door.method == method]
    return [path for path in found if "{" in path and not _ELSEWHERE.match(path)]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_is_too_strange_to_be_answered(room: Room, method: str) -> None:
    for path in places(room.app, method):
        for segment in SEGMENTS:
            asked = re.sub(r"\{[^}]*\}", lambda _, told=segment: told, path)
            answer = room.ask(asked, method=method, body=b"{}")
            assert answer.status < 500, (asked, answer.body)


@pytest.mark.parametrize("path", BODIES)
def test_no_body_is_too_strange_to_be_answered(room: Room, path: str) -> None:
    for body in [*RAW, *(json.dumps(told).encode() for told in _damaged(BODIES[path]))]:
        answer = room.ask(path, method="POST", body=body)
        assert answer.status < 500, (body[:200], answer.body)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(sorted(BODIES)), name=st.sampled_from(range(5)), told=_ANYTHING)
def test_whatever_stands_in_a_field_is_answered(room: Room, path: str, name: int, told: object) -> None:
    body = BODIES[path]
    field = list(body)[name % len(body)]
    answer = room.ask(path, method="POST", body=json.dumps({**body, field: told}).encode())
    assert answer.status < 500, answer.body


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/alarms/history?rule={}&site={}",
        "/api/v1/audit?from={}",
        "/api/v1/audit?to={}",
        "/api/v1/audit?limit={}",
        "/api/v1/sites/gate/notes?ended={}",
        "/api/v1/reports/2026-11-21T11:00:00Z?lang={}",
        "/login?next={}&lang={}&theme={}",
        "/login?next=http://[",
        "/?site={}",
    ],
)
def test_no_query_is_too_strange_to_be_answered(room: Room, path: str) -> None:
    for told in [*SEGMENTS, "http://[", "//[x", "\udcff"]:
        asked = path.replace("{}", quote(told, errors="surrogateescape"))
        answer = room.ask(asked)
        assert answer.status < 500, (asked, answer.body)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/login", {"origin": "http://["}),
        ("/", {"origin": "http://["}),
        ("/api/v1/session/seen", {"origin": "http://["}),
        ("/cap/feed.atom", {"if-modified-since": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}),
        ("/cap/feed.atom", {"if-modified-since": "Mon, 01 Jan 2024 00:00:00 +99999999999999999"}),
        ("/cap/feed.atom", {"if-modified-since": "Mon, 01 Jan 0001 00:00:00 +2300"}),
        ("/login", {"content-type": "multipart/form-data"}),
        ("/login", {"content-type": "multipart/form-data; boundary=x; charset=nonsense"}),
        ("/login", {"content-type": "application/x-www-form-urlencoded; charset=utf-7"}),
        ("/api/v1/shift/notes", {"content-type": "text/plain"}),
        ("/", {"cookie": "pantau_session=\\777; pantau_login=\xff"}),
        ("/", {"accept-language": "\xff" * 100}),
    ],
)
def test_no_header_is_too_strange_to_be_answered(city: CityDatabase, path: str, headers: Any) -> None:
    app = guarded_app(city)
    for method in ("GET", "POST"):
        assert ask(app, path, method=method, headers=headers, body=b"--x\r\n\r\n").status < 500


@pytest.mark.parametrize("part", ["name", "password", "token"])
def test_half_a_character_in_the_sign_in_is_refused(city: CityDatabase, part: str) -> None:
    app = guarded_app(city)
    token = ask(app, "/login").cookies()["pantau_login"]
    told = {"name": "Siti", "password": "wrong", "token": token, part: "\\ud800"}
    lines = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in told.items()]
    headers = {
        "cookie": f"pantau_login={token}",
        "content-type": "multipart/form-data; boundary=x; charset=unicode_escape",
    }
    body = ("".join(lines) + "--x--\r\n").encode()
    assert ask(app, "/login", method="POST", headers=headers, body=body).status in (401, 403)
    assert ask(app, "/login", method="POST", headers=FORM, body=b"name=%00&password=%00").status == 403


def test_a_refusal_says_what_is_wrong_and_never_back_what_was_sent(room: Room) -> None:
    act = {**BODIES["/api/v1/alarms/acts"], "text": "rahasia \ud800"}
    answer = room.ask("/api/v1/alarms/acts", method="POST", body=json.dumps(act).encode())
    (told,) = json.loads(answer.body)["detail"]
    assert (answer.status, told["loc"], set(told)) == (422, ["body", "text"], {"loc", "msg", "type"})
    assert "rahasia" not in answer.body


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/api/v1/reports/0001-01-01T00:00:00Z/pdf", "tells of a moment from 2000 to 2100"),
        ("/api/v1/reports/0001-01-01T00:00:00+14:00", "tells of a moment from 2000 to 2100"),
        ("/api/v1/reports/9999-12-31T23:59:59-12:00", "tells of a moment from 2000 to 2100"),
        ("/api/v1/reports/2026-11-21T18:00:00", "write the moment with its zone"),
        (f"/api/v1/shift/handovers/{'9' * 23}", "less than or equal to 2147483647"),
        ("/api/v1/shift/handovers/-1", "greater than or equal to 1"),
    ],
)
def test_what_is_out_of_bounds_is_refused_in_a_sentence(room: Room, path: str, sentence: str) -> None:
    answer = room.ask(path)
    assert (answer.status, sentence in answer.body) == (422, True), answer.body


def test_a_nul_in_an_address_is_refused_before_a_database_sees_it(room: Room) -> None:
    for path in ("/api/v1/sites/a\0b/notes", "/api/v1/alarms/history?rule=%00&site=x"):
        assert room.ask(path).status == 400, path


@pytest.mark.parametrize("path", ["/api/v1/shift/notes", "/api/v1/alarms/acts", "/_dash-update-component"])
@pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "in pieces"])
def test_a_body_larger_than_any_act_needs_is_refused_in_a_sentence(
    room: Room, path: str, is_announced: bool
) -> None:
    body = json.dumps({"text": "x" * 3_000_000}).encode()
    announced = {"content_length": str(len(body))} if is_announced else {}
    answer = room.ask(path, method="POST", body=body, **announced)
    assert (answer.status, "at most 256 KiB" in answer.body) == (413, True), answer.body[:300]


def test_no_route_reads_more_of_a_body_than_the_limit(room: Room) -> None:
    """Pieces beyond it are not even asked for."""
    asked: list[int] = []

    async def receive() -> dict[str, Any]:
        asked.append(1)
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    told = {"host": "localhost", **_JSON, **room.headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/shift/notes",
        "raw_path": b"/api/v1/shift/notes",
        "query_string": b"",
        "root_path": "",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 5000),
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
    }
    asyncio.run(room.app(scope, receive, send))
    assert (sent[0]["status"], len(asked)) == (413, 5)


def test_the_largest_act_fits(room: Room) -> None:
    rows = [{"key": f"{'r' * 96}{n:03}/{'s' * 100}", "seen": 2**63 - 1} for n in range(500)]
    act = {**BODIES["/api/v1/alarms/acts"], "id": str(uuid4()), "verb": "comment", "rows": rows}
    body = json.dumps({**act, "text": "🌊" * 2000}).encode()
    assert room.ask("/api/v1/alarms/acts", method="POST", body=body).status == 409


def _damaged(told: Any) -> Iterator[Any]:
    """Yield a value with each of its parts replaced by every strange one, and without it."""
    yield from LEAVES
    if isinstance(told, dict):
        for name, inner in told.items():
            yield {key: value for key, value in told.items() if key != name}
            yield from ({**told, name: strange} for strange in _damaged(inner))
    elif isinstance(told, list):
        for strange in _damaged(told[0]):
            yield [strange]
            yield [told[0], strange]
