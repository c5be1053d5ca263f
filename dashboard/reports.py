"""Documents as PDF: A4, both languages' letters, readable without colour. fpdf2 lives only here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from dashboard.documents import Document, Section

# It tells every table of a font that it embeds.
logging.getLogger("fontTools").setLevel(logging.WARNING)
_FONTS = Path(__file__).parent / "fonts"
_FAMILY = "DejaVu"
_MARGIN_MM = 15
_LINE_MM = 5


class _Sheet(FPDF):
    """An A4 page with the document's name and the page number at its foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self._foot = foot
        self.set_margins(_MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(True, margin=_MARGIN_MM + 5)
        self.add_font(_FAMILY, "", _FONTS / "DejaVuSans.ttf")
        self.add_font(_FAMILY, "B", _FONTS / "DejaVuSans-Bold.ttf")

    def footer(self) -> None:
        """Write the foot of a page; called by the library."""
        self.set_y(-_MARGIN_MM)
        self.set_font(_FAMILY, size=7)
        self.cell(0, 4, f"{self._foot} · {self.page_no()}/{{nb}}", align="R")


def pdf(document: Document, *, made_at: datetime) -> bytes:
    """Return a document as a PDF; the same document and moment give the same bytes.

    Args:
        document: What it says.
        made_at: Written as the file's date; aware.
    """
    sheet = _Sheet(document.title)
    sheet.set_creation_date(made_at)
    sheet.set_title(document.title)
    sheet.add_page()
    sheet.set_font(_FAMILY, "B", 15)
    sheet.multi_cell(0, 7, document.title, new_x="LMARGIN", new_y="NEXT")
    sheet.set_font(_FAMILY, size=9)
    for line in document.lines:
        sheet.multi_cell(0, _LINE_MM, line, new_x="LMARGIN", new_y="NEXT")
    for section in document.sections:
        _draw_section(sheet, section)
    _draw_signatures(sheet, document.signatures)
    return bytes(sheet.output())


def _draw_section(sheet: FPDF, section: Section) -> None:
    if sheet.will_page_break(25):  # a heading alone at the foot of a page belongs to nothing
        sheet.add_page()
    sheet.ln(4)
    sheet.set_font(_FAMILY, "B", 11)
    sheet.multi_cell(0, 6, section.heading, new_x="LMARGIN", new_y="NEXT")
    sheet.set_font(_FAMILY, size=8)
    if section.rows:
        _draw_table(sheet, section)
    for line in section.lines:
        sheet.multi_cell(0, _LINE_MM, line, new_x="LMARGIN", new_y="NEXT")


def _draw_table(sheet: FPDF, section: Section) -> None:
    widths = _widths(section)
    with sheet.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=widths,
        headings_style=FontFace(emphasis="BOLD"),
        line_height=4,
        padding=0.7,
        text_align="LEFT",
    ) as drawn:
        for cells in (section.columns, *section.rows):
            row = drawn.row()
            for cell in cells:
                row.cell(cell)


def _widths(section: Section) -> tuple[int, ...]:
    """Return shares of the width: as long as each column's longest text, within bounds."""
    columns = zip(*(section.columns, *section.rows), strict=True)
    return tuple(min(max(max(len(cell) for cell in column), 7), 34) for column in columns)


def _draw_signatures(sheet: FPDF, signatures: Sequence[str]) -> None:
    if not signatures:
        return
    sheet.ln(6)
    sheet.set_font(_FAMILY, "B", 9)
    for line in signatures:
        sheet.multi_cell(0, 6, line, border=1, padding=1, new_x="LMARGIN", new_y="NEXT")
        sheet.ln(1)
