from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from support.asgi import Answer, ask
from support.city_database import CityDatabase
from support.guarded import ACCESS_TOKEN, Hands, guarded_app
from support.signing_in import add_person, signed_in

from people.audit import Act
from people.audit_table import audit_entries
from people.roles import Role


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityDatabase]:
    city = CityDatabase(Path(tmp_path_factory.mktemp("city")))
    for role in Role:
        add_person(city.database, role.value.title(), role)
    yield city
    city.close()


class Room:
    """The guarded dashboard over a site of its own, and what each person there does."""

    def __init__(self, city: CityDatabase, site: str) -> None:
        self.clock = Hands()
        self.app = guarded_app(city, clock=self.clock)
        self.notes = f"/api/v1/sites/{site}/notes"
        self.headers: dict[str, dict[str, str]] = {}

    def ask(self, name: str, path: str, body: object = None) -> Answer:
        if name not in self.headers:
            self.headers[name] = {**signed_in(self.app, name), "content-type": "application/json"}
        method = "GET" if body is None else "POST"
        return ask(self.app, path, method=method, headers=self.headers[name], body=json.dumps(body).encode())

    def write(self, name: str, text: str, **more: Any) -> Answer:
        return self.ask(name, self.notes, {"id": str(uuid4()), "text": text, **more})

    def read(self, *, ended: bool = False) -> Any:
        answer = self.ask("Viewer", f"{self.notes}?ended={str(ended).lower()}")
        assert answer.status == 200, answer.body
        return json.loads(answer.body)


@pytest.fixture
def room(city: CityDatabase) -> Room:
    site = f"site-{uuid4().hex[:8]}"
    city.add_site(site, "flood")
    return Room(city, site)


@pytest.mark.parametrize("role", Role)
def test_who_operates_or_installs_writes_and_everybody_reads(room, role):
    may_write = role in (Role.OPERATOR, Role.INSTALLER, Role.ADMIN)
    assert room.write(role.value.title(), "pintu air macet").status == (201 if may_write else 403)
    assert room.read()["count"] == int(may_write)


def test_a_viewer_is_told_what_writing_takes_and_ends_nothing(room):
    refused = room.write("Viewer", "x")
    assert json.loads(refused.body)["detail"] == "the role 'viewer' may not operate or install"
    note = json.loads(room.write("Operator", "x").body)
    assert room.ask("Viewer", f"{room.notes}/{note['id']}/end", {}).status == 403
    assert room.read()["notes"] == [note]


def test_a_note_tells_who_and_when_and_its_text_is_not_taken_for_markup(room):
    answer = room.write("Installer", "  pintu <b>macet</b>,\nlapor DPUPR  ")
    (note,) = room.read()["notes"]
    assert note == json.loads(answer.body)
    assert (note["by"], note["text"]) == ("Installer", "pintu <b>macet</b>,\nlapor DPUPR")
    assert note["at"] == int(room.clock.now.timestamp() * 1000)


def test_an_ended_note_leaves_the_valid_ones_and_stays_among_all(room):
    old = json.loads(room.write("Operator", "old").body)
    room.write("Operator", "new")
    room.clock.move(minutes=5)
    assert room.ask("Installer", f"{room.notes}/{old['id']}/end", {}).status == 200
    room.clock.move(minutes=5)
    again = json.loads(room.ask("Admin", f"{room.notes}/{old['id']}/end", {}).body)
    assert (again["ended_by"], again["ended_at"] - old["at"]) == ("Installer", 5 * 60_000)
    assert [note["text"] for note in room.read()["notes"]] == ["new"]
    assert room.read(ended=True) == {"notes": [*room.read()["notes"], again], "count": 2, "count_all": 2}


def test_the_same_request_again_is_kept_once_and_its_id_serves_nobody_else(room):
    sent = {"id": str(uuid4()), "text": "sekali"}
    first = room.ask("Operator", room.notes, sent)
    room.clock.move(minutes=1)
    again = room.ask("Operator", room.notes, sent)
    assert (again.status, again.body) == (201, first.body)
    assert room.ask("Operator", room.notes, {**sent, "text": "lain"}).status == 409
    assert room.ask("Admin", room.notes, sent).status == 409
    assert room.read()["count"] == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x" * 501, "a note has at most 500 characters; this one has 501"),
        (" \n\t ", "a note needs a text"),
        ("\u200b\u2060", "a note needs a text"),
        ("a\0b", "a note is plain text; this one holds a NUL character"),
        ("a\ud800b", "a note is plain text; this one holds half a character"),
    ],
    ids=["too long", "blank", "nothing that shows", "nul", "half a character"],
)
def test_what_cannot_be_a_note_is_refused_in_a_sentence(room, text, sentence):
    answer = room.write("Operator", text)
    assert (answer.status, json.loads(answer.body)["detail"]) == (422, sentence)
    assert room.read()["count"] == 0


def test_the_longest_note_is_kept_whole(room):
    assert room.write("Operator", "ꦩ" * 500).status == 201
    assert room.read()["notes"][0]["text"] == "ꦩ" * 500


def test_nothing_is_at_a_site_or_note_that_nobody_registered(room):
    for path, body in (
        ("/api/v1/sites/nowhere/notes", None),
        ("/api/v1/sites/nowhere/notes", {"id": str(uuid4()), "text": "x"}),
        (f"{room.notes}/{uuid4()}/end", {}),
    ):
        assert room.ask("Operator", path, body).status == 404, path


def test_what_was_written_and_ended_is_in_the_audit_trail_once_with_its_person(room, city):
    sent = {"id": str(uuid4()), "text": "sekali"}
    for minute in range(2):
        room.clock.move(minutes=minute)
        room.ask("Installer", room.notes, sent)
    for name in ("Operator", "Installer"):
        room.clock.move(minutes=1)
        room.ask(name, f"{room.notes}/{sent['id']}/end", {})
    with city.database.reading() as connection:
        lines = [entry for entry in audit_entries(connection) if entry.about in room.notes and entry.about]
    assert [(line.by, line.act, dict(line.details)) for line in lines] == [
        ("Installer", Act.SITE_NOTE_WRITTEN, {"note": sent["id"]}),
        ("Operator", Act.SITE_NOTE_ENDED, {"note": sent["id"]}),
    ]


def test_programs_read_notes_and_write_none(room):
    bearer = {"authorization": f"Bearer {ACCESS_TOKEN}", "content-type": "application/json"}
    body = json.dumps({"id": str(uuid4()), "text": "x"}).encode()
    assert ask(room.app, room.notes, headers=bearer).status == 200
    assert ask(room.app, room.notes, method="POST", headers=bearer, body=body).status == 403
