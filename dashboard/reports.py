"""Documents as PDF: A4, both languages' letters, readable without colour. fpdf2 lives only here."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace, TTFFont

from dashboard.documents import Document, Section

# It tells every table of a font that it embeds.
logging.getLogger("fontTools").setLevel(logging.WARNING)
_FONTS = Path(__file__).parent / "fonts"
_FAMILY = "DejaVu"
_MARGIN_MM = 15
_LINE_MM = 5
_TABLE_PT = 8
_PADDING_MM = 0.7
# What a cell keeps free beside its text: its padding, the library's margin of 1 mm, and a hair.
_BESIDE_MM = 2 * (_PADDING_MM + 1) + 0.4
_WIDEST_WORD_MM = 40
_WIDEST_COLUMN_MM = 70
_REPLACEMENT = "□"


class _Sheet(FPDF):
    """An A4 page with the document's name and the page number at its foot."""

    def __init__(self, title: str) -> None:
        super().__init__(format="A4")
        self.set_margins(_MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(True, margin=_MARGIN_MM + 5)
        self.add_font(_FAMILY, "", _FONTS / "DejaVuSans.ttf")
        self.add_font(_FAMILY, "B", _FONTS / "DejaVuSans-Bold.ttf")
        self._foot = self.drawable(title)

    def drawable(self, text: str) -> str:
        """Return a text with a mark for each character that the font lacks: nothing vanishes unseen."""
        font = self.fonts[_FAMILY.lower()]
        assert isinstance(font, TTFFont)  # it was added from a file
        glyphs = font.cmap
        return "".join(_REPLACEMENT if ord(c) not in glyphs and _prints(c) else c for c in text)

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
    document = _drawable(document, sheet.drawable)
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


def _prints(character: str) -> bool:
    """Tell whether a character should leave a mark: not what joins, selects, breaks or is a blank."""
    return unicodedata.category(character)[0] not in "MCZ"


def _drawable(document: Document, drawable: Callable[[str], str]) -> Document:
    def all_of(texts: Iterable[str]) -> list[str]:
        return [drawable(text) for text in texts]

    sections = [
        Section(
            heading=drawable(section.heading),
            columns=all_of(section.columns),
            rows=[all_of(row) for row in section.rows],
            lines=all_of(section.lines),
        )
        for section in document.sections
    ]
    return Document(
        title=drawable(document.title),
        lines=all_of(document.lines),
        sections=sections,
        signatures=all_of(document.signatures),
    )


def _draw_section(sheet: FPDF, section: Section) -> None:
    if sheet.will_page_break(25):  # a heading alone at the foot of a page belongs to nothing
        sheet.add_page()
    sheet.ln(4)
    sheet.set_font(_FAMILY, "B", 11)
    sheet.multi_cell(0, 6, section.heading, new_x="LMARGIN", new_y="NEXT")
    sheet.set_font(_FAMILY, size=_TABLE_PT)
    if section.rows:
        _draw_table(sheet, section)
    for line in section.lines:
        sheet.multi_cell(0, _LINE_MM, line, new_x="LMARGIN", new_y="NEXT")


def _draw_table(sheet: FPDF, section: Section) -> None:
    widths = _widths(sheet, section)
    with sheet.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=widths,
        headings_style=FontFace(emphasis="BOLD"),
        line_height=4,
        padding=_PADDING_MM,
        text_align="LEFT",
    ) as drawn:
        for cells in (section.columns, *section.rows):
            row = drawn.row()
            for cell in cells:
                row.cell(cell)


def _widths(sheet: FPDF, section: Section) -> list[float]:
    """Return how wide each column is, in mm: its head's words whole, then those of its cells, then its lines.

    What does not fit into the page beside the others is broken: a column cannot be wider than its share.
    """
    columns = list(zip(*section.rows, strict=True))
    sheet.set_font(_FAMILY, "B", _TABLE_PT)
    heads = [_longest_mm(sheet, head.split()) for head in section.columns]
    sheet.set_font(_FAMILY, "", _TABLE_PT)
    words = [_longest_mm(sheet, {word for cell in cells for word in cell.split()}) for cells in columns]
    lines = [_longest_mm(sheet, {line for cell in cells for line in cell.splitlines()}) for cells in columns]
    widths = _widened(heads, [min(width, _WIDEST_WORD_MM) for width in words], sheet.epw)
    return _widened(widths, [min(width, _WIDEST_COLUMN_MM) for width in lines], sheet.epw)


def _longest_mm(sheet: FPDF, texts: Iterable[str]) -> float:
    return max((sheet.get_string_width(text) for text in texts), default=0.0) + _BESIDE_MM


def _widened(widths: Sequence[float], wanted: Sequence[float], room_mm: float) -> list[float]:
    """Return widths that are as wanted, or as near to it as the room for all of them allows."""
    lacking = [max(wish - width, 0.0) for width, wish in zip(widths, wanted, strict=True)]
    spare, needed = max(room_mm - sum(widths), 0.0), sum(lacking)
    share = min(spare / needed, 1.0) if needed else 0.0
    return [width + share * lack for width, lack in zip(widths, lacking, strict=True)]


def _draw_signatures(sheet: FPDF, signatures: Sequence[str]) -> None:
    if not signatures:
        return
    sheet.ln(6)
    sheet.set_font(_FAMILY, "B", 9)
    for line in signatures:
        sheet.multi_cell(0, 6, line, border=1, padding=1, new_x="LMARGIN", new_y="NEXT")
        sheet.ln(1)
