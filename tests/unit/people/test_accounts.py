from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people.accounts import NameRefused, PasswordRefused, check_password, checked_name, name_key


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Siti  Rahma ", "Siti Rahma"),
        ("budi.santoso@madiunkota.go.id", "budi.santoso@madiunkota.go.id"),
        ("Ma'ruf", "Ma'ruf"),
        ("Ｓｉｔｉ", "Siti"),
        ("é", "é"),
        ("9", "9"),
    ],
)
def test_a_name_is_kept_composed_and_with_single_blanks(typed: str, kept: str) -> None:
    assert checked_name(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "x" * 61,
        "-rf",
        "os:root",
        "a\u202eb",
        "a\x00b",
        "a/b",
        "<b>",
        ".hidden",
        "a,b",
        "a" + "́" * 70,
    ],
)
def test_a_name_that_could_deceive_a_reader_is_refused(typed: str) -> None:
    with pytest.raises(NameRefused):
        checked_name(typed)


@given(st.text(max_size=80))
def test_whatever_is_typed_a_kept_name_stays_itself(typed: str) -> None:
    try:
        kept = checked_name(typed)
    except NameRefused:
        return
    assert checked_name(kept) == kept
    assert name_key(kept) == name_key(typed)
    assert ":" not in kept  # the audit trail writes os:<user> for whoever has no account


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("sembilan9", "at least 10"),
        ("x" * 257, "at most 256"),
        ("siti rahma1", "little more than the name"),
        ("SITI RAHMA!", "little more than the name"),
        ("aaaaaaaaaaaa", "same few characters"),
        ("121212121212", "same few characters"),
    ],
)
def test_an_easy_password_is_refused_and_not_repeated_to_anybody(password: str, why: str) -> None:
    with pytest.raises(PasswordRefused, match=why) as refused:
        check_password(password, name="Siti Rahma")
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", ["kuda-lumping-9", "four words and blanks", "пароль-длинный", "🐎" * 4 + "abcdef"]
)
def test_length_is_enough(password: str) -> None:
    check_password(password, name="Siti Rahma")


def test_a_short_name_does_not_forbid_every_password_that_holds_its_letters() -> None:
    check_password("batik-tulis-madiun", name="i")
