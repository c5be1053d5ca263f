"""Every text that people see on the pages, in Bahasa Indonesia and English: message catalogues per subject.

`text/<language>/<subject>.po` are gettext catalogues, which translators' programs read and write. A message's
id is its key; `{name}` in its text is where a value is put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import PoFileError, read_po

from config.problems import ConfigError, Problem

LANGUAGES = ("id", "en")
Texts = Mapping[str, str]

_FOLDER = Path(__file__).parent / "text"


def load_texts(folder: Path = _FOLDER) -> dict[str, Texts]:
    """Return language to key to text.

    Args:
        folder: Holds a folder per language with its catalogues.

    Raises:
        ConfigError: A catalogue is damaged, or a key stands twice or has no text.
    """
    problems: list[Problem] = []
    texts = {language: _language(folder / language, problems) for language in LANGUAGES}
    if problems:
        raise ConfigError(problems)
    return texts


def _language(folder: Path, problems: list[Problem]) -> Texts:
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.po")):
        for key, text, line in _entries(path, problems):
            if key in texts or not text:
                said = "stands twice" if key in texts else "has no text"
                problems.append(Problem(path=str(path), line=line, column=1, message=f"'{key}' {said}"))
            texts[key] = text
    return texts


def _entries(path: Path, problems: list[Problem]) -> list[tuple[str, str, int]]:
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        problems.append(
            Problem(path=str(path), line=0, column=0, message=f"is no message catalogue: {error}")
        )
        return []
    return [(str(m.id), str(m.string), m.lineno or 0) for m in catalogue if m.id]
