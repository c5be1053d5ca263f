"""What an agency said row by row, as known events that rules are held against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.rulebook.rules import Rule, SiteLimit
from alerts.rulebook.when import Slope
from alerts.trial.backtest import KnownEvent
from alerts.trial.disagreement import LabelledRow


def agency_events(
    rows: Iterable[LabelledRow],
    rules: Mapping[str, Rule],
    *,
    scheme: Collection[str],
    within: timedelta,
    lead: timedelta,
) -> tuple[KnownEvent, ...]:
    """Return each time that the agency's status reached a level, for the rules that should have told it.

    A level rule must tell it within a time before or after. A rule on the speed of rise must tell it before,
    by as much as `lead`; a status with which the rows begin is nothing that it could have told.

    Args:
        rows: In any order; of a site and time that come twice, the first counts.
        rules: By id; those with a site's threshold as limit are the levels, and their severity is the order.
        scheme: The labels that the agency has, spoken or not; levels of other labels are none of its own.
        within: How far a level rule may be from the agency.
        lead: How early a rise may be told.
    """
    said_by_site = _by_site(rows)
    levels = _levels(scheme, rules)
    warning = tuple(rule.id for rule in rules.values() if is_warning(rule))
    found: list[KnownEvent] = []
    steps: dict[tuple[str, datetime], KnownEvent] = {}  # two levels reached at once are one step
    for site_id, said in sorted(said_by_site.items()):
        begun = said[0][0]
        for label, level in levels.items():
            reached = {name: rule.severity >= level.severity for name, rule in levels.items()}
            for first, last in _spells([(at, reached.get(status, False)) for at, status in said]):
                event = KnownEvent(
                    name=f"{label} at {site_id}",
                    start=first - within,
                    end=last,
                    sites=(site_id,),
                    rules=(level.id,),
                    moment=first,
                    slack=within,
                )
                found.append(event)
                if warning and first > begun:
                    steps.setdefault(
                        (site_id, first),
                        replace(event, start=first - lead, rules=warning, slack=timedelta(0)),
                    )
    return (*found, *steps.values())


def _levels(scheme: Collection[str], rules: Mapping[str, Rule]) -> dict[str, Rule]:
    limits = ((rule.limit, rule) for rule in rules.values())
    return {
        limit.site: rule for limit, rule in limits if isinstance(limit, SiteLimit) and limit.site in scheme
    }


def is_warning(rule: Rule) -> bool:
    """Tell whether a rule looks at how fast something rises, so that it speaks before a level is reached."""
    return any(isinstance(leaf, Slope) for leaf in rule.condition.leaves())


def _by_site(rows: Iterable[LabelledRow]) -> dict[str, list[tuple[datetime, str]]]:
    held: dict[str, dict[datetime, str]] = defaultdict(dict)
    for row in rows:
        held[row.site_id].setdefault(row.observed_at, row.label)
    return {site_id: sorted(said.items()) for site_id, said in held.items()}


def _spells(said: Sequence[tuple[datetime, bool]]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the first and the last time of every run of rows on which it is so."""
    first: datetime | None = None
    last = first
    for at, is_so in said:
        if is_so:
            first, last = first or at, at
        elif first is not None and last is not None:
            yield first, last
            first = None
    if first is not None and last is not None:
        yield first, last
