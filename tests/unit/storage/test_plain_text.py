from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.plain_text import plain_text, shows_something

NOTHING = [
    "",
    " \n\t",
    "\u200b",
    "\u2060\ufeff",
    "\u00ad",
    "\u202e",
    "\u3164",
    "\u2800",
    "\ufe0f",
    "\u0301",
    "\0",
]


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
def test_blanks_fillers_and_format_characters_show_nothing(text):
    assert not shows_something(text)
    with pytest.raises(ValueError, match="a reason needs a text"):
        plain_text(text, name="a reason", longest=10)


@pytest.mark.parametrize("text", ["a", ".", "5", "ꦩ", "\u200bx", "€", "🌊", "مطر"])
def test_letters_numbers_and_signs_of_any_script_are_a_text(text):
    assert plain_text(f" {text}\n", name="a note", longest=10) == text


@pytest.mark.parametrize(
    ("text", "says"), [("a\0b", "NUL"), ("a\ud800b", "half a character"), ("x" * 11, "at most 10")]
)
def test_what_no_store_can_keep_is_refused_even_where_nothing_need_be_written(text, says):
    with pytest.raises(ValueError, match=says):
        plain_text(text, name="a note", longest=10, may_be_empty=True)


def test_where_nothing_need_be_written_nothing_is_kept():
    assert plain_text("  ", name="a note", longest=10, may_be_empty=True) == ""


@given(st.text(st.characters(codec=None)))
def test_what_is_kept_has_bytes_and_stays_as_it_is_when_kept_again(text):
    try:
        kept = plain_text(text, name="a note", longest=100)
    except ValueError:
        return
    assert kept.encode().decode() == kept
    assert plain_text(kept, name="a note", longest=100) == kept
