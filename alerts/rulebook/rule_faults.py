"""What is wrong with a rule as seen from outside of it: unknown kinds, unreachable limits, ids used twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from alerts.rulebook.limits import Limit, Limits
from alerts.rulebook.when import Flat, Leaf, Slope, Take, Unusual, Value, Window
from config.loader import Document
from config.problems import Problem
from devices.kinds import Kind

if TYPE_CHECKING:
    from alerts.rulebook.rules import Rule, RuleFile

Keys = tuple[str | int, ...]


def faults_between(
    documents: Iterable[Document[RuleFile]],
    kinds: Mapping[str, Kind],
    taken: Mapping[str, str] = MappingProxyType({}),
) -> list[Problem]:
    """Return what is wrong with the rules of several files, each fault at its place.

    Args:
        documents: The files; of an id that is used twice, the later one is at fault.
        kinds: The kinds that rules may speak of.
        taken: Places as `path:line` to which ids belong whatever the order of the files.
    """
    problems: list[Problem] = []
    known = dict(taken)
    for document in documents:
        rules = {rule.id: rule for rule in document.value.rules}
        for number, rule in enumerate(document.value.rules):
            place = f"{document.path}:{document.line('rules', number, 'id')}"
            if known.setdefault(rule.id, place) != place:
                told = f"rule '{rule.id}' exists already at {known[rule.id]}; give this one another id"
                problems.append(document.problem(told, "rules", number, "id"))
            includes = _not_includable(rule, rules, is_whole=document.is_whole)
            problems += [
                document.problem(message, "rules", number, *keys)
                for keys, message in (*_faults(rule, kinds), *includes)
            ]
    return problems


def _faults(rule: Rule, kinds: Mapping[str, Kind]) -> Iterator[tuple[Keys, str]]:
    known = _unknown((), rule.kind, rule.metric, kinds)
    if known is not None:
        yield known
        return
    for keys, leaf in rule.condition.places():
        place: Keys = () if rule.when is None else ("when", *keys)
        kind = leaf.kind or rule.kind
        metric = leaf.metric or (rule.metric if kind == rule.kind else None)
        fault = _unknown(place, kind, metric, kinds)
        if fault is not None:
            yield fault
        else:
            yield from _unreachable(place, leaf, kinds[kind], metric or kinds[kind].primary)


def _not_includable(rule: Rule, rules: Mapping[str, Rule], *, is_whole: bool) -> Iterator[tuple[Keys, str]]:
    """Tell included rules that are unknown, of another kind, or not milder: nothing may fold in a circle.

    They stand in the same file, so that a fault in one file refuses no other. In a file that is not whole,
    one that is not found may be one of those with a fault.
    """
    for number, name in enumerate(rule.includes):
        other = rules.get(name)
        place: Keys = ("includes", number)
        if other is None:
            if is_whole:
                yield place, f"there is no rule '{name}' in this file; includes lists ids of milder rules"
        elif other.kind != rule.kind:
            yield (
                place,
                f"'{name}' watches {other.kind}, this rule {rule.kind}; only the same kind can be included",
            )
        elif other.severity >= rule.severity:
            told = f"'{name}' is {other.severity.name.lower()}, this rule {rule.severity.name.lower()}"
            yield place, f"{told}; only a milder rule can be included"


def _unknown(
    place: Keys, kind: str, metric: str | None, kinds: Mapping[str, Kind]
) -> tuple[Keys, str] | None:
    if kind not in kinds:
        return (*place, "kind"), f"kind '{kind}' is not known; known kinds: {', '.join(sorted(kinds))}"
    if metric is not None and metric not in kinds[kind].metrics:
        known = ", ".join(sorted(kinds[kind].metrics))
        return (*place, "metric"), f"kind '{kind}' has no metric '{metric}'; it has: {known}"
    return None


def _unreachable(place: Keys, leaf: Leaf, kind: Kind, name: str) -> Iterator[tuple[Keys, str]]:
    """Tell a limit that no plausible value can cross, and a window that holds too few values."""
    if isinstance(leaf, Value) or (isinstance(leaf, Window) and leaf.take not in (Take.SUM, Take.TOTAL)):
        yield from _outside_of(place, leaf, kind, name)
    if isinstance(leaf, Slope | Window | Flat) and leaf.over < 2 * kind.expected_interval:
        every = f"{kind.expected_interval.total_seconds() / 60:g} minutes"
        yield (
            (*place, "over"),
            f"shorter than two readings of {kind.name}, which speaks every {every}",
        )
    if isinstance(leaf, Unusual) and leaf.percent and kind.metrics[name].plausible_min < 0:
        yield (*place, "percent"), f"{name} can be negative, which has no percent; leave percent out"


def _outside_of(place: Keys, limits: Limits, kind: Kind, name: str) -> Iterator[tuple[Keys, str]]:
    metric = kind.metrics[name]
    span = f"{metric.plausible_min:g} to {metric.plausible_max:g} {metric.unit}".strip()
    given: dict[Keys, Limit | None] = {
        ("above",): limits.above,
        ("below",): limits.below,
        **{("outside", number): limit for number, limit in enumerate(limits.outside or ())},
    }
    for key, limit in given.items():
        if isinstance(limit, float) and not metric.plausible_min < limit < metric.plausible_max:
            yield (*place, *key), f"limit {limit:g} is outside what {name} can be: {span}; check the unit"
