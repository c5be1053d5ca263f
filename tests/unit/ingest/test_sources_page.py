"""The page about sources says what the code does."""

import dataclasses
import re

import pytest
from support.messages import RECEIVED_AT, source_of
from support.source import ROOT

from devices.units import units_by_quantity
from ingest.decoding import decode
from ingest.fields import WORDS_FOR_NOTHING
from ingest.formats import Format
from ingest.formats.sample import MOST_SAMPLES
from ingest.source_files import Clock, DeviceNaming, KindReadings, SourceFile, ValueField
from ingest.sources import Sources

PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")


def rows(head: str) -> dict[str, str]:
    """Return the table under a head by its first column."""
    table = PAGE.split(head, 1)[1].split("\n\n", 1)[0]
    return {
        row[0].strip("` "): row[1] for row in re.findall(r"^\| ([^|]+) \| ([^|]+) \|", table, re.MULTILINE)
    }


def test_every_key_of_a_source_is_explained_and_no_other():
    parts = {"device": DeviceNaming, "time": Clock}
    keys = {f.name for one in (SourceFile, KindReadings, ValueField) for f in dataclasses.fields(one)}
    nested = {f"{name}.{f.name}" for name, one in parts.items() for f in dataclasses.fields(one)}
    assert set(rows("| key | what it says |\n|---|---|\n")) == (keys - set(parts)) | nested


def test_every_format_is_explained_and_no_other():
    assert set(rows("| `format` | what it reads | device | time |\n|---|---|---|---|\n")) == set(Format)


def test_every_unit_is_listed_and_no_other():
    listed = {
        name: re.findall(r"`([^`]+)`", units)
        for name, units in rows("| quantity | units |\n|---|---|\n").items()
    }
    assert listed == {name: list(units) for name, units in units_by_quantity().items()}


def test_the_limit_of_readings_is_the_codes():
    assert f"At most {MOST_SAMPLES} readings" in PAGE


def test_the_example_means_what_its_comments_say(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    text = example.replace("id: kali-sensors ", "# ", 1)
    payload = b'{"meta": {"at": "2026-03-01T18:58:00"}, "sonar": {"mm": "1834"}, "tips": 12}'
    level, rain = decode("kali/7/up", payload, RECEIVED_AT, Sources([source_of(tmp_path, text)]))
    assert (level.device_id, level.values) == ("kali-7", {"distance_cm": pytest.approx(183.4)})
    assert (rain.device_id, rain.values) == ("kali-7-rain", {"rain_total_mm": pytest.approx(2.4)})


def test_the_words_for_nothing_are_the_codes():
    told = PAGE.split("No value:", 1)[1].split("and what", 1)[0]
    assert set(re.findall(r"`([^`]+)`", told)) == WORDS_FOR_NOTHING - {""}
