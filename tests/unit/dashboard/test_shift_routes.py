from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from support.asgi import Answer, ask
from support.city_database import CityDatabase, ago, city_rules
from support.guarded import Hands, guarded_app, guarded_parts
from support.signing_in import add_person, signed_in

from dashboard.server import create_app
from people.audit import Act
from people.audit_table import audit_entries
from people.roles import Role

SIAGA = city_rules()["siaga"]
SHEETS = "/api/v1/shift/handovers"


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", name="Pintu Air")
    city.raise_alarm("gate", ago(hours=1), rule=SIAGA, value=310.0)
    for name, role in (("Siti", Role.OPERATOR), ("Budi", Role.OPERATOR), ("Tamu", Role.VIEWER)):
        add_person(city.database, name, role)
    yield city
    city.close()


class Room:
    """The guarded dashboard, and what each person there does."""

    def __init__(self, city: CityDatabase) -> None:
        self.clock = Hands()
        self.app = guarded_app(city, clock=self.clock)
        self.headers: dict[str, dict[str, str]] = {}

    def get(self, name: str, path: str) -> Any:
        answer = self.ask(name, path)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def post(self, name: str, path: str, body: object = None) -> Answer:
        return self.ask(name, path, method="POST", body=json.dumps(body or {}).encode())

    def ask(self, name: str, path: str, **more: Any) -> Answer:
        if name not in self.headers:
            self.headers[name] = {**signed_in(self.app, name), "content-type": "application/json"}
        return ask(self.app, path, headers=self.headers[name], **more)


@pytest.fixture
def room(city: CityDatabase) -> Room:
    return Room(city)


def test_operators_sign_on_and_share_the_load(room):
    for name in ("Siti", "Budi"):
        assert room.post(name, "/api/v1/shift/duty", {"on": True}).status == 200
    board = room.get("Tamu", "/api/v1/shift")
    assert [person["name"] for person in board["on_duty"]] == ["Budi", "Siti"]
    assert board["operators"] == 2
    room.clock.move(minutes=1)
    room.post("Budi", "/api/v1/shift/duty", {"on": False})
    assert room.get("Siti", "/api/v1/shift")["operators"] == 1


def test_a_viewer_may_look_and_change_nothing(room):
    assert room.get("Tamu", "/api/v1/shift")["open"][0]["site"] == "gate"
    for path, body in (
        ("/api/v1/shift/duty", {"on": True}),
        ("/api/v1/shift/notes", {"text": "hello"}),
        (SHEETS, {}),
        (f"{SHEETS}/1/sign", {}),
    ):
        assert room.post("Tamu", path, body).status == 403, path


def test_a_note_carries_its_writer_and_survives_a_restart(room, city):
    assert room.post("Siti", "/api/v1/shift/notes", {"text": "  Pompa 2 <b>menyala</b>  "}).status == 201
    fresh = Room(city)
    (note,) = fresh.get("Budi", "/api/v1/shift")["notes"]
    assert (note["by"], note["text"]) == ("Siti", "Pompa 2 <b>menyala</b>")
    assert room.post("Siti", "/api/v1/shift/notes", {"text": "   "}).status == 422
    assert room.post("Siti", "/api/v1/shift/notes", {"text": "x" * 2001}).status == 422


def test_a_note_of_which_nothing_shows_or_that_cannot_be_kept_is_refused(room):
    for written in ("", " ", "\u200b", "a\0b", "a\ud800b", "x" * 2001):
        assert room.post("Siti", "/api/v1/shift/notes", {"text": written}).status == 422, ascii(written)
    assert room.get("Siti", "/api/v1/shift")["notes"] == []


def test_a_shift_is_handed_over_by_two_people_once(room):
    room.post("Siti", "/api/v1/shift/duty", {"on": True})
    number = json.loads(room.post("Siti", SHEETS).body)["id"]
    same = room.post("Siti", f"{SHEETS}/{number}/sign")
    assert (same.status, json.loads(same.body)["detail"]["reason"]) == (409, "same_person")
    room.clock.move(minutes=5)
    assert room.post("Budi", f"{SHEETS}/{number}/sign").status == 200
    again = room.post("Budi", f"{SHEETS}/{number}/sign")
    assert (again.status, json.loads(again.body)["detail"]["reason"]) == (409, "signed")
    board = room.get("Tamu", "/api/v1/shift")
    assert [person["name"] for person in board["on_duty"]] == ["Budi"]
    (sheet,) = board["sheets"]
    assert (sheet["outgoing"], sheet["incoming"]) == ("Siti", "Budi")
    assert board["start"] == sheet["outgoing_at"]


