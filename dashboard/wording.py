"""Numbers and times as the chosen language writes them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal

_LOCALES = {"id": "id_ID", "en": "en_GB"}


def decimal(value: float, precision: int, language: str) -> str:
    """Return a number with its decimals: 1.234,5 in Indonesian, 1,234.5 in English.

    Args:
        value: Any finite number.
        precision: How many decimals, also when they are zeros.
        language: `id` or `en`.
    """
    decimals = "." + "0" * precision if precision else ""
    return format_decimal(value, format=f"#,##0{decimals}", locale=_LOCALES[language])


def moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Return day, month and wall clock with the zone's name: `22 Nov 05:10 WIB`."""
    text = format_datetime(at, "d MMM HH:mm", tzinfo=zone, locale=_LOCALES[language])
    return f"{text} {zone_name(at, zone)}"


def day(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Return the day in the zone with its year: `22 Nov 2026`."""
    return format_datetime(at, "d MMM y", tzinfo=zone, locale=_LOCALES[language])


def zone_name(at: datetime, zone: ZoneInfo) -> str:
    """Return what people call the zone, like WIB."""
    return at.astimezone(zone).tzname() or zone.key
