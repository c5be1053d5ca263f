"""Documents as PDF, checked by reading their text back."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from support.city_database import city_kinds

from dashboard.documents import Document, Section, handover_document
from dashboard.phrases import Phrases
from dashboard.reports import pdf
from dashboard.situation_document import situation_document
from dashboard.texts import load_texts

AT = datetime(2026, 11, 21, 11, tzinfo=UTC)
MS = int(AT.timestamp() * 1000)
TEXTS = load_texts()
WATER = {
    "site_name": "Pintu Air Manggarai",
    "waterway": "Ciliwung",
    "value": 812.0,
    "at": MS - 120_000,
    "siaga": "jakarta_siaga2",
    "peak": 951.0,
    "peak_at": MS - 7_200_000,
    "peak_siaga": "jakarta_siaga1",
}
ROW = {"rule": "siaga", "site": "gate", "title": {"id": "Muka air tinggi", "en": "High water"}}
SITUATION = {
    "city": "Madiun",
    "demo": True,
    "since": MS - 21_600_000,
    "at": MS,
    "states": {"critical": 1, "high": 0, "medium": 0, "low": 0, "normal": 50, "unknown": 4},
    "sites": 55,
    "newest_at": MS - 60_000,
    "raised": [{"agency": "BPBD", "low": 3, "medium": 0, "high": 1, "critical": 1}],
    "doing": [
        ROW
        | {
            "site_name": "Pintu Air Manggarai",
            "severity": "critical",
            "raised_at": MS - 3_600_000,
            "agency": "BPBD",
            "who": "Siti",
            "instruction": {"id": "Buka pintu ≥ 50 cm", "en": "Open the gate ≥ 50 cm"},
        }
    ],
    "water": [WATER],
    "air": [{"site_name": "Taman", "value": 151.0, "class": "ispu_unhealthy", "at": MS}],
    "traffic": [{"site_name": "Jalan Pahlawan", "value": 7.0, "at": MS}],
    "unknown": [{"site_name": "Pos Sunyi", "kind": "flood", "last_at": None}],
}
SHEET = {
    "id": 12,
    "outgoing": "Siti Nurhaliza",
    "outgoing_at": MS,
    "incoming": "Budi",
    "incoming_at": MS + 300_000,
}
HANDOVER = {
    "city": "Madiun",
    "demo": False,
    "start": MS - 28_800_000,
    "at": MS,
    "operators": 2,
    "on_duty": [{"name": "Siti Nurhaliza", "since": MS}],
    "kpis": {
        "annunciated": 31,
        "per_period": 0.3229,
        "peak": 5.5,
        "flooded": 0,
        "periods": 48,
        "chattering": 1,
        "top_share": 0.5,
        "median_s": 95.0,
        "ninetieth_s": 4000.0,
        "unacknowledged": 2,
    },
    "open": [
        ROW
        | {
            "site_name": "Pintu Air",
            "state": "active_unacknowledged",
            "severity": "high",
            "raised_at": MS - 3_600_000,
            "data_lost": True,
            "agency": "BPBD",
            "claimed_by": "",
            "acknowledged_by": "",
        }
    ],
    "shelved": [],
    "dead": [],
    "incidents": [],
    "failed": [],
    "notes": [{"at": MS - 60_000, "by": "Siti Nurhaliza", "text": "Pompa nº 2: 20 µg/m³ → é, “dikutip”"}],
    "top": [],
    "standing": [],
}


def phrases(language: str) -> Phrases:
    return Phrases(
        texts=TEXTS[language], language=language, zone=ZoneInfo("Asia/Jakarta"), kinds=city_kinds()
    )


def read(document: Document) -> str:
    """The document's words in the order of reading, however lines were broken."""
    pages = PdfReader(io.BytesIO(pdf(document, made_at=AT))).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_a_situation_report_reads_as_it_was_written_in_both_languages():
    english = read(situation_document(phrases("en"), SITUATION))
    for words in (
        "Situation report 21 Nov 2026 18:00 WIB",
        "SIMULATION: not the real city",
        "21 Nov 2026 12:00 WIB to 21 Nov 2026 18:00 WIB",
        "812 cm",
        "Jakarta Siaga 2",
        "951 cm",
        "Unhealthy",
        "7 km/h",
        "BPBD: Open the gate ≥ 50 cm",
        "Siti",
        "Pos Sunyi Water level –",
    ):
        assert words in english, words
    bahasa = read(situation_document(phrases("id"), SITUATION))
    assert "7 km/jam" in bahasa
    assert "Pos Sunyi Tinggi muka air –" in bahasa
    for words in (
        "Laporan situasi 21 Nov 2026 18:00 WIB",
        "Tidak sehat",
        "Buka pintu ≥ 50 cm",
        "Kritis",
    ):
        assert words in bahasa, words


