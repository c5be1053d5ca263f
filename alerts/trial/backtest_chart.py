"""A back-test as one plain SVG: a lane per rule and site, a bar per alarm, known events behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from html import escape

from alerts.journal.alarms import Severity
from alerts.trial.backtest import Activation, KnownEvent, Past, Trial

_LEFT, _WIDTH, _LANE, _TOP = 320, 960, 22, 40
_COLOURS = {
    Severity.LOW: "#d4a017",
    Severity.MEDIUM: "#e07b1a",
    Severity.HIGH: "#d0402b",
    Severity.CRITICAL: "#8e1b6b",
}


def as_svg(trials: Sequence[Trial], past: Past, known: Sequence[KnownEvent], zone: tzinfo) -> str:
    """Return the picture; it stands alone, needs no script and no internet."""
    lanes = [(trial, site) for trial in trials for site in trial.per_site]
    height = _TOP + max(1, len(lanes)) * _LANE + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 20} {height}"'
        ' font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        *_events(known, past, height),
        *_days(past, zone, height),
    ]
    for number, (trial, site) in enumerate(lanes):
        alarms = [alarm for alarm in trial.alarms if alarm.site_id == site]
        parts += _lane(trial, alarms, past, _TOP + number * _LANE)
    if not lanes:
        parts.append(f'<text x="{_LEFT}" y="{_TOP + 15}">no alarm</text>')
    return "\n".join([*parts, "</svg>\n"])


def _x(at: datetime, past: Past) -> float:
    share = (min(max(at, past.start), past.end) - past.start) / (past.end - past.start)
    return round(_LEFT + _WIDTH * share, 1)


def _lane(trial: Trial, alarms: Sequence[Activation], past: Past, y: int) -> Iterator[str]:
    name = escape(f"{trial.rule.id} · {alarms[0].site_id} · {len(alarms)}")
    yield f'<text x="{_LEFT - 8}" y="{y + 15}" text-anchor="end">{name}</text>'
    yield f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y + 19}" y2="{y + 19}" stroke="#e6e6e6"/>'
    for alarm in alarms:
        left, right = _x(alarm.raised_at, past), _x(alarm.ended_at or past.end, past)
        told = escape(f"{alarm.raised_at.isoformat()}, {alarm.lasted(past.end)}")
        yield (
            f'<rect x="{left}" y="{y + 4}" width="{max(1.5, right - left):.1f}" height="13"'
            f' fill="{_COLOURS[trial.rule.severity]}"><title>{told}</title></rect>'
        )


def _events(known: Sequence[KnownEvent], past: Past, height: int) -> Iterator[str]:
    for event in known:
        left, right = _x(event.start, past), _x(event.end, past)
        yield (
            f'<rect x="{left}" y="{_TOP - 12}" width="{max(2.0, right - left):.1f}" height="{height}"'
            f' fill="#cfe3f5"><title>{escape(event.name)}</title></rect>'
        )


def _days(past: Past, zone: tzinfo, height: int) -> Iterator[str]:
    """Yield a line at midnight of about every tenth of the span, in the zone."""
    step = timedelta(days=max(1, (past.end - past.start).days // 10))
    day = past.start.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day < past.end:
        x = _x(day, past)
        yield f'<line x1="{x}" x2="{x}" y1="{_TOP - 12}" y2="{height}" stroke="#bbbbbb"/>'
        yield f'<text x="{x}" y="{_TOP - 18}" text-anchor="middle">{day:%d %b}</text>'
        day += step
