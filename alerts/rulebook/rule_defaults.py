"""What a rule leaves unsaid: how alarms of its metric usually wait and end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from config.loader import Document
from config.problems import Problem
from devices.kinds import AlarmDefaults, Kind

if TYPE_CHECKING:
    from alerts.rulebook.rules import Rule, RuleFile


def with_defaults(
    document: Document[RuleFile], kinds: Mapping[str, Kind], problems: list[Problem]
) -> Document[RuleFile]:
    """Return a file whose rules say everything; what they leave out comes from the metric they watch.

    A rule that says `deadband: 0` means it. Rules of unknown kinds and metrics stay as they are.

    Args:
        document: The file as it was read.
        kinds: The kinds that rules may speak of.
        problems: Rules whose limits leave no room for the default are told here, and stay as they are.
    """
    rules = []
    for number, rule in enumerate(document.value.rules):
        try:
            rules.append(replace(rule, **_missing(document, number, rule, kinds)))
        except ValueError as error:
            told = f"{error}; the deadband is the default of {rule.kind}.{rule.metric}, give one of its own"
            problems.append(document.problem(told, "rules", number))
            rules.append(rule)
    return replace(document, value=replace(document.value, rules=tuple(rules)))


def _missing(
    document: Document[RuleFile], number: int, rule: Rule, kinds: Mapping[str, Kind]
) -> dict[str, Any]:
    kind = kinds.get(rule.kind)
    if kind is None or rule.metric not in kind.metrics:
        return {}
    usual = kind.metrics[rule.metric].alarms
    names = [name for name in AlarmDefaults.__dataclass_fields__ if not document.gives("rules", number, name)]
    if rule.when is not None or rule.clear is not None:
        names = [name for name in names if name != "deadband"]
    return {name: getattr(usual, name) for name in names}
