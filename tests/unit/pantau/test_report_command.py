from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from support.city_database import CityDatabase, ago, city_rules

from pantau.cli import main


@pytest.fixture
def state(tmp_path: Path) -> Path:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", name="Pintu Air", simulated=True)
    city.measure("gate", "flood", ago(minutes=5), water_level_cm=310.0)
    city.raise_alarm("gate", ago(minutes=4), rule=city_rules()["siaga"], value=310.0)
    city.close()
    return tmp_path


def test_the_report_of_a_moment_is_written_as_pdf_and_says_that_the_city_is_simulated(state, capsys):
    out, at = state / "report.pdf", datetime.now(UTC).isoformat(timespec="seconds")
    arguments = ["report", "situation", "--at", at, "--out", str(out), "--lang", "en", "--state", str(state)]
    assert main(arguments) == 0
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(out.read_bytes())).pages)
    for words in ("Situation report", "SIMULATION", "Pintu Air", "310 cm"):
        assert words in text, words
    assert str(out) in capsys.readouterr().out


def test_a_report_of_tomorrow_is_refused_in_one_sentence(state, capsys):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    out = state / "report.pdf"
    assert main(["report", "situation", "--at", tomorrow, "--out", str(out), "--state", str(state)]) == 2
    assert "has not come yet" in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_is_not_there_is_told(state, capsys):
    out = state / "nowhere" / "report.pdf"
    assert main(["report", "situation", "--out", str(out), "--state", str(state)]) == 2
    assert "cannot be written" in capsys.readouterr().err
