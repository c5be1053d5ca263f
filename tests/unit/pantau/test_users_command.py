from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from pantau.cli import main

PASSWORD = "kuda-lumping-9"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PANTAU_STATE", str(tmp_path))
    return tmp_path


def told(monkeypatch: pytest.MonkeyPatch, *words: str, typed: str = "") -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    return main(["users", *words])


def test_an_account_is_made_shown_changed_and_audited(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(monkeypatch, "list") == 0
    assert "Nobody can sign in yet" in capsys.readouterr().out
    add = ("add", "Siti Rahma", "--role", "operator", "--password-stdin")
    assert told(monkeypatch, *add, typed=f"{PASSWORD}\r\n") == 0
    assert told(monkeypatch, "role", "siti rahma", "admin") == 0
    assert told(monkeypatch, "password", "Siti Rahma", "--password-stdin", typed="pecel-madiun-77") == 0
    assert told(monkeypatch, "sessions", "end", "Siti Rahma") == 0
    assert told(monkeypatch, "disable", "Siti Rahma") == 0
    capsys.readouterr()
    assert told(monkeypatch, "list", "--json") == 0
    row = json.loads(capsys.readouterr().out)[0]
    assert (row["name"], row["role"], row["sessions"]) == ("Siti Rahma", "admin", 0)
    assert row["disabled"] is not None
    assert told(monkeypatch, "enable", "Siti Rahma") == 0
    capsys.readouterr()
    assert told(monkeypatch, "audit", "--json") == 0
    said = capsys.readouterr().out
    assert [entry["act"] for entry in json.loads(said)] == [
        "account added",
        "role changed",
        "password changed",
        "sessions ended",
        "account disabled",
        "account enabled",
    ]
    assert {entry["by"].split(":")[0] for entry in json.loads(said)} == {"os"}
    assert PASSWORD not in said
    assert told(monkeypatch, "audit", "--to", "2020-01-01", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (["disable", "Nobody"], "", "no account 'Nobody'"),
        (["add", "os:root", "--role", "admin", "--password-stdin"], PASSWORD, "a name has"),
        (["add", "Siti", "--role", "admin", "--password-stdin"], "short", "at least 10"),
        (["add", "Siti", "--role", "admin", "--password-stdin"], "", "at least 10"),
        (["add", "Siti", "--role", "admin"], PASSWORD, "--password-stdin"),
        (["audit", "--from", "kemarin"], "", "is not a time"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_without_the_password(
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    typed: str,
    sentence: str,
) -> None:
    assert told(monkeypatch, *words, typed=typed) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert PASSWORD not in said
    assert len(said.splitlines()) == 1


def test_a_password_is_never_an_argument(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        told(monkeypatch, "add", "Siti", "--role", "admin", "--password", PASSWORD)


def test_a_device_that_is_registered_is_in_the_audit_trail_once(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--kind", "flood", "--name", "Bendung 1", "--lat", "-7.63", "--lon", "111.51", "--json")
    assert main(["devices", "add", "--id", "weir-1", *place]) == 0
    password = json.loads(capsys.readouterr().out)["password"]
    assert main(["devices", "add", "--id", "weir-1", *place]) == 0  # registered already: nothing changed
    capsys.readouterr()
    assert told(monkeypatch, "audit") == 0
    said = capsys.readouterr().out
    assert said.count("device added") == 1
    assert "weir-1" in said
    assert password not in said
