"""Every text that people see on the pages, in Bahasa Indonesia (`id.yaml`) and English (`en.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.loader import load_file

LANGUAGES = ("id", "en")
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A file of texts: key to text, with `{name}` where a value is put in."""

    texts: Mapping[str, str]


def load_texts() -> dict[str, Texts]:
    """Return language to key to text.

    Raises:
        ConfigError: A catalogue is damaged.
    """
    folder = Path(__file__).parent / "text"
    return {language: load_file(folder / f"{language}.yaml", Catalogue).texts for language in LANGUAGES}
