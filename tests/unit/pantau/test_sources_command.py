import io
import json
import sys

import pytest
from support.source import ROOT

from pantau.cli import main

NATIVE = str(ROOT / "config" / "sources" / "native.yaml")
TOPIC = "pantau/v1/gate-1/telemetry"
GOOD = '{"ts": "2026-03-01T12:00:00Z", "values": {"water_level_cm": 182.0}}'


@pytest.fixture
def said(capsys):
    def run(*words):
        code = main(["sources", *words])
        return code, capsys.readouterr()

    return run


def test_every_shipped_source_is_listed(said):
    code, told = said("list", "--json")
    rows = json.loads(told.out)
    assert code == 0
    assert rows[0] == {
        "id": "native",
        "format": "native",
        "topic": "pantau/v1/{device}/telemetry",
        "kinds": "any",
        "enabled": "yes",
    }
    assert {row["enabled"] for row in rows[1:]} == {"no"}
    assert {row["id"] for row in rows} == {path.stem for path in (ROOT / "config" / "sources").glob("*.yaml")}


def test_a_measurement_is_a_yes(said):
    code, told = said("test", NATIVE, "--topic", TOPIC, "--payload", GOOD)
    assert code == 0
    assert "=> measurement of gate-1 at 2026-03-01T12:00:00+00:00: water_level_cm 182" in told.out


@pytest.mark.parametrize(
    ("topic", "payload", "end"),
    [
        (TOPIC, "oops", "=> rejected for gate-1: the payload is not JSON"),
        ("other", GOOD, "does not take the message"),
    ],
)
def test_anything_else_is_a_no(said, topic, payload, end):
    code, told = said("test", NATIVE, "--topic", topic, "--payload", payload)
    assert code == 1
    assert end in told.out


def test_the_payload_comes_from_a_file_or_from_standard_input(said, tmp_path, monkeypatch):
    (tmp_path / "payload").write_text(GOOD, encoding="utf-8")
    assert said("test", NATIVE, "--topic", TOPIC, "--payload", f"@{tmp_path / 'payload'}")[0] == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert said("test", NATIVE, "--topic", TOPIC, "--payload", "-")[0] == 0


def test_programs_get_the_steps_and_the_end(said):
    _, told = said("test", NATIVE, "--topic", TOPIC, "--payload", GOOD, "--json")
    answer = json.loads(told.out)
    assert answer["steps"][0] == {"what": "topic", "found": "is one of pantau/v1/+/telemetry"}
    assert answer["outcomes"][0]["values"] == {"water_level_cm": 182.0}


@pytest.mark.parametrize(
    "words",
    [
        (NATIVE, "--payload", "@no-such-file"),
        ("no-such-source.yaml", "--payload", GOOD),
        (NATIVE, "--payload", GOOD, "--received-at", "yesterday"),
        (NATIVE, "--payload", GOOD, "--received-at", "2026-03-01T12:00:00"),
    ],
)
def test_what_cannot_be_tried_is_one_sentence_and_exit_2(said, words):
    code, told = said("test", *words, "--topic", TOPIC)
    assert code == 2
    assert told.err.count("\n") == 1
