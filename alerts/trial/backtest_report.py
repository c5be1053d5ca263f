"""A back-test as people and programs read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta, tzinfo
from typing import Any

from alerts.trial.backtest import Past, Trial, Verdicts, shifts_with

_BARS = "▁▂▃▄▅▆▇█"
_SHOWN_SITES = 5
_WIDEST = 90


def as_text(trials: Sequence[Trial], past: Past, verdicts: Verdicts | None, zone: tzinfo) -> str:
    """Return the back-test as plain text, a block per rule."""
    span = " to ".join(at.astimezone(zone).strftime("%Y-%m-%d %H:%M") for at in (past.start, past.end))
    lines = [f"{span} {zone}: {_shifts(trials, past, zone)}"]
    for trial in trials:
        lines += ["", *_block(trial, past, zone)]
    if verdicts is not None:
        lines += ["", *_held(verdicts, zone)]
    return "\n".join(lines)


def _shifts(trials: Sequence[Trial], past: Past, zone: tzinfo) -> str:
    """Tell how many shifts there were, and where they had no readings, how many had."""
    heard = shifts_with(frozenset().union(*(trial.heard for trial in trials)), zone)
    days, told = _days(past, zone), f"{past.shifts:.0f} shifts of 8 hours"
    if not heard:
        return f"{told}, no readings at all"
    with_readings = len({day for day, _ in heard})
    shifts = "1 shift" if len(heard) == 1 else f"{len(heard)} shifts"
    return f"{told}, readings on {with_readings} of {days} days and in {shifts}"


def _days(past: Past, zone: tzinfo) -> int:
    last = past.end - timedelta(microseconds=1)
    return (last.astimezone(zone).date() - past.start.astimezone(zone).date()).days + 1


def _block(trial: Trial, past: Past, zone: tzinfo) -> list[str]:
    fired = len(trial.alarms)
    lines = [f"{trial.rule.id}: would have fired {_times(fired)}, {trial.per_shift(zone):.2f} per shift"]
    if not fired:
        return lines
    night, day, evening = trial.by_shift(zone)
    longest = max(trial.alarms, key=lambda alarm: alarm.lasted(past.end))
    still = " and is active still" if longest.ended_at is None else ""
    shown = [f"{site} {count}" for site, count in list(trial.per_site.items())[:_SHOWN_SITES]]
    more = len(trial.per_site) - len(shown)
    lines += [
        f"  per day    {sparkline(trial, past, zone)}",
        f"  by shift   0-8 h {night}, 8-16 h {day}, 16-24 h {evening}",
        f"  by site    {', '.join(shown)}" + (f" and {more} more" if more else ""),
        f"  longest    {_span(longest.lasted(past.end))} at {longest.site_id}{still}",
    ]
    runs = [run for chatter in trial.chatter.values() for run in chatter]
    if runs:
        told = f"{len(runs)} at {len(trial.chatter)} sites, the worst x{max(run.count for run in runs)}"
        lines.append(f"  chattering {told}")
    if trial.deadband is not None:
        own = f"{trial.rule.deadband:g} -> {trial.deadband:g}"
        lines.append(f"  deadband   {own}: {_times(trial.with_deadband or 0)} instead of {fired}")
    return lines


def _held(verdicts: Verdicts, zone: tzinfo) -> list[str]:
    known, beside = len(verdicts.caught) + len(verdicts.missed), len(verdicts.beside)
    lines = [f"caught {len(verdicts.caught)} of {known} known events; {beside} alarms beside them"]
    for event, alarm in verdicts.caught:
        after = alarm.raised_at - event.start
        when = f"{_span(abs(after))} {'after' if after >= timedelta(0) else 'before'} its begin"
        lines.append(f"  caught  {event.name}: {alarm.rule_id} at {alarm.site_id}, {when}")
    missed = (f"  MISSED  {e.name}, {e.start.astimezone(zone):%Y-%m-%d %H:%M}" for e in verdicts.missed)
    return [*lines, *missed]


def sparkline(trial: Trial, past: Past, zone: tzinfo) -> str:
    """Return the alarms of each local day as a row of bars; of a long span, the newest days."""
    first, last = past.start.astimezone(zone).date(), past.end.astimezone(zone).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)][-_WIDEST:]
    begun = Counter(alarm.raised_at.astimezone(zone).date() for alarm in trial.alarms)
    most = max((begun[day] for day in days), default=0)
    bars = "".join(_BARS[-(-begun[day] * (len(_BARS) - 1) // most)] if most else _BARS[0] for day in days)
    return f"{bars}  at most {most}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _span(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 48 * 60 else f"{minutes / 1440:.1f} days"


def as_json(trials: Sequence[Trial], past: Past, verdicts: Verdicts | None, zone: tzinfo) -> dict[str, Any]:
    """Return the back-test for programs; times are ISO 8601 in the zone."""
    return {
        "from": past.start.astimezone(zone).isoformat(),
        "to": past.end.astimezone(zone).isoformat(),
        "shifts": past.shifts,
        "shifts_with_readings": len(shifts_with(frozenset().union(*(trial.heard for trial in trials)), zone)),
        "rules": [_trial_as_json(trial, past, zone) for trial in trials],
        "events": None if verdicts is None else _verdicts_as_json(verdicts),
    }


def _trial_as_json(trial: Trial, past: Past, zone: tzinfo) -> dict[str, Any]:
    return {
        "rule": trial.rule.id,
        "fired": len(trial.alarms),
        "shifts_with_readings": len(shifts_with(trial.heard, zone)),
        "per_shift": trial.per_shift(zone),
        "by_shift": trial.by_shift(zone),
        "by_site": trial.per_site,
        "longest_s": max((a.lasted(past.end).total_seconds() for a in trial.alarms), default=None),
        "chattering": {site: [run.count for run in runs] for site, runs in trial.chatter.items()},
        "deadband": trial.rule.deadband,
        "proposed_deadband": trial.deadband,
        "fired_with_it": trial.with_deadband,
        "alarms": [
            {
                "site": alarm.site_id,
                "raised_at": alarm.raised_at.astimezone(zone).isoformat(),
                "ended_at": alarm.ended_at.astimezone(zone).isoformat() if alarm.ended_at else None,
            }
            for alarm in trial.alarms
        ],
    }


def _verdicts_as_json(verdicts: Verdicts) -> dict[str, Any]:
    return {
        "caught": [
            {"event": event.name, "rule": alarm.rule_id, "site": alarm.site_id, "after_s": after}
            for event, alarm in verdicts.caught
            for after in [(alarm.raised_at - event.start).total_seconds()]
        ],
        "missed": [event.name for event in verdicts.missed],
        "alarms_beside": len(verdicts.beside),
    }
