"""Texts that people write, as every store can keep them and every reader see them."""

from __future__ import annotations

import unicodedata

# They count as letters or signs and print nothing: fillers of Hangul and Khmer, the empty Braille cell.
_BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_PRINTING = frozenset("LNPS")


def plain_text(text: str, *, name: str, longest: int, may_be_empty: bool = False) -> str:
    """Return a text as it is kept: without blanks around it.

    Args:
        text: As it was sent.
        name: What it is called in a refusal, like "a note".
        longest: So many characters at most.
        may_be_empty: True where nobody needs to write anything.

    Raises:
        ValueError: It is too long, shows nothing, or holds what no database can keep; told in a sentence.
    """
    plain = text.strip()
    if len(plain) > longest:
        raise ValueError(f"{name} has at most {longest} characters; this one has {len(plain)}")
    if not (may_be_empty or shows_something(plain)):
        raise ValueError(f"{name} needs a text")
    if "\0" in plain:
        raise ValueError(f"{name} is plain text; this one holds a NUL character")
    if any("\ud800" <= character <= "\udfff" for character in plain):
        raise ValueError(f"{name} is plain text; this one holds half a character")
    return plain


def shows_something(text: str) -> bool:
    """Tell whether any of a text is printed; blanks and zero-width characters alone are an empty line."""
    return any(unicodedata.category(c)[0] in _PRINTING and c not in _BLANK for c in text)
