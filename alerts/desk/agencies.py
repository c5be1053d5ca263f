"""To whom an alarm can be assigned: the agencies that the rules and the settings name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from alerts.desk.outage_rows import AGENCY
from alerts.rulebook.rules import Rule


def known_agencies(rules: Mapping[str, Rule], named: Iterable[str] = ()) -> tuple[str, ...]:
    """Return every agency that can answer for an alarm, in the order of the alphabet.

    Args:
        rules: Rules by id.
        named: What the settings name beside those of the rules.
    """
    return tuple(sorted({rule.agency for rule in rules.values()} | {AGENCY, *named}))


def unknown_agency(name: str, known: Iterable[str]) -> str:
    """Return a sentence on an agency that nobody knows, with what may be meant; "" for a known one."""
    choices = tuple(known)
    if name in choices:
        return ""
    folded = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(name.casefold(), folded, n=1)
    meant = f", did you mean {folded[near[0]]}?" if near else ";"
    return (
        f"there is no agency '{name}'{meant} known are {', '.join(choices)} "
        "(`agencies` in pantau.yaml adds others)"
    )
