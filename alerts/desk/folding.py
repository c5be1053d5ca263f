"""Which rows of the alarm list fold under another one that says all that they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.desk.outage_rows import parent_of
from alerts.journal.rows import AlarmRow
from alerts.judging.outages import is_outage
from alerts.rulebook.rules import Rule
from devices.registry import Registry


def held_under(rows: Iterable[AlarmRow], registry: Registry, rules: Mapping[str, Rule]) -> dict[str, str]:
    """Return which rows fold now, each by its key with the key of the row that holds it.

    An alarm of silence folds under the widest outage that explains it; an alarm of a milder rule under the
    worst one at its site whose rule includes it. Nothing of this is kept: when the row above is over or put
    aside, what it held stands for itself.

    Args:
        rows: All open rows, those of outages among them.
        registry: What stands where.
        rules: Rules by id.
    """
    listed = list(rows)
    return _included(listed, rules) | _explained(listed, registry, rules)


def _explained(rows: list[AlarmRow], registry: Registry, rules: Mapping[str, Rule]) -> dict[str, str]:
    outages = [alarm for row in rows if is_outage(row.rule_id) for alarm in row.active]
    found = {}
    for row in rows:
        rule = rules.get(row.rule_id)
        parents = [parent_of(alarm, outages, registry, rule.kind if rule else None) for alarm in row.active]
        for parent in filter(None, parents):
            found[row.key] = f"{parent.rule_id}/{parent.site_id}"
    return found


def _included(rows: list[AlarmRow], rules: Mapping[str, Rule]) -> dict[str, str]:
    """Fold under rows of now only: what late data told of the past holds nothing of the present."""
    active = {row.key: row for row in rows if row.active and row.shelf is None}
    heads = [row for row in active.values() if not all(alarm.retrospective for alarm in row.active)]
    found = {}
    for head in sorted(heads, key=lambda row: row.severity):
        rule = rules.get(head.rule_id)
        for name in rule.includes if rule else ():
            if (key := f"{name}/{head.site_id}") in active:
                found[key] = head.key
    return found