def test_a_handover_sheet_tells_who_signed_and_what_was_written():
    text = read(handover_document(phrases("id"), SHEET, HANDOVER))
    for words in (
        "Lembar serah terima 12",
        "aktif, belum dikonfirmasi, data hilang",
        "belum ada",
        "Pompa nº 2: 20 µg/m³ → é, “dikutip”",
        "0,32",
        "1 mnt",
        "1 jam 6 mnt",
        "Diserahkan oleh Siti Nurhaliza, 21 Nov 2026 18:00 WIB",
        "Diterima oleh Budi, 21 Nov 2026 18:05 WIB",
    ):
        assert words in text, words


def test_a_sheet_that_nobody_took_says_so():
    waiting = SHEET | {"incoming": "", "incoming_at": None}
    assert "Nobody has taken over yet" in read(handover_document(phrases("en"), waiting, HANDOVER))


def test_the_same_document_gives_the_same_bytes():
    document = situation_document(phrases("id"), SITUATION)
    assert pdf(document, made_at=AT) == pdf(document, made_at=AT)


def test_a_pdf_is_a4_black_on_white_and_brings_its_font():
    reader = PdfReader(io.BytesIO(pdf(situation_document(phrases("id"), SITUATION), made_at=AT)))
    page = reader.pages[0]
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
    fonts = page["/Resources"]["/Font"]
    assert all("DejaVu" in str(font.get_object()["/BaseFont"]) for font in fonts.values())
    drawn = page.get_contents().get_data().decode("latin-1")
    assert not re.search(r"\b(rg|RG)\b", drawn), "a colour would be lost on a black printer"


@pytest.mark.parametrize("rows", [1, 300], ids=["one row", "many pages"])
def test_no_row_is_lost_however_long_the_table_and_its_words_are(rows):
    names = [f"Pos-{number:03} " + "panjang sekali " * 9 for number in range(rows)]
    section = Section(
        heading="Alarm", columns=["Tempat", "Catatan"], rows=[(name, "x" * 90) for name in names]
    )
    text = read(Document(title="Uji", lines=[], sections=[section]))
    assert re.findall(r"Pos-(\d+)", text) == [f"{number:03}" for number in range(rows)]


def test_letters_that_the_font_lacks_leave_a_mark_each_wherever_they_stand():
    section = Section(heading="مطر", columns=["市"], rows=[["banjir 🌊 parah"]], lines=["é ≥\u200b ok"])
    text = read(Document(title="ꦱꦫ 😀", lines=["市 dan"], sections=[section], signatures=["市"]))
    for words in ("□□ □ □ dan □□□ □ banjir □ parah é ≥", "ok □"):
        assert words in text, words


def test_a_kind_whose_file_is_gone_is_told_by_its_name():
    gone = SITUATION | {"unknown": [{"site_name": "Pos", "kind": "snow", "last_at": None}]}
    assert "Pos snow –" in read(situation_document(phrases("id"), gone))


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_word_is_broken_in_the_tables_of_sheets_and_reports(language):
    """As full as they get: names as long as they are, and every table with a row."""
    row = ROW | {"site_name": "Jembatan Kedungkandang Bantaran", "raised_at": MS - 100_000_000}
    handover = HANDOVER | {
        "open": [HANDOVER["open"][0] | row | {"severity": "critical", "agency": "BPBD Kabupaten Madiun"}],
        "shelved": [row | {"maintenance": True, "until": None, "by": "Siti", "reason": "pembersihan"}],
        "dead": [{"site_name": row["site_name"], "kind": "flood", "last_at": MS}],
        "incidents": [
            {"place": row["site_name"], "severity": "critical", "since": MS, "until": None, "alarms": 12}
            | {"first": row}
        ],
        "failed": [{"at": MS, "channel": "telegram-bpbd", "title": "Muka air tinggi", "error": "timeout"}],
        "top": [row | {"count": 30, "chatter": 3}],
        "standing": [row],
    }
    say = phrases(language)
    for document in (handover_document(say, SHEET, handover), situation_document(say, SITUATION)):
        text = read(document)
        for section in document.sections:
            assert section.rows, section.heading
            for cell in (*section.columns, *(cell for cells in section.rows for cell in cells)):
                assert all(word in text for word in cell.split()), (section.heading, cell)
