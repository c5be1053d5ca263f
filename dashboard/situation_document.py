"""The situation report as a document."""

from __future__ import annotations

from dashboard.documents import Document, Section, table
from dashboard.phrases import UNKNOWN, Phrases
from dashboard.wire import Payload
from devices.units import printed_unit

_SEVERITIES = ("critical", "high", "medium", "low")


def situation_document(say: Phrases, facts: Payload) -> Document:
    """Return a situation report in one language."""
    demo = [say.text("document_demo")] if facts["demo"] else []
    return Document(
        title=say.text("situation_title", time=say.moment(facts["at"])),
        lines=[
            str(facts["city"]),
            *demo,
            say.text("document_span", start=say.moment(facts["since"]), end=say.moment(facts["at"])),
        ],
        sections=[
            _states(say, facts),
            _raised(say, facts),
            _doing(say, facts),
            _water(say, facts),
            _air(say, facts),
            _traffic(say, facts),
            _unknown(say, facts),
        ],
    )


def _states(say: Phrases, facts: Payload) -> Section:
    order = ("critical", "high", "medium", "low", "normal", "unknown")
    newest = (
        say.moment(facts["newest_at"]) if facts["newest_at"] is not None else say.text("situation_no_data")
    )
    return Section(
        heading=say.text("situation_states"),
        columns=[say.text(f"state_{state}") for state in order],
        rows=[[say.number(facts["states"][state]) for state in order]],
        lines=[
            say.text("situation_sites", count=say.number(facts["sites"])),
            say.text("situation_newest", time=newest),
        ],
    )


def _raised(say: Phrases, facts: Payload) -> Section:
    rows = [
        (row["agency"] or UNKNOWN, *(say.number(row[level]) for level in _SEVERITIES))
        for row in facts["raised"]
    ]
    if not rows:
        return table(say, "situation_raised", (), ())
    return Section(
        heading=say.text("situation_raised"),
        columns=[say.text("column_agency"), *(say.text(f"severity_{level}") for level in _SEVERITIES)],
        rows=rows,
    )


def _doing(say: Phrases, facts: Payload) -> Section:
    rows = [
        (
            say.text(f"severity_{row['severity']}"),
            row["site_name"],
            say.of(row["title"]),
            say.clock(row["raised_at"]),
            row["who"] or say.text("shift_nobody"),
            ": ".join(filter(None, (row["agency"], say.of(row["instruction"])))),
        )
        for row in facts["doing"]
    ]
    heads = ("column_severity", "column_place", "column_what", "column_since", "column_who")
    return table(say, "situation_doing", (*heads, "column_instruction"), rows)


def _water(say: Phrases, facts: Payload) -> Section:
    rows = [
        (
            row["site_name"],
            row["waterway"],
            UNKNOWN if row["value"] is None else f"{say.number(row['value'])} cm",
            say.clock(row["at"]),
            _level(row["siaga"]),
            f"{say.number(row['peak'])} cm",
            _level(row["peak_siaga"]),
            say.clock(row["peak_at"]),
        )
        for row in facts["water"]
    ]
    heads = ("column_place", "column_waterway", "column_value", "column_time", "column_siaga", "column_peak")
    return table(say, "situation_water", (*heads, "column_peak_siaga", "column_peak_time"), rows)


def _level(label: str) -> str:
    """Return a site's own level as people read it: `bengawan_solo_siaga1` is Bengawan Solo Siaga 1."""
    if not label:
        return UNKNOWN
    words = label.replace("_", " ").title()
    return words[:-1].rstrip() + " " + words[-1] if words[-1].isdigit() else words


def _air(say: Phrases, facts: Payload) -> Section:
    rows = [
        (row["site_name"], say.number(row["value"]), say.text(row["class"]), say.clock(row["at"]))
        for row in facts["air"]
    ]
    return table(say, "situation_air", ("column_place", "column_ispu", "column_class", "column_time"), rows)


def _traffic(say: Phrases, facts: Payload) -> Section:
    unit = printed_unit("km/h", say.language)
    rows = [
        (
            row["site_name"],
            f"{say.number(row['value'])} {unit}",
            say.clock(row["at"]),
        )
        for row in facts["traffic"]
    ]
    return table(say, "situation_traffic", ("column_place", "column_speed", "column_time"), rows)


def _unknown(say: Phrases, facts: Payload) -> Section:
    rows = [(row["site_name"], say.kind(row["kind"]), say.clock(row["last_at"])) for row in facts["unknown"]]
    return table(say, "shift_dead", ("column_place", "column_kind", "column_last_data"), rows)
