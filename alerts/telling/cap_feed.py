"""The Atom feed that tells which CAP documents there are.

Source:
    RFC 4287, The Atom Syndication Format.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from alerts.desk.deciding import decision
from alerts.telling.cap import Publisher, add, as_bytes, cap_time
from alerts.telling.cap_messages import CapMessage
from alerts.telling.cap_words import description, headline

ATOM = "http://www.w3.org/2005/Atom"
CAP_TYPE = "application/cap+xml"
ATOM_TYPE = "application/atom+xml"


def feed_document(messages: Sequence[CapMessage], publisher: Publisher, *, since: datetime) -> bytes:
    """Return the feed in UTF-8, the newest message first.

    Args:
        messages: Those of the feed, oldest first; there may be none.
        publisher: Who warns.
        since: What the feed says that it was last changed at while it is empty.
    """
    zone = publisher.zone
    feed = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "id"})
    add(feed, "id", _urn(publisher.sender, "feed"))
    add(feed, "title", f"Peringatan / Alerts · {publisher.city}")
    add(feed, "updated", cap_time(max((m.sent for m in messages), default=since), zone))
    author = ET.SubElement(feed, "author")
    add(author, "name", publisher.sender)
    add(feed, "generator", "Pantau")
    ET.SubElement(feed, "link", rel="self", type=ATOM_TYPE, href=_link(publisher, "feed.atom"))
    for message in reversed(messages):
        _add_entry(feed, message, publisher)
    return as_bytes(feed)


def _add_entry(feed: ET.Element, message: CapMessage, publisher: Publisher) -> None:
    alarm, zone = message.alarm, publisher.zone
    rule, site = publisher.rules.get(alarm.rule_id), publisher.sites.get(alarm.site_id)
    sent = cap_time(message.sent, zone)
    entry = ET.SubElement(feed, "entry")
    add(entry, "id", _urn(publisher.sender, message.identifier))
    add(entry, "title", f"{message.cause.type.value}: {headline(message, rule, site, language='id')}")
    add(entry, "updated", sent)
    add(entry, "published", sent)
    ET.SubElement(entry, "category", term=message.cause.type.value)
    href = _link(publisher, f"{message.identifier}.xml")
    ET.SubElement(entry, "link", rel="alternate", type=CAP_TYPE, href=href)
    decided = decision(alarm, rule, site, publisher.kinds)
    said = description(message, publisher.unit(rule), decided, language="id", zone=zone)
    add(entry, "summary", said)


def _urn(*names: str) -> str:
    """Return an id that no other feed has and that stays the same wherever the feed moves."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "/".join(names)).urn


def _link(publisher: Publisher, name: str) -> str:
    return f"{publisher.address.rstrip('/')}/cap/{name}" if publisher.address else name
