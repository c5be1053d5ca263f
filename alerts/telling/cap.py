"""CAP 1.2 documents: what other agencies and warning systems read of an alarm.

Source:
    OASIS Common Alerting Protocol 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from alerts.desk.deciding import Decision, decision
from alerts.journal.alarms import Severity
from alerts.rulebook.rules import Rule
from alerts.telling.cap_messages import CapMessage, Cause, MessageType
from alerts.telling.cap_words import area_words, description, headline, title_of, value_words
from devices.kinds import Kind
from devices.registry import Site

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
_LANGUAGES = {"id": "id-ID", "en": "en-US"}
_SEVERITIES = {
    Severity.CRITICAL: "Extreme",
    Severity.HIGH: "Severe",
    Severity.MEDIUM: "Moderate",
    Severity.LOW: "Minor",
}
_CATEGORIES = {"flood": "Met", "rain": "Met", "air": "Env", "ispu": "Env", "traffic": "Transport"}
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RESTRICTION = "Hanya untuk instansi yang diberi akses. / Only for agencies that were given access."
_SIMULATED = "Simulasi, bukan kejadian nyata. / Simulated, nothing real."


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who warns, and what the ids of a message mean.

    Attributes:
        sender: An address, without space, comma, < and &.
        is_public: Whether everybody may read it; else it is for agencies.
        expires: For how long a message holds.
        radius_km: Radius of the circle around a site.
        address: Where others reach the page, "" when that is not known.
        city: The city's name.
        zone: Zone of the times.
        rules: Rules by id.
        kinds: Kinds of sensors by name.
        sites: Sites by id.
        simulated: Ids of the sites where a simulator speaks; None when all of them are.
    """

    sender: str
    is_public: bool
    expires: timedelta
    radius_km: float
    address: str
    city: str
    zone: ZoneInfo
    rules: Mapping[str, Rule]
    kinds: Mapping[str, Kind]
    sites: Mapping[str, Site]
    simulated: Collection[str] | None = ()

    def is_simulated(self, site_id: str) -> bool:
        """Tell whether nothing real is measured there."""
        return self.simulated is None or site_id in self.simulated

    def unit(self, rule: Rule | None) -> str:
        """Return the unit of the metric that a rule watches, "" when it is not known."""
        kind = self.kinds.get(rule.kind) if rule else None
        metric = kind.metrics.get(rule.metric) if kind and rule else None
        return metric.unit if metric else ""


def cap_document(message: CapMessage, publisher: Publisher) -> bytes:
    """Return a message as a CAP 1.2 document that is valid against the schema, in UTF-8."""
    is_simulated = publisher.is_simulated(message.alarm.site_id)
    alert = ET.Element("alert", xmlns=NAMESPACE)
    add(alert, "identifier", message.identifier)
    add(alert, "sender", publisher.sender)
    add(alert, "sent", cap_time(message.sent, publisher.zone))
    add(alert, "status", "Test" if is_simulated else "Actual")
    add(alert, "msgType", message.cause.type.value)
    add(alert, "scope", "Public" if publisher.is_public else "Restricted")
    if not publisher.is_public:
        add(alert, "restriction", _RESTRICTION)
    if is_simulated:
        add(alert, "note", _SIMULATED)
    if message.references:
        add(alert, "references", _references(message, publisher))
    for language in _LANGUAGES:
        _add_info(alert, message, publisher, language)
    return as_bytes(alert)


def add(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    """Add an element; characters that XML cannot hold are left out of its text."""
    element = ET.SubElement(parent, name, attributes)
    element.text = _NOT_XML.sub("", text)
    return element


def as_bytes(root: ET.Element) -> bytes:
    """Return a document, in UTF-8, one element a line."""
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def cap_time(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as CAP wants it: whole seconds, the offset in minutes, never Z."""
    local = at.astimezone(zone)
    offset = local.utcoffset()
    if offset is None or offset % timedelta(minutes=1):
        local = at.astimezone(UTC)
    return local.isoformat(timespec="seconds")


def _references(message: CapMessage, publisher: Publisher) -> str:
    return " ".join(
        f"{publisher.sender},{identifier},{cap_time(sent, publisher.zone)}"
        for identifier, sent in message.references
    )


def _add_info(alert: ET.Element, message: CapMessage, publisher: Publisher, language: str) -> None:
    alarm, zone = message.alarm, publisher.zone
    rule, site = publisher.rules.get(alarm.rule_id), publisher.sites.get(alarm.site_id)
    info = ET.SubElement(alert, "info")
    add(info, "language", _LANGUAGES[language])
    add(info, "category", _CATEGORIES.get(rule.kind, "Other") if rule else "Other")
    add(info, "event", title_of(message, rule, language))
    if message.cause in _RESPONSES:
        add(info, "responseType", _RESPONSES[message.cause])
    add(info, "urgency", _urgency(message))
    add(info, "severity", _SEVERITIES[alarm.severity])
    add(info, "certainty", "Observed")
    add(info, "effective", cap_time(message.sent, zone))
    add(info, "onset", cap_time(alarm.raised_at, zone))
    add(info, "expires", cap_time(message.sent + publisher.expires, zone))
    add(info, "senderName", f"{rule.agency}, {publisher.city}" if rule else publisher.city)
    add(info, "headline", headline(message, rule, site, language=language))
    decided = decision(message.alarm, rule, site, publisher.kinds)
    said = description(message, publisher.unit(rule), decided, language=language, zone=zone)
    add(info, "description", said)
    if rule and not publisher.is_public and message.cause.type is not MessageType.CANCEL:
        # A rule's instruction is for operators; the public must not be told to open a gate.
        add(info, "instruction", rule.instruction.id if language == "id" else rule.instruction.en)
    if publisher.address:
        add(info, "web", publisher.address)
    _add_parameters(info, message, rule, decided)
    _add_area(info, alarm.site_id, site, publisher)


_RESPONSES = {
    Cause.RAISED: "Monitor",
    Cause.GOES_ON: "Monitor",
    Cause.DATA_BACK: "Monitor",
    Cause.DATA_LOST: "Assess",
    Cause.WITHDRAWN: "Assess",
    Cause.PUT_ASIDE: "Assess",
    Cause.CLEARED: "AllClear",
}


def _urgency(message: CapMessage) -> str:
    if message.cause is Cause.CLEARED:
        return "Past"
    if message.cause.type is MessageType.CANCEL:
        return "Unknown"
    return "Immediate" if message.alarm.severity >= Severity.HIGH else "Expected"


def _add_parameters(
    info: ET.Element, message: CapMessage, rule: Rule | None, decided: Decision | None
) -> None:
    alarm = message.alarm
    known: dict[str, str | None] = {
        "pantau:alarm": alarm.id,
        "pantau:cause": message.cause.value,
        "pantau:metric": rule.metric if rule else None,
        "pantau:value": value_words(alarm.last_value),
        "pantau:limit": value_words(alarm.limit),
        "pantau:decided": decided.text("en") if decided else None,
        "pantau:data_lost": "true" if alarm.data_lost_at else None,
    }
    for name, value in known.items():
        if value:
            parameter = ET.SubElement(info, "parameter")
            add(parameter, "valueName", name)
            add(parameter, "value", value)


def _add_area(info: ET.Element, site_id: str, site: Site | None, publisher: Publisher) -> None:
    area = ET.SubElement(info, "area")
    add(area, "areaDesc", area_words(site_id, site))
    if site is not None:
        add(area, "circle", f"{site.lat_deg:.6f},{site.lon_deg:.6f} {publisher.radius_km:g}")
