"""Outages in the alarm list: what they say, and which alarms they explain."""

from __future__ import annotations

from collections.abc import Iterable

from alerts.journal.alarms import Alarm
from alerts.judging.outages import AREA, CHANNEL, CITY, INGEST, KIND, LINK, WATERWAY, is_outage
from devices.kinds import Label
from devices.registry import Registry, Site


def title(rule_id: str) -> Label:
    """Return what an outage says in the alarm list."""
    if rule_id.startswith(KIND):
        kind = rule_id.removeprefix(KIND)
        return Label(id=f"Semua sensor {kind} diam", en=f"All {kind} sensors are silent")
    if rule_id.startswith(CHANNEL):
        name = rule_id.removeprefix(CHANNEL)
        return Label(
            id=f"Pemberitahuan lewat {name} tidak sampai", en=f"Notifications through {name} do not get out"
        )
    return _TITLES.get(rule_id, Label(id=rule_id, en=rule_id))


def titles(kinds: Iterable[str], channels: Iterable[str] = ()) -> dict[str, Label]:
    """Return what every outage that there may be says in the alarm list, by the id that it has as a rule.

    Args:
        kinds: Names of the kinds of sensor.
        channels: Names of the channels of notifications.
    """
    ids = [*(f"{KIND}{kind}" for kind in kinds), *(f"{CHANNEL}{name}" for name in channels)]
    return {**_TITLES, **{rule_id: title(rule_id) for rule_id in ids}}


def instruction(rule_id: str) -> Label:
    """Return what the operator does now about an outage."""
    return CHANNEL_INSTRUCTION if rule_id.startswith(CHANNEL) else INSTRUCTION


_TITLES = {
    CITY: Label(id="Semua sensor kota diam", en="All sensors of the city are silent"),
    LINK: Label(id="Sambungan ke broker putus", en="The link to the broker is down"),
    INGEST: Label(id="Pantau sempat berhenti menerima data", en="Pantau had stopped taking data"),
    WATERWAY: Label(id="Semua sensor di ruas ini diam", en="All sensors of this river or road are silent"),
    AREA: Label(id="Semua sensor di wilayah ini diam", en="All sensors of this area are silent"),
}
INSTRUCTION = Label(
    id="Beri tahu petugas TI: periksa listrik, gateway dan jaringan. Pantau lokasi ini dengan cara lain.",
    en="Tell the IT staff: check power, gateway and network. Watch these places by other means.",
)
CHANNEL_INSTRUCTION = Label(
    id="Kabari petugas dengan telepon atau radio. Petugas TI: jalankan `pantau notifications list --failed`.",
    en="Call people by phone or radio instead. IT staff: run `pantau notifications list --failed`.",
)

AGENCY = "Kominfo"


def parent_of(
    alarm: Alarm, outages: Iterable[Alarm], registry: Registry, kind: str | None = None
) -> Alarm | None:
    """Return the outage under which an alarm folds: the widest one that explains its silence.

    Only an active alarm folds for which nothing but silence speaks: its data are lost, or it was raised
    because no value came. The moment its site speaks again, or the outage is over, it stands for itself. An
    outage that was known earlier, because its sensors speak more often, folds under that of the whole city.

    Args:
        alarm: Any alarm.
        outages: The active alarms of outages.
        registry: What stands where.
        kind: The kind that the alarm's rule watches; None when it is not known.
    """
    if is_outage(alarm.rule_id):
        wider = [outage for outage in outages if outage.rule_id in (LINK, CITY)]
        return min((o for o in wider if _width(o) < _width(alarm)), key=_width, default=None)
    site = registry.sites.get(alarm.site_id)
    if site is None or not alarm.is_active or not _is_of_silence(alarm):
        return None
    fitting = [outage for outage in outages if _reaches(outage, site, registry, kind)]
    return min(fitting, key=_width, default=None)


def _is_of_silence(alarm: Alarm) -> bool:
    """Tell whether only silence speaks for an alarm; one that a value raised or kept up has that value."""
    return alarm.data_lost_at is not None or alarm.last_value is None


def _reaches(outage: Alarm, site: Site, registry: Registry, kind: str | None) -> bool:
    if outage.rule_id.startswith(KIND):
        return outage.rule_id == f"{KIND}{kind}"
    if outage.rule_id in (WATERWAY, AREA):
        there = registry.sites.get(outage.site_id)
        if there is None:
            return False
        return site.waterway == there.waterway if outage.rule_id == WATERWAY else site.area == there.area
    return outage.rule_id in (CITY, LINK)


def _width(outage: Alarm) -> int:
    order = (LINK, CITY, KIND, WATERWAY, AREA)
    fits = (number for number, name in enumerate(order) if outage.rule_id.startswith(name))
    return next(fits, 0)
