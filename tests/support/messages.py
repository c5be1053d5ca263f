"""Sources and real messages for tests of decoding."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.source import ROOT

from devices.kinds import load_kinds
from ingest.outcomes import Ignored, Measurement, Outcome
from ingest.source_files import load_source, load_sources
from ingest.sources import Source, Sources

RECEIVED_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KINDS = load_kinds(ROOT / "config" / "kinds")
PAYLOADS = ROOT.parent / "shared" / "data" / "payloads"


def shipped_sources() -> Sources:
    """Return the sources of the project, every one enabled."""
    loaded = load_sources(ROOT / "config" / "sources", KINDS)
    return Sources([dataclasses.replace(source, enabled=True) for source in loaded.all])


def source_of(folder: Path, text: str) -> Source:
    """Return the source that a file's text means."""
    path = folder / "made.yaml"
    path.write_text(f"id: made\n{text}", encoding="utf-8")
    return load_source(path, KINDS)


def captured(name: str) -> list[dict]:
    """Return the real messages of a file, or skip the test where they are not at hand."""
    path = PAYLOADS / name
    if not path.exists():
        pytest.skip(f"the real messages of {name} are not at hand: ../shared/data/payloads")
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if name.endswith("l") else [json.loads(text)]


def as_json(outcomes: Sequence[Outcome]) -> Iterator[dict]:
    """Yield outcomes as golden files hold them."""
    for outcome in outcomes:
        if isinstance(outcome, Ignored):
            yield {"ignored": outcome.reason}
        elif isinstance(outcome, Measurement):
            told = dataclasses.asdict(outcome)
            yield {"measurement": {**told, "observed_at": outcome.observed_at.isoformat()}}
        else:
            said = {
                name: value
                for name, value in dataclasses.asdict(outcome).items()
                if name != "skew_s" or value
            }
            yield {"rejection": said}
