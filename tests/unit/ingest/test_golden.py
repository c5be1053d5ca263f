import json

import pytest
from support.messages import RECEIVED_AT, as_json, shipped_sources
from support.source import ROOT

from ingest.decoding import decode

CASES = sorted((ROOT / "tests" / "data" / "decoding").iterdir())
SOURCES = shipped_sources()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_message_of_each_format_becomes_what_its_case_says(case):
    topic = (case / "topic.txt").read_text(encoding="utf-8").strip()
    ends = decode(topic, (case / "payload.json").read_bytes(), RECEIVED_AT, SOURCES)
    assert list(as_json(ends)) == json.loads((case / "expected.json").read_text(encoding="utf-8"))


def test_every_shipped_source_has_a_case():
    taken = [SOURCES.match((case / "topic.txt").read_text(encoding="utf-8").strip()) for case in CASES]
    assert {source.id for source in taken if source} == {source.id for source in SOURCES.all}
