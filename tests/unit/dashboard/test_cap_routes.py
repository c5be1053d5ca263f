from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.asgi import Answer, ask
from support.cap import Alert
from support.city_database import CityDatabase, ago, city_kinds, city_rules

from config.settings import Cap
from dashboard.parts import Parts
from dashboard.server import create_app

SIAGA = city_rules()["siaga"]
TOKEN = "kunci-kota"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", name="Pintu <Air> & Co")
    city.ingest_lives(ago())
    yield city
    city.close()


def app_with(city: CityDatabase, cap: Cap | None = None, *, token: str | None = TOKEN) -> Any:
    parts = Parts(
        database=city.database,
        readings=city.readings,
        kinds=city_kinds(),
        rules=city_rules(),
        city_folder=Path("madiun"),
        time_zone=ZoneInfo("Asia/Jakarta"),
        language="id",
        demo=token is None,
        access_token=token,
        cap=cap or Cap(),
    )
    return create_app(parts)


def feed(app: Any, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(app, "/cap/feed.atom", headers=BEARER | named)


def documents(answer: Answer) -> list[str]:
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed (pip install '.[test]')")
    links = etree.fromstring(answer.body.encode()).iterfind("{*}entry/{*}link")
    return [link.get("href") for link in links]


def test_the_feed_asks_for_the_same_access_as_the_page_unless_it_is_public(city):
    closed, public = app_with(city), app_with(city, Cap(public=True, sender="bpbd@madiunkota.example"))
    assert ask(closed, "/cap/feed.atom").status == ask(closed, "/cap/x.xml").status == 401
    assert ask(public, "/cap/feed.atom").status == 200
    for path in ("/boot.json", "/cap", "/cap/../boot.json", "/capx", "//cap/feed.atom"):
        assert ask(public, path).status in (401, 404)
    assert ask(public, "/boot.json").status == 401


def test_an_empty_feed_is_a_feed(city):
    answer = feed(app_with(city))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/atom+xml")
    assert documents(answer) == []


def test_an_alarm_is_fetched_from_the_feed_to_its_document(city):
    raised = city.raise_alarm("gate", ago(minutes=5), rule=SIAGA, value=320.0)
    app = app_with(city)
    (name,) = documents(feed(app))
    answer = ask(app, f"/cap/{name}", headers=BEARER)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/cap+xml")
    read = Alert(answer.body.encode())
    assert read.text("areaDesc") == "Pintu <Air> & Co"
    assert (read.text("status"), read.text("msgType")) == ("Actual", "Alert")
    city.clear_alarm(raised, ago(minutes=1))
    cancel, alert = documents(feed(app))
    assert alert == name
    assert Alert(ask(app, f"/cap/{cancel}", headers=BEARER).body.encode()).text("msgType") == "Cancel"


def test_the_demo_says_test(city):
    city.raise_alarm("gate", ago(minutes=5), rule=SIAGA, value=320.0)
    app = app_with(city, token=None)
    (name,) = documents(feed(app))
    assert Alert(ask(app, f"/cap/{name}").body.encode()).text("status") == "Test"


def test_links_hold_anywhere_when_the_address_is_known(city):
    city.raise_alarm("gate", ago(minutes=5), rule=SIAGA, value=320.0)
    (link,) = documents(feed(app_with(city, Cap(address="https://pantau.example/"))))
    assert link.startswith("https://pantau.example/cap/siaga.gate.")


def test_a_poller_pays_only_for_what_changed(city):
    app = app_with(city)
    first = feed(app)
    tag = first.headers["etag"]
    again = feed(app, if_none_match=f'W/"x", {tag}')
    assert (again.status, again.body, again.headers["etag"]) == (304, "", tag)
    assert feed(app, if_modified_since=first.headers["last-modified"]).status == 304
    assert feed(app, if_modified_since="yesterday").status == 200
    city.raise_alarm("gate", ago(), rule=SIAGA, value=320.0)
    assert feed(app, if_none_match=tag).status == 200
    long_ago = "Thu, 01 Jan 2026 00:00:00 GMT"
    assert feed(app, if_modified_since=long_ago).status == 200
    # A tag that does not fit outweighs a time that would.
    late = (datetime.now(UTC) + timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert feed(app, if_none_match=tag, if_modified_since=late).status == 200


def test_asking_for_the_head_alone_costs_no_body(city):
    answer = ask(app_with(city), "/cap/feed.atom", method="HEAD", headers=BEARER)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/atom+xml")


def test_an_alert_that_is_not_there_is_told_in_a_sentence(city):
    answer = ask(app_with(city), "/cap/no.such.alert.xml", headers=BEARER)
    assert answer.status == 404
    assert "older than 7 days" in answer.body


def test_the_doors_are_documented_once(city):
    paths = app_with(city).openapi()["paths"]
    assert {path: list(methods) for path, methods in paths.items() if path.startswith("/cap/")} == {
        "/cap/feed.atom": ["get"],
        "/cap/{identifier}.xml": ["get"],
    }
