"""The colours of both themes as the style sheet says them: assets/tokens.css is their one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

THEMES = ("dark", "light")
Palette = Mapping[str, str]

_TOKENS = Path(__file__).parent / "assets" / "tokens.css"
_BLOCK = re.compile(r':root(\[data-theme="light"\])?\s*\{([^}]*)\}')
_TOKEN = re.compile(r"--([\w-]+):\s*([^;]+);")


@cache
def palette(theme: str) -> Palette:
    """Return token to value under a theme; the light one changes only what it names.

    Args:
        theme: `dark` or `light`.
    """
    text = _TOKENS.read_text(encoding="utf-8")
    blocks = {bool(light): dict(_TOKEN.findall(body)) for light, body in _BLOCK.findall(text)}
    return blocks[False] | (blocks[True] if theme == "light" else {})
