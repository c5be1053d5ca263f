"""The rules as a page needs them: always those of the files as they are now."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping

from alerts.rulebook.rule_book import RuleBook
from alerts.rulebook.rules import Rule
from config.problems import Problem

_LOOK_EVERY_S = 2.0


class RulesInForce(Mapping[str, Rule]):
    """A mapping of rule id to rule that follows its files; may be asked from any thread.

    Args:
        book: Owned here; nobody else may refresh it.
    """

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._lock = threading.Lock()
        self._rules = book.rules
        self._looked_s = time.monotonic()

    def __getitem__(self, rule_id: str) -> Rule:
        return self._now()[rule_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> Mapping[str, Rule]:
        with self._lock:
            if time.monotonic() - self._looked_s > _LOOK_EVERY_S:
                self._looked_s = time.monotonic()
                if self._book.refresh() is not None:
                    self._rules = self._book.rules
            return self._rules

    def problems(self) -> tuple[Problem, ...]:
        """Return every fault of the rule files that are refused as they are now."""
        self._now()
        with self._lock:
            return tuple(self._book.problems)
