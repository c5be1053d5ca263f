"""What a message says: title and body in a channel's language, from what was decided and what is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.desk import outage_rows
from alerts.desk.deciding import decision
from alerts.journal.alarms import Alarm
from alerts.judging.outages import is_outage
from alerts.rulebook.rules import Rule
from alerts.telling.notices import Letter, Purpose
from devices.kinds import Kind, Metric
from devices.registry import Registry
from devices.units import printed_unit
from notification.texts import Texts

# A screen of a phone holds about so many; the rest is on the page.
_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What ids mean to people.

    Attributes:
        rules: Rules by id.
        kinds: Kinds of sensor by name.
        registry: What stands where.
        zone: The city's zone.
        page: Address of Pantau's page, "" for none.
        repeated: How often rows that chatter spoke, by their key.
    """

    rules: Mapping[str, Rule]
    kinds: Mapping[str, Kind]
    registry: Registry
    zone: ZoneInfo
    page: str
    repeated: Mapping[str, int]


def compose(
    letter: Letter,
    alarms: Mapping[str, Alarm],
    meaning: Meaning,
    language: str,
    *,
    texts: Texts,
    now: datetime,
) -> tuple[str, str]:
    """Return title and body of a message.

    Args:
        letter: What was decided.
        alarms: The alarms that it speaks of, by id, as they are now.
        meaning: What their ids mean.
        language: `id` or `en`.
        texts: The words of that language.
        now: The present; aware.
    """
    return _Writer(meaning, language, texts, now).message(letter, alarms)


def clock(at: datetime, zone: ZoneInfo, texts: Texts) -> str:
    """Return an instant on the city's wall clock, with its zone."""
    local = at.astimezone(zone)
    day, month = texts["days"].split()[local.weekday()], texts["months"].split()[local.month - 1]
    return f"{day} {local.day} {month} {local:%Y %H:%M %Z}"


