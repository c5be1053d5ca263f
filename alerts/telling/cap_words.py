"""What a CAP message says in words, in Bahasa Indonesia and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.desk.deciding import Decision
from alerts.rulebook.rules import Rule
from alerts.telling.cap_messages import CapMessage, Cause
from devices.kinds import Label
from devices.registry import Site
from devices.units import printed_unit

# "The headline SHOULD be ... about 160 characters", CAP 1.2, for short messages on phones.
_LONGEST_HEADLINE = 160
_SAFE = Label(id="ini bukan tanda aman", en="that does not say that it is safe")
_CAUSES: Mapping[Cause, Label] = {
    Cause.RAISED: Label(id="Batas peringatan terlampaui.", en="The warning limit is crossed."),
    Cause.GOES_ON: Label(id="Masih berlangsung.", en="It goes on."),
    Cause.DATA_LOST: Label(
        id="Sensor tidak lagi mengirim data. Belum ada tanda bahwa keadaan ini berakhir.",
        en="The sensor no longer sends data. Nothing says that it is over.",
    ),
    Cause.DATA_BACK: Label(
        id="Sensor mengirim data lagi. Masih berlangsung.", en="The sensor sends data again. It goes on."
    ),
    Cause.CLEARED: Label(
        id="Sudah berakhir: nilai kembali ke batas aman.",
        en="It is over: the values are back within the limit.",
    ),
    Cause.WITHDRAWN: Label(
        id=f"Peringatan ini ditarik karena lokasinya tidak lagi dipantau; {_SAFE.id}.",
        en=f"Withdrawn because the place is no longer watched; {_SAFE.en}.",
    ),
    Cause.PUT_ASIDE: Label(
        id=f"Peringatan ini ditarik petugas, misalnya karena sensor sedang dirawat; {_SAFE.id}.",
        en=f"Withdrawn by the operators, for example because the sensor is being serviced; {_SAFE.en}.",
    ),
}
_PREFIXES: Mapping[Cause, Label] = {
    Cause.CLEARED: Label(id="Selesai: ", en="Over: "),
    Cause.WITHDRAWN: Label(id="Ditarik: ", en="Withdrawn: "),
    Cause.PUT_ASIDE: Label(id="Ditarik: ", en="Withdrawn: "),
}
_MEASURED = Label(id="Nilai terakhir {value} {unit}, {clock}.", en="Last value {value} {unit}, {clock}.")
_LIMIT = Label(id="Batas {value} {unit}.", en="Limit {value} {unit}.")
_SINCE = Label(id="Sejak {clock}.", en="Since {clock}.")


def title_of(message: CapMessage, rule: Rule | None, language: str) -> str:
    """Return what has happened, by the rule's title; its id when the rule is gone."""
    return _in(language, rule.title) if rule else message.alarm.rule_id


def headline(message: CapMessage, rule: Rule | None, site: Site | None, *, language: str) -> str:
    """Return one line for a phone: what and where."""
    prefix = _PREFIXES.get(message.cause)
    what = title_of(message, rule, language)
    line = f"{_in(language, prefix) if prefix else ''}{what} · {site.name if site else message.alarm.site_id}"
    return line if len(line) <= _LONGEST_HEADLINE else f"{line[: _LONGEST_HEADLINE - 1]}…"


def description(
    message: CapMessage, unit: str, decided: Decision | None, *, language: str, zone: ZoneInfo
) -> str:
    """Return what is known: the cause, the number that decided with its limit and time, and since when.

    Args:
        message: What is told.
        unit: The unit of its alarm's value.
        decided: What decided where that is not the value itself.
        language: `id` or `en`.
        zone: Zone of the times.
    """
    alarm, unit = message.alarm, printed_unit(unit, language)
    said = [_in(language, _CAUSES[message.cause])]
    if decided is not None:
        said.append(f"{_capital(decided.text(language))}, {_clock(message.measured_at, zone)}.")
    elif alarm.last_value is not None:
        measured = _in(language, _MEASURED)
        value = _number(alarm.last_value, language)
        said.append(measured.format(value=value, unit=unit, clock=_clock(message.measured_at, zone)))
    if decided is None and alarm.limit is not None:
        limit = _number(alarm.limit, language)
        said.append(_in(language, _LIMIT).format(value=limit, unit=unit))
    if alarm.data_lost_at is not None and message.cause in (Cause.RAISED, Cause.GOES_ON):
        said.append(_in(language, _CAUSES[Cause.DATA_LOST]))
    said.append(_in(language, _SINCE).format(clock=_clock(alarm.raised_at, zone)))
    return " ".join(said)


def area_words(site_id: str, site: Site | None) -> str:
    """Return the place in words: site, kelurahan, river or road; its id when it is no longer registered."""
    parts = [part.strip() for part in (site.name, site.area, site.waterway)] if site else []
    return ", ".join(dict.fromkeys(filter(None, parts))) or site_id


def value_words(value: float | None) -> str | None:
    """Return a number for programs, None for none."""
    return None if value is None else f"{value:.10g}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _number(value: float, language: str) -> str:
    text = f"{value:.6g}"
    return text.replace(".", ",") if language == "id" else text


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d-%m-%Y %H:%M %Z")


def _in(language: str, label: Label) -> str:
    return label.id if language == "id" else label.en
