"""The alarm list as people are to see it now: one row per rule and site, and the incidents they make up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.desk.chatter import STANDARD, ChatterLimits, chatter_now
from alerts.desk.folding import held_under
from alerts.desk.incidents import Incident, incidents
from alerts.journal.acts_table import NO_ACTS, Acts
from alerts.journal.rows import AlarmRow, AlarmState, rows
from alerts.rulebook.rules import Rule
from dashboard.snapshot import Snapshot
from dashboard.view import AlarmStatus, CityView
from devices.registry import Site

_ASIDE = (AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStatus:
    """One row of the list now.

    Attributes:
        row: Its alarms and its shelf.
        rule: The rule that speaks; None when its file is gone, or when Pantau itself speaks.
        site: Where; None when the registry no longer knows the place.
        newest: Its newest open alarm; None when it is only put aside.
        acts: What people last did to that alarm.
        chatter: How often it spoke since it began to chatter; 0 when it does not.
        folded_under: Key of the row that says all that it says; "" when it stands for itself.
    """

    row: AlarmRow
    rule: Rule | None
    site: Site | None
    newest: AlarmStatus | None
    acts: Acts
    chatter: int
    folded_under: str

    @property
    def is_retrospective(self) -> bool:
        """True when all of it is of the past, from data that came late."""
        return bool(self.row.alarms) and all(alarm.retrospective for alarm in self.row.alarms)

    @property
    def stands_for_itself(self) -> bool:
        """True when it belongs in the list of what is so now."""
        return self.row.state not in _ASIDE and not self.folded_under and not self.is_retrospective


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmList:
    """All rows that are not normal, the most urgent first, and the incidents among them, the worst first."""

    rows: tuple[RowStatus, ...]
    incidents: tuple[Incident, ...]


def alarm_list(
    snapshot: Snapshot, view: CityView, rules: Mapping[str, Rule], *, limits: ChatterLimits = STANDARD
) -> AlarmList:
    """Return the list at the moment of a view; pure.

    Args:
        snapshot: The books of which the view was made.
        view: The city now.
        rules: Rules by id.
        limits: What chatter is.
    """
    newest_first = sorted(snapshot.alarms.values(), key=lambda alarm: alarm.raised_at, reverse=True)
    found = rows(newest_first, snapshot.shelves)
    under = held_under(found, snapshot.registry, rules)
    statuses = tuple(
        RowStatus(
            row=row,
            rule=rules.get(row.rule_id),
            site=snapshot.registry.sites.get(row.site_id),
            newest=view.statuses[row.newest.id] if row.newest else None,
            acts=snapshot.acts.get(row.newest.id, NO_ACTS) if row.newest else NO_ACTS,
            chatter=_chatter(snapshot.spoken.get((row.rule_id, row.site_id), ()), view.at, limits),
            folded_under=under.get(row.key, ""),
        )
        for row in found
    )
    active = [alarm for s in statuses if s.stands_for_itself for alarm in s.row.active]
    return AlarmList(rows=statuses, incidents=tuple(incidents(active, snapshot.registry.sites)))


def _chatter(spoken: Sequence[datetime], now: datetime, limits: ChatterLimits) -> int:
    found = chatter_now(spoken, now, limits) if spoken else None
    return found.count if found else 0