class _Writer:
    def __init__(self, meaning: Meaning, language: str, texts: Texts, now: datetime) -> None:
        self._meaning, self._language, self._texts, self._now = meaning, language, texts, now

    def message(self, letter: Letter, alarms: Mapping[str, Alarm]) -> tuple[str, str]:
        told = _one_per_row(alarms[alarm_id] for alarm_id in letter.alarm_ids if alarm_id in alarms)
        ended = _one_per_row(alarms[alarm_id] for alarm_id in letter.ended_ids if alarm_id in alarms)
        parts = [self._alarm(alarm, letter) for alarm in told[:_MOST]]
        parts.append("\n".join(self._ended(alarm, letter) for alarm in ended[:_MOST]))
        left_out = len(told[_MOST:]) + len(ended[_MOST:])
        parts.append(self._say("alarms_more", count=left_out) if left_out else "")
        parts.append(self._closing(letter, told))
        if any(self._is_simulated(alarm) for alarm in [*told, *ended]):
            parts.append(self._say("simulated"))
        return self._title(letter, told, ended), "\n\n".join(part for part in parts if part)

    def _title(self, letter: Letter, told: list[Alarm], ended: list[Alarm]) -> str:
        every = [*told, *ended]
        if not every:  # the journal was cut
            return letter.place
        first = every[0]
        name = {Purpose.REMINDER: "title_reminder", Purpose.ESCALATION: "title_escalation"}.get(
            letter.purpose, "title_new"
        )
        if not told:
            name = "title_withdrawn" if first.id in letter.withdrawn_ids else "title_ended"
        title = self._say(name, **self._names(first))
        if len(every) > 1:
            title = self._say("title_more", title=title, count=len(every) - 1)
        is_simulated = any(self._is_simulated(alarm) for alarm in every)
        return self._say("title_simulated", title=title) if is_simulated else title

    def _alarm(self, alarm: Alarm, letter: Letter) -> str:
        key = f"{alarm.rule_id}/{alarm.site_id}"
        instruction, agency = self._instruction(alarm), self._agency(alarm)
        lines = [
            self._say("alarm_head", **self._names(alarm)),
            self._value(alarm),
            self._say("alarm_since", time=self._clock(alarm.raised_at)),
            self._state(alarm, letter),
            self._say("alarm_repeated", count=self._meaning.repeated[key])
            if key in self._meaning.repeated
            else "",
            self._say("alarm_instruction", instruction=instruction) if instruction else "",
            self._say("alarm_agency", agency=agency) if agency else "",
            self._say("alarm_name", key=key),
        ]
        return "\n".join(line for line in lines if line)

    def _state(self, alarm: Alarm, letter: Letter) -> str:
        if alarm.cleared_at is not None:
            name = "alarm_withdrawn" if alarm.id in letter.withdrawn_ids else "alarm_over"
            return self._say(name, time=self._clock(alarm.cleared_at))
        if alarm.data_lost_at is not None:
            return self._say("alarm_data_lost", time=self._clock(alarm.data_lost_at))
        return ""

    def _ended(self, alarm: Alarm, letter: Letter) -> str:
        name = "withdrawn_line" if alarm.id in letter.withdrawn_ids else "ended_line"
        return self._say(name, time=self._clock(alarm.cleared_at or self._now), **self._names(alarm))

    def _closing(self, letter: Letter, told: list[Alarm]) -> str:
        place = self._place(letter.place)
        lines = [
            self._say("incident" if letter.standing else "incident_over", place=place, count=letter.standing)
        ]
        wanted = next((alarm for alarm in told if alarm.needs_acknowledgement), None)
        if wanted is not None:
            name = "acknowledge_page" if self._meaning.page else "acknowledge"
            key = f"{wanted.rule_id}/{wanted.site_id}"
            lines.append(self._say(name, page=self._meaning.page, key=key))
        return "\n".join(lines)

    def _names(self, alarm: Alarm) -> dict[str, str]:
        rule = self._meaning.rules.get(alarm.rule_id)
        title = rule.title if rule else outage_rows.title(alarm.rule_id)
        return {
            "severity": self._texts[f"severity_{alarm.severity.name.lower()}"],
            "rule": title.text(self._language),
            "site": self._place(alarm.site_id),
        }

    def _place(self, name: str) -> str:
        site = self._meaning.registry.sites.get(name)
        return site.name if site else name

    def _instruction(self, alarm: Alarm) -> str:
        rule = self._meaning.rules.get(alarm.rule_id)
        if rule is not None:
            return rule.instruction.text(self._language)
        return outage_rows.instruction(alarm.rule_id).text(self._language) if is_outage(alarm.rule_id) else ""

    def _agency(self, alarm: Alarm) -> str:
        rule = self._meaning.rules.get(alarm.rule_id)
        own = rule.agency if rule else outage_rows.AGENCY if is_outage(alarm.rule_id) else ""
        return alarm.assigned_to or own

    def _value(self, alarm: Alarm) -> str:
        metric, rule = self._metric(alarm), self._meaning.rules.get(alarm.rule_id)
        if alarm.last_value is None or metric is None or rule is None:
            return ""
        site = self._meaning.registry.sites.get(alarm.site_id)
        decided = decision(alarm, rule, site, self._meaning.kinds)
        if decided is not None:
            return self._say("alarm_value", value=decided.text(self._language))
        value = self._number(alarm.last_value, metric)
        if alarm.limit is None:
            return self._say("alarm_value", value=value)
        return self._say("alarm_value_limit", value=value, limit=self._number(alarm.limit, metric))

    def _metric(self, alarm: Alarm) -> Metric | None:
        rule = self._meaning.rules.get(alarm.rule_id)
        kind = self._meaning.kinds.get(rule.kind) if rule else None
        return kind.metrics.get(rule.metric) if kind and rule else None

    def _number(self, value: float, metric: Metric) -> str:
        printed = f"{value:,.{metric.precision}f}"
        if self._language == "id":  # 1.234,5 and not 1,234.5
            printed = printed.translate(str.maketrans(",.", ".,"))
        return f"{printed} {printed_unit(metric.unit, self._language)}".strip()

    def _is_simulated(self, alarm: Alarm) -> bool:
        return any(device.simulated for device in self._meaning.registry.devices_at(alarm.site_id, self._now))

    def _clock(self, at: datetime) -> str:
        return clock(at, self._meaning.zone, self._texts)

    def _say(self, name: str, **values: object) -> str:
        return self._texts[name].format(**values)


def _one_per_row(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Return the newest alarm of each rule and site, in the order in which the rows first come."""
    newest: dict[tuple[str, str], Alarm] = {}
    for alarm in alarms:
        row = (alarm.rule_id, alarm.site_id)
        if row not in newest or alarm.raised_at > newest[row].raised_at:
            newest[row] = alarm
    return list(newest.values())
