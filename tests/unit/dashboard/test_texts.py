from __future__ import annotations

import re
from pathlib import Path

from dashboard.texts import load_texts

DASHBOARD = Path(__file__).parents[3] / "dashboard"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
BUILT = re.compile(
    r"(state|severity|flag|view|role|act|done|letter|refused|event|alarm_state|tab|empty|narrow)_"
)


def source() -> str:
    files = [*DASHBOARD.glob("*.py"), *(DASHBOARD / "assets" / "live").glob("*.js")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_both_languages_have_the_same_keys() -> None:
    texts = load_texts()
    assert list(texts["id"]) == list(texts["en"])


def test_both_languages_have_the_same_placeholders() -> None:
    texts = load_texts()
    differing = [
        key
        for key in texts["id"]
        if sorted(PLACEHOLDER.findall(texts["id"][key])) != sorted(PLACEHOLDER.findall(texts["en"][key]))
    ]
    assert differing == []


def test_every_text_is_used_somewhere() -> None:
    used = source()
    assert [key for key in load_texts()["id"] if key not in used and not BUILT.match(key)] == []


def test_every_text_that_a_script_names_exists() -> None:
    named = set(re.findall(r"words\.text\(\"(\w+)\"", source())) | set(
        re.findall(r"texts\[\"(\w+)\"\]", source())
    )
    assert named - set(load_texts()["id"]) == set()
