"""The words of messages in Bahasa Indonesia and English: one message catalogue per language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("id", "en")
Texts = Mapping[str, str]

_FOLDER = Path(__file__).parent / "text"


def load_texts() -> dict[str, Texts]:
    """Return language to key to text, with `{name}` where a value is put in."""
    return {language: _catalogue(_FOLDER / f"{language}.po") for language in LANGUAGES}


def _catalogue(path: Path) -> Texts:
    with path.open("rb") as file:
        messages = list(read_po(file, abort_invalid=True))
    return {str(message.id): str(message.string) for message in messages if message.id}
