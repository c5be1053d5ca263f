"""What dead letters' reasons say in every language: ingest writes English, which is kept as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

from dashboard.texts import Texts

_PREFIX = "letter_"
_ENGLISH = "en"


class LetterWords:
    """The sentences that ingest may write, found again in the catalogues under `letter_`.

    Args:
        texts: Language to key to text; the English one is what ingest writes.
    """

    def __init__(self, texts: Mapping[str, Texts]) -> None:
        keys = [key for key in texts[_ENGLISH] if key.startswith(_PREFIX)]
        # The one that says most itself comes first: "in no known unit" before "in {unit}".
        keys.sort(key=lambda key: -len(_literal(texts[_ENGLISH][key])))
        self._texts = texts
        self._patterns = {key: _pattern(texts[_ENGLISH][key]) for key in keys}

    def told(self, reason: str) -> dict[str, str]:
        """Return a reason in every language; one that is not known, as it was written, in all of them."""
        for key, pattern in self._patterns.items():
            match = pattern.fullmatch(reason)
            if match:
                return {name: texts[key].format(**match.groupdict()) for name, texts in self._texts.items()}
        return dict.fromkeys(self._texts, reason)


def _literal(template: str) -> str:
    return "".join(literal for literal, *_ in Formatter().parse(template))


def _pattern(template: str) -> re.Pattern[str]:
    parts = [
        re.escape(literal) + (f"(?P<{field}>.*)" if field else "")
        for literal, field, *_ in Formatter().parse(template)
    ]
    return re.compile("".join(parts), re.DOTALL)
