from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.asgi import ask
from support.city_database import CityDatabase, city_kinds, city_rules
from support.signing_in import add_person, signed_in

from dashboard.parts import Parts
from dashboard.server import create_app, serve

TOKEN = "kunci-kota"


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood")
    yield city
    city.close()


def app_with(city: CityDatabase, token: str | None, *, demo: bool | None = None) -> Any:
    return create_app(parts_of(city, token, demo=demo))


def parts_of(city: CityDatabase, token: str | None, *, demo: bool | None = None) -> Parts:
    return Parts(
        database=city.database,
        readings=city.readings,
        kinds=city_kinds(),
        rules=city_rules(),
        city_folder=Path("madiun"),
        time_zone=ZoneInfo("Asia/Jakarta"),
        language="id",
        demo=token is None if demo is None else demo,
        access_token=token,
    )


DATA = [
    "/api/v1/sites",
    "/api/v1/alarms",
    "/events",
    "/boot.json",
    "/map/outline.geojson",
    "/openapi.json",
    "/library/maplibre-gl.js",
    "/assets/tokens.css",
    "/assets/live/main.js",
    "/_dash-layout",
    "/_dash-dependencies",
    "/no/such/path",
    "/metrics",
    "//",
    "/_dash-component-suites/dash/deps/polyfill@7.min.js",
]


@pytest.mark.parametrize("path", DATA)
def test_data_are_refused_to_whoever_has_not_signed_in(city: CityDatabase, path: str) -> None:
    assert ask(app_with(city, TOKEN), path).status == 401


def test_a_callback_is_refused_to_whoever_has_not_signed_in(city: CityDatabase) -> None:
    answer = ask(app_with(city, TOKEN), "/_dash-update-component", method="POST", body=b"{}")
    assert answer.status == 401


def test_the_page_sends_whoever_has_not_signed_in_to_the_login(city: CityDatabase) -> None:
    answer = ask(app_with(city, TOKEN), "/")
    assert (answer.status, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize("path", ["/healthz", "/login", "/login.css"])
def test_the_way_in_is_open(city: CityDatabase, path: str) -> None:
    assert ask(app_with(city, TOKEN), path).status == 200


def test_a_program_signs_in_with_the_token_in_every_request(city: CityDatabase) -> None:
    app = app_with(city, TOKEN)
    told = {"Authorization": f"Bearer {TOKEN}"}
    assert ask(app, "/metrics", headers=told).status == 200
    assert ask(app, "/metrics", headers={"Authorization": f"Bearer {TOKEN}x"}).status == 401
    assert ask(app, "/metrics").status == 401


def test_the_access_token_of_programs_opens_no_page_and_no_stream(city: CityDatabase) -> None:
    told = {"Authorization": f"Bearer {TOKEN}"}
    paths = ("/boot.json", "/events", "/_dash-layout", "/assets/live/main.js")
    assert [ask(app_with(city, TOKEN), path, headers=told).status for path in paths] == [401] * 4


def test_a_program_acts_in_nobodys_name(city: CityDatabase) -> None:
    told = {"Authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    answer = ask(app_with(city, TOKEN), "/api/v1/session/end", method="POST", headers=told, is_forged=True)
    assert answer.status == 409  # it passed the guards, and there is no session to end
    assert ask(app_with(city, TOKEN), "/api/v1/audit", headers=told).status == 403


def test_without_an_access_token_no_bearer_is_right(city: CityDatabase) -> None:
    app = app_with(city, None, demo=False)
    for bearer in ("Bearer ", "Bearer None", "", "Bearer"):
        assert ask(app, "/api/v1/sites", headers={"Authorization": bearer}).status == 401


@pytest.mark.parametrize(
    "cookie",
    [
        "pantau_session=eyJpbiI6IHRydWV9.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "pantau_session=",
        'pantau_session="unclosed',
        "=;;=; pantau_session",
        "pantau_session=" + "x" * 5000,
    ],
)
def test_a_forged_session_opens_nothing(city: CityDatabase, cookie: str) -> None:
    assert ask(app_with(city, TOKEN), "/boot.json", headers={"cookie": cookie}).status == 401


def test_in_the_demo_all_is_open(city: CityDatabase) -> None:
    app = app_with(city, None)
    assert ask(app, "/").status == 200
    sites = ask(app, "/api/v1/sites")
    assert '"state":"unknown"' in sites.body
    assert ask(app, "/api/v1/alarms").status == 200
    assert '"name":"Demo","role":"operator"' in ask(app, "/api/v1/account").body


def test_the_demo_lets_nobody_in_from_other_machines(city: CityDatabase) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        serve(parts_of(city, None), host="0.0.0.0", port=0)


def test_a_foreign_name_for_our_address_is_refused(city: CityDatabase) -> None:
    assert ask(app_with(city, None), "/api/v1/sites", host="evil.example").status == 400


@pytest.mark.parametrize("host", ["localhost:8050", "127.0.0.1:8050", "[::1]:8050"])
def test_every_name_of_this_machine_is_good(city: CityDatabase, host: str) -> None:
    assert ask(app_with(city, None), "/healthz", host=host).status == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/no/such/path", "/assets/tokens.css"])
def test_every_answer_tells_the_browser_to_stay_at_home(city: CityDatabase, path: str) -> None:
    headers = ask(app_with(city, None), path).headers
    assert "connect-src 'self'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_a_browser_keeps_no_page_to_go_back_to_after_signing_out(city: CityDatabase) -> None:
    app = app_with(city, None)
    kept = {path: ask(app, path).headers["cache-control"] for path in ("/", "/alarms", "/assets/tokens.css")}
    assert kept == {"/": "no-store", "/alarms": "no-store", "/assets/tokens.css": "no-cache"}


def test_nothing_is_where_nothing_is(city: CityDatabase) -> None:
    app = app_with(city, None)
    assert [ask(app, path).status for path in ("/docs", "/redoc", "/api/v1/none", "/login")] == [404] * 4


def test_the_page_asks_no_other_server_for_scripts_or_styles(city: CityDatabase) -> None:
    page = ask(app_with(city, None), "/").body
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_a_token_of_blanks_is_not_a_token(city: CityDatabase) -> None:
    with pytest.raises(ValueError, match="let everybody in"):
        app_with(city, "  ")


def test_the_token_is_never_shown(city: CityDatabase) -> None:
    assert TOKEN not in repr(parts_of(city, TOKEN))


def test_a_session_opens_everything_also_in_another_process(city: CityDatabase) -> None:
    add_person(city.database)
    session = signed_in(app_with(city, TOKEN))
    for path in ("/", "/api/v1/sites", "/boot.json", "/metrics", "/_dash-layout"):
        assert ask(app_with(city, TOKEN), path, headers=session).status == 200
