"""How rules did against what is known, as a table that people and programs read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from alerts.trial.backtest import Activation, KnownEvent, Past, Trial
from alerts.trial.judgement import Judgement

_HEAD = ("rule", "part", "site days", "events", "told", "missed", "alarms", "false", "false per day", "lag")
_RULED = "|---|---|---|---|---|---|---|---|---|---|"


def as_table(judgements: Sequence[Judgement]) -> str:
    """Return a Markdown table, a line per rule and part; lag is the median from event to alarm in minutes."""
    lines = [f"| {' | '.join(_HEAD)} |", _RULED]
    for one in judgements:
        lag = one.median_lag_min
        cells = (
            f"`{one.rule_id}`",
            one.part,
            f"{one.site_days:,.1f}",
            str(one.events),
            str(len(one.told)),
            str(len(one.missed)),
            str(one.alarms),
            str(len(one.false_alarms)),
            f"{len(one.false_alarms) / one.site_days:.2f}" if one.site_days else "",
            "" if lag is None else f"{lag:+.0f} min",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def as_count_table(trials: Sequence[Trial], past: Past) -> str:
    """Return a Markdown table of the rules that spoke, for a past of which nothing else is known."""
    lines = ["| rule | alarms | sites | per day | chattering | longest |", "|---|---|---|---|---|---|"]
    days = (past.end - past.start).total_seconds() / 86400
    for trial in (trial for trial in trials if trial.alarms):
        longest = max(alarm.lasted(past.end) for alarm in trial.alarms)
        cells = (
            f"`{trial.rule.id}`",
            str(len(trial.alarms)),
            str(len(trial.per_site)),
            f"{len(trial.alarms) / days:.2f}",
            str(sum(len(runs) for runs in trial.chatter.values())),
            f"{longest.total_seconds() / 3600:.1f} h",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def judgements_as_json(judgements: Sequence[Judgement], zone: tzinfo) -> list[dict[str, Any]]:
    """Return the judgements for programs, with every event and every false alarm; times in the zone."""
    return [
        {
            "rule": one.rule_id,
            "part": one.part,
            "site_days": one.site_days,
            "events": one.events,
            "alarms": one.alarms,
            "median_lag_min": one.median_lag_min,
            "told": [{**_event(event, zone), "alarm": _alarm(alarm, zone)} for event, alarm in one.told],
            "missed": [_event(event, zone) for event in one.missed],
            "false_alarms": [_alarm(alarm, zone) for alarm in one.false_alarms],
        }
        for one in judgements
    ]


def is_all_told(judgements: Sequence[Judgement]) -> bool:
    """Tell whether no rule missed anything."""
    return not any(one.missed for one in judgements)


def _event(event: KnownEvent, zone: tzinfo) -> dict[str, Any]:
    return {"event": event.name, "at": event.counted_from.astimezone(zone).isoformat(), "sites": event.sites}


def _alarm(alarm: Activation, zone: tzinfo) -> dict[str, Any]:
    return {
        "site": alarm.site_id,
        "raised_at": alarm.raised_at.astimezone(zone).isoformat(),
        "ended_at": alarm.ended_at.astimezone(zone).isoformat() if alarm.ended_at else None,
    }
