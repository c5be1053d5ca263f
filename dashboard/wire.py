"""What the browser and the HTTP API are told: views as plain JSON values, instants as milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from alerts.desk import outage_rows
from alerts.rulebook.rules import Rule
from dashboard.view import AlarmStatus, CityView, SiteStatus
from devices.kinds import Kind, Label
from devices.units import printed_unit
from storage.clock import to_us
from storage.heartbeat_table import BROKER_TROUBLE

Payload = dict[str, Any]


def milliseconds(at: datetime | None) -> int | None:
    """Return an instant as whole milliseconds since 1970, None for none."""
    return None if at is None else whole_ms(at)


def whole_ms(at: datetime) -> int:
    """Return an instant as whole milliseconds since 1970."""
    return to_us(at) // 1000


def site(status: SiteStatus) -> Payload:
    """Return all of a site: what changes only with the registry, and its condition."""
    place = status.site
    return {
        "id": place.id,
        "name": place.name,
        "lat": place.lat_deg,
        "lon": place.lon_deg,
        "area": place.area,
        "waterway": place.waterway,
        "kinds": status.kinds,
        "simulated": status.is_simulated,
        **condition(status),
    }


def condition(status: SiteStatus) -> Payload:
    """Return what of a site changes with its data and its age."""
    latest = status.latest
    return {
        "id": status.site.id,
        "state": status.state.value,
        "kind": status.kind,
        "metric": status.metric,
        "value": None if latest is None else latest.value,
        "flag": None if latest is None else int(latest.flag),
        "observed_at": None if latest is None else latest.observed_us // 1000,
        "overdue": status.is_overdue,
        "data_lost": status.is_data_lost,
    }


def lost_since(status: AlarmStatus) -> datetime | None:
    """Return when the data of an alarm whose value is too old stopped; None when they come."""
    return status.latest.observed_at if status.is_data_lost and status.latest else None


def health(view: CityView, *, is_store_silent: bool) -> Payload:
    """Return what a page must know to say how far it can be trusted."""
    return {
        "store_silent": is_store_silent,
        "ingest_at": milliseconds(view.ingest_at),
        "ingest_trouble": view.ingest_trouble,
        "broker_away": view.ingest_trouble.startswith(BROKER_TROUBLE),
        "refused_rules": view.refused_rules,
        "newest_at": milliseconds(view.newest_at),
    }


def rule_texts(rules: Mapping[str, Rule], kinds: Iterable[str], channels: Iterable[str] = ()) -> Payload:
    """Return each rule's texts in both languages, with who answers for it; outages count as rules."""
    outages = {
        rule_id: {
            "title": _both(title),
            "instruction": _both(outage_rows.instruction(rule_id)),
            "agency": outage_rows.AGENCY,
            "upward": True,
        }
        for rule_id, title in outage_rows.titles(kinds, channels).items()
    }
    return outages | {
        rule.id: {
            "title": _both(rule.title),
            "instruction": _both(rule.instruction),
            "agency": rule.agency,
            "upward": rule.is_upward,
        }
        for rule in rules.values()
    }


def kind_texts(kinds: Mapping[str, Kind]) -> Payload:
    """Return each kind's and metric's texts in both languages, with units and decimals."""
    return {
        kind.name: {
            "label": _both(kind.label),
            "metrics": {
                name: {
                    "label": _both(metric.label),
                    "unit": {language: printed_unit(metric.unit, language) for language in ("id", "en")},
                    "precision": metric.precision,
                }
                for name, metric in kind.metrics.items()
            },
        }
        for kind in kinds.values()
    }


def feature(status: SiteStatus) -> Payload:
    """Return a site as a GeoJSON feature with its state."""
    properties = site(status)
    latest = status.latest
    return {
        "type": "Feature",
        "id": status.site.id,
        "geometry": {"type": "Point", "coordinates": [properties.pop("lon"), properties.pop("lat")]},
        "properties": properties | {"observed_at": latest.observed_at.isoformat() if latest else None},
    }


def _both(label: Label) -> Payload:
    return {"id": label.id, "en": label.en}
