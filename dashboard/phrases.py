"""Texts, numbers and times of a document in one language, on the city's wall clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from dashboard.texts import Texts
from dashboard.wire import Payload
from dashboard.wording import zone_name
from devices.kinds import Kind

UNKNOWN = "–"
_LOCALES = {"id": "id_ID", "en": "en_GB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """How one language says things.

    Attributes:
        texts: The catalogue of the language.
        language: `id` or `en`.
        zone: Zone of the city's clocks.
        kinds: Kinds by name, for what people call them.
    """

    texts: Texts
    language: str
    zone: ZoneInfo
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def text(self, key: str, **values: object) -> str:
        """Return a message with its values put in."""
        return self.texts[key].format(**values)

    def of(self, label: Payload | None) -> str:
        """Return a text that rule and kind files give in both languages."""
        return str(label[self.language]) if label else UNKNOWN

    def kind(self, name: str) -> str:
        """Return what people call a kind of sensor; its name when its file is gone, a dash for none."""
        kind = self.kinds.get(name)
        return kind.label.text(self.language) if kind else name or UNKNOWN

    def number(self, value: float | None, precision: int = 0) -> str:
        """Return a number as the language writes it; a dash for none."""
        if value is None:
            return UNKNOWN
        decimals = f".{'0' * precision}" if precision else ""
        return format_decimal(value, format=f"#,##0{decimals}", locale=_LOCALES[self.language])

    def moment(self, ms: int | None) -> str:
        """Return day, time and zone of milliseconds since 1970; a dash for none."""
        if ms is None:
            return UNKNOWN
        at = datetime.fromtimestamp(ms / 1000, UTC).astimezone(self.zone)
        day = format_date(at, format="d MMM y", locale=_LOCALES[self.language])
        return f"{day} {at:%H:%M} {zone_name(at, self.zone)}"

    def clock(self, ms: int | None) -> str:
        """Return day and time without the year and the zone, for the rows of a table; a dash for none."""
        if ms is None:
            return UNKNOWN
        at = datetime.fromtimestamp(ms / 1000, UTC).astimezone(self.zone)
        return f"{format_date(at, format='d MMM', locale=_LOCALES[self.language])} {at:%H:%M}"

    def span(self, seconds: float | None) -> str:
        """Return a length of time in the two units that matter; a dash for none."""
        if seconds is None:
            return UNKNOWN
        minutes = int(seconds // 60)
        if minutes < 1:
            return self.text("span_seconds", count=int(seconds))
        if minutes < 60:
            return self.text("span_minutes", count=minutes)
        if minutes < 48 * 60:
            return self.text("span_hours", hours=minutes // 60, minutes=minutes % 60)
        return self.text("span_days", days=minutes // 1440, hours=minutes % 1440 // 60)
