"""Documents for the page and the PDF alike: headings, tables and lines; here the handover sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.phrases import UNKNOWN, Phrases
from dashboard.wire import Payload

_STATES = {
    "active_unacknowledged": "shift_active_unacknowledged",
    "active_acknowledged": "shift_active_acknowledged",
    "cleared_unacknowledged": "shift_cleared_unacknowledged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a document.

    Attributes:
        heading: Its title.
        columns: Heads of the table, () for none.
        rows: Its rows, each with a cell per column.
        lines: Sentences below the table, or instead of it.
    """

    heading: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document in one language.

    Attributes:
        title: Its title.
        lines: What stands under the title: place, time, who.
        sections: Its parts in their order.
        signatures: Lines that tell who signed and when.
    """

    title: str
    lines: Sequence[str]
    sections: Sequence[Section]
    signatures: Sequence[str] = ()


def table(say: Phrases, heading: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Section:
    """Return a part with a table, or with the word for none when it has no rows.

    Args:
        say: The language.
        heading: Key of the title.
        heads: Keys of the columns' heads.
        rows: Cells as they are to be read.
    """
    if not rows:
        return Section(heading=say.text(heading), lines=(say.text("document_none"),))
    return Section(heading=say.text(heading), columns=[say.text(head) for head in heads], rows=rows)


def handover_document(say: Phrases, sheet: Payload, facts: Payload) -> Document:
    """Return a handover sheet.

    Args:
        say: The language.
        sheet: Who hands over to whom, as `shift_facts.sheet_line` tells it.
        facts: What the sheet keeps.
    """
    return Document(
        title=say.text("handover_title", number=sheet["id"]),
        lines=[
            *_place(say, facts),
            say.text("document_span", start=say.moment(facts["start"]), end=say.moment(facts["at"])),
            say.text("handover_on_duty", names=", ".join(one["name"] for one in facts["on_duty"]) or UNKNOWN),
        ],
        sections=[
            _open(say, facts),
            _shelved(say, facts),
            _dead(say, facts),
            _incidents(say, facts),
            _failed(say, facts),
            _notes(say, facts),
            kpi_section(say, facts),
            _top(say, facts),
            _standing(say, facts),
        ],
        signatures=[
            say.text("handover_outgoing", name=sheet["outgoing"], time=say.moment(sheet["outgoing_at"])),
            say.text("handover_incoming", name=sheet["incoming"], time=say.moment(sheet["incoming_at"]))
            if sheet["incoming_at"] is not None
            else say.text("handover_waiting"),
        ],
    )


def _place(say: Phrases, facts: Payload) -> list[str]:
    demo = [say.text("document_demo")] if facts["demo"] else []
    return [str(facts["city"]), *demo]


def _open(say: Phrases, facts: Payload) -> Section:
    rows = [
        (
            say.text(f"severity_{row['severity']}"),
            row["site_name"],
            say.of(row["title"]),
            say.clock(row["raised_at"]),
            say.text(_STATES[row["state"]]) + _data_lost(say, row),
            row["claimed_by"] or row["acknowledged_by"] or say.text("shift_nobody"),
            row["agency"],
        )
        for row in facts["open"]
    ]
    heads = ("column_severity", "column_place", "column_what", "column_since", "column_state", "column_who")
    return table(say, "shift_open", (*heads, "column_agency"), rows)


def _data_lost(say: Phrases, row: Payload) -> str:
    return f", {say.text('column_data_lost')}" if row["data_lost"] else ""


def _shelved(say: Phrases, facts: Payload) -> Section:
    rows = [
        (
            row["site_name"],
            say.of(row["title"]),
            say.text("shift_maintenance") if row["maintenance"] else say.clock(row["until"]),
            row["by"],
            row["reason"],
        )
        for row in facts["shelved"]
    ]
    heads = ("column_place", "column_what", "column_until", "column_by", "column_reason")
    return table(say, "shift_shelved", heads, rows)


def _dead(say: Phrases, facts: Payload) -> Section:
    rows = [(row["site_name"], say.kind(row["kind"]), say.clock(row["last_at"])) for row in facts["dead"]]
    return table(say, "shift_dead", ("column_place", "column_kind", "column_last_data"), rows)


def _incidents(say: Phrases, facts: Payload) -> Section:
    rows = [
        (
            row["place"],
            say.text(f"severity_{row['severity']}"),
            say.clock(row["since"]),
            say.clock(row["until"]) if row["until"] is not None else say.text("shift_goes_on"),
            say.number(row["alarms"]),
            f"{row['first']['site_name']}: {say.of(row['first']['title'])}",
        )
        for row in facts["incidents"]
    ]
    heads = ("column_place", "column_severity", "column_since", "column_until", "column_alarms")
    return table(say, "shift_incidents", (*heads, "column_began_with"), rows)


def _failed(say: Phrases, facts: Payload) -> Section:
    rows = [
        (say.clock(row["at"]), row["channel"] or say.text("shift_no_channel"), row["title"], row["error"])
        for row in facts["failed"]
    ]
    return table(
        say, "shift_failed", ("column_time", "column_channel", "column_message", "column_error"), rows
    )


def _notes(say: Phrases, facts: Payload) -> Section:
    rows = [(say.clock(note["at"]), note["by"], note["text"]) for note in facts["notes"]]
    return table(say, "shift_notes", ("column_time", "column_by", "column_note"), rows)


def kpi_section(say: Phrases, facts: Payload) -> Section:
    """Return the figures of ISA-18.2 beside what the standard asks for."""
    found = facts["kpis"]
    rows = [
        (say.text("kpi_operators"), say.number(facts["operators"]), ""),
        (say.text("kpi_alarms"), say.number(found["annunciated"]), ""),
        (say.text("kpi_load"), say.number(found["per_period"], 2), say.text("kpi_load_target")),
        (say.text("kpi_peak"), say.number(found["peak"], 1), say.text("kpi_peak_target")),
        (
            say.text("kpi_flood"),
            say.text("kpi_of", count=say.number(found["flooded"]), all=say.number(found["periods"])),
            "< 1 %",
        ),
        (say.text("kpi_chatter"), say.number(found["chattering"]), "0"),
        (say.text("kpi_top_share"), f"{say.number(100 * found['top_share'])} %", "≤ 5 %"),
        (say.text("kpi_median"), say.span(found["median_s"]), ""),
        (say.text("kpi_ninetieth"), say.span(found["ninetieth_s"]), ""),
        (say.text("kpi_unacknowledged"), say.number(found["unacknowledged"]), "0"),
    ]
    return table(say, "shift_kpis", ("column_measure", "column_value", "column_target"), rows)


def _top(say: Phrases, facts: Payload) -> Section:
    rows = [
        (
            row["site_name"],
            say.of(row["title"]),
            say.number(row["count"]),
            say.text("shift_chatters") if row["chatter"] else "",
        )
        for row in facts["top"]
    ]
    return table(say, "shift_top", ("column_place", "column_what", "column_alarms", "column_chatter"), rows)


def _standing(say: Phrases, facts: Payload) -> Section:
    rows = [
        (
            row["site_name"],
            say.of(row["title"]),
            say.clock(row["raised_at"]),
            say.span((facts["at"] - row["raised_at"]) / 1000),
        )
        for row in facts["standing"]
    ]
    return table(
        say, "shift_standing", ("column_place", "column_what", "column_since", "column_lasted"), rows
    )
