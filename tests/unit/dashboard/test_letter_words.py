from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.letter_words import LetterWords
from dashboard.texts import load_texts

INGEST = Path(__file__).parents[3] / "ingest"
WORDS = LetterWords(load_texts())


def sentences() -> list[str]:
    """Return every sentence that ingest's sources write as a reason, with X where a value is put in."""
    found = set()
    for path in INGEST.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            node.targets[0].id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                found |= {text for told in _reasons(node) if (text := _text(told, named))}
    return sorted(found)


def _reasons(call: ast.Call) -> Iterator[ast.expr]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == "Unusable":
        yield call.args[0]
    elif name == "_rejected":
        yield call.args[1]
    elif name == "Rejection":
        yield from (word.value for word in call.keywords if word.arg == "reason")


def _text(told: ast.expr, named: dict[str, ast.expr]) -> str:
    if isinstance(told, ast.Name):
        return _text(named[told.id], {}) if told.id in named else ""
    if isinstance(told, ast.Constant):
        return str(told.value)
    if isinstance(told, ast.JoinedStr):
        return "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else (isinstance(part, ast.FormattedValue) and _text(part.value, named)) or "X"
            for part in told.values
        )
    return ""


def test_the_sources_are_read() -> None:
    assert len(sentences()) > 40


@pytest.mark.parametrize("sentence", sentences())
def test_every_reason_of_ingest_is_told_in_both_languages(sentence: str) -> None:
    told = WORDS.told(sentence)
    assert told["en"] == sentence
    assert told["id"] != sentence


@pytest.mark.parametrize(
    ("reason", "bahasa"),
    [
        ("the value at a.b is in °F, not in °C", "nilai di a.b bersatuan °F, bukan °C"),
        (
            "the value at a is in no known unit, not in cm",
            "nilai di a bersatuan yang tidak dikenal, bukan cm",
        ),
        (
            "the store refused it: database is locked\nreally",
            "penyimpanan menolaknya: database is locked\nreally",
        ),
        ("kind flood has no metric {x}", "jenis flood tidak punya metrik {x}"),
        ("something of an older version", "something of an older version"),
        ("", ""),
    ],
)
def test_details_follow_as_they_were_written(reason: str, bahasa: str) -> None:
    assert WORDS.told(reason) == {"id": bahasa, "en": reason}