def test_a_signed_sheet_stays_what_it_was(room, city):
    number = json.loads(room.post("Siti", SHEETS).body)["id"]
    room.post("Budi", f"{SHEETS}/{number}/sign")
    before = room.get("Tamu", f"{SHEETS}/{number}?lang=en")
    city.add_site("dam", "flood")
    city.raise_alarm("dam", ago(), rule=SIAGA, value=350.0)
    room.post("Siti", "/api/v1/shift/notes", {"text": "after"})
    room.clock.move(hours=3)
    assert room.get("Tamu", f"{SHEETS}/{number}?lang=en") == before
    text = json.dumps(before)
    assert "Pintu Air" in text
    assert "Dam" not in text


def test_a_newer_sheet_replaces_one_that_nobody_took(room):
    first = json.loads(room.post("Siti", SHEETS).body)["id"]
    second = json.loads(room.post("Siti", SHEETS).body)["id"]
    refused = room.post("Budi", f"{SHEETS}/{first}/sign")
    assert json.loads(refused.body)["detail"]["reason"] == "replaced"
    assert room.post("Budi", f"{SHEETS}/{second}/sign").status == 200
    assert room.post("Budi", f"{SHEETS}/99/sign").status == 404


def test_in_the_demo_one_person_signs_both_times_and_the_sheet_says_simulation(city):
    app = create_app(guarded_parts(city, demo=True, access_token=None))
    headers = {"content-type": "application/json"}
    number = json.loads(ask(app, SHEETS, method="POST", headers=headers, body=b"{}").body)["id"]
    path = f"{SHEETS}/{number}"
    assert ask(app, f"{path}/sign", method="POST", headers=headers, body=b"{}").status == 200
    assert "SIMULASI" in ask(app, path).body


def test_reports_are_listed_and_the_newest_is_kept(room):
    listed = room.get("Tamu", "/api/v1/reports")
    newest = listed["reports"][0]
    assert newest["kept"]
    assert len(listed["reports"]) == 8
    report = room.get("Tamu", f"/api/v1/reports/{newest['id']}?lang=en")
    assert report["title"].startswith("Situation report")
    future = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert room.ask("Tamu", f"/api/v1/reports/{future}").status == 404
    assert room.ask("Tamu", "/api/v1/reports/2026-11-21T18:00:00").status == 422


def test_every_change_of_the_shift_is_in_the_audit_trail_with_its_person(room, city):
    for is_on in (True, True, False, False):
        room.post("Siti", "/api/v1/shift/duty", {"on": is_on})
    room.post("Siti", "/api/v1/shift/notes", {"text": "rahasia"})
    sheet = json.loads(room.post("Siti", SHEETS).body)["id"]
    assert room.post("Siti", f"{SHEETS}/{sheet}/sign").status == 409
    assert room.post("Budi", f"{SHEETS}/{sheet}/sign").status == 200
    assert told_of_shifts(city) == [
        ("Siti", Act.SIGNED_ON_DUTY, "", "127.0.0.1", {}),
        ("Siti", Act.SIGNED_OFF_DUTY, "", "127.0.0.1", {}),
        ("Siti", Act.SHIFT_NOTE_WRITTEN, "note 1", "127.0.0.1", {}),
        ("Siti", Act.SHIFT_HANDED_OVER, f"sheet {sheet}", "127.0.0.1", {}),
        ("Budi", Act.SHIFT_TAKEN_OVER, f"sheet {sheet}", "127.0.0.1", {"outgoing": "Siti"}),
    ]


def test_what_cannot_be_written_into_the_audit_trail_is_not_done(room, city):
    room.get("Siti", "/api/v1/shift")
    with city.database.transaction() as connection:
        connection.execute(text("DROP TABLE audit"))
    for path, body in (("duty", {"on": True}), ("notes", {"text": "x"}), ("handovers", {})):
        assert room.post("Siti", f"/api/v1/shift/{path}", body).status == 503
    room.clock.move(seconds=3)
    board = room.get("Siti", "/api/v1/shift")
    assert (board["on_duty"], board["notes"], board["sheets"]) == ([], [], [])


def told_of_shifts(city: CityDatabase) -> list[tuple[Any, ...]]:
    with city.database.reading() as connection:
        found = audit_entries(connection)
    return [
        (entry.by, entry.act, entry.about, entry.origin, dict(entry.details))
        for entry in found
        if entry.act not in (Act.ACCOUNT_ADDED, Act.SIGNED_IN)
    ]


def test_a_stranger_sees_nothing_of_it(city):
    app = guarded_app(city)
    for path in ("/api/v1/shift", f"{SHEETS}/1", "/api/v1/reports", "/api/v1/system"):
        assert ask(app, path).status == 401, path
