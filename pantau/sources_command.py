"""`pantau sources`: which messages Pantau takes, and what one of them becomes."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from devices.kinds import load_kinds
from ingest.explanation import Explanation, explain
from ingest.outcomes import Ignored, Measurement, Outcome
from ingest.source_files import load_source, load_sources
from pantau.console import Refusal, say, say_json, say_table
from pantau.parts import Folders


def list_sources(folders: Folders, given: argparse.Namespace) -> int:
    """List every source of the configuration, once all of them are known to be right."""
    sources = load_sources(folders.config / "sources", load_kinds(folders.config / "kinds"))
    rows = [
        {
            "id": source.id,
            "format": str(source.format),
            "topic": source.topic.text,
            "kinds": ", ".join(dict.fromkeys(device.kind for device in source.readings)) or "any",
            "enabled": "yes" if source.enabled else "no",
        }
        for source in sources.all
    ]
    if given.json:
        say_json(rows)
    else:
        say_table(rows)
    return 0


def test(folders: Folders, given: argparse.Namespace) -> int:
    """Show step by step what a message becomes; the answer is yes when it becomes a measurement."""
    kinds = load_kinds(folders.config / "kinds")
    source = load_source(given.file, kinds)
    message = (given.topic, _payload(given.payload))
    explanation = explain(source, message, kinds, received_at=_received_at(given.received_at))
    if given.json:
        say_json(_as_json(explanation))
    else:
        _tell(explanation)
    return 0 if explanation.is_measured else 1


def _payload(told: str) -> bytes:
    if told == "-":
        return sys.stdin.buffer.read()
    if not told.startswith("@"):
        return told.encode()
    try:
        return Path(told[1:]).read_bytes()
    except OSError as error:
        raise Refusal(f"{told[1:]} cannot be read: {error.strerror}") from error


def _received_at(told: str | None) -> datetime:
    if told is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise Refusal(f"--received-at '{told}' is no time; write it like 2026-01-31T07:00:00+07:00") from None
    if at.tzinfo is None:
        raise Refusal("--received-at needs a zone; write it like 2026-01-31T07:00:00+07:00")
    return at


def _tell(explanation: Explanation) -> None:
    for step in explanation.steps:
        say(f"{step.what}: {step.found}")
    if not explanation.outcomes:
        say("=> this source does not take the message")
    for outcome in explanation.outcomes:
        say(f"=> {_words(outcome)}")


def _words(outcome: Outcome) -> str:
    if isinstance(outcome, Ignored):
        return f"ignored: {outcome.reason}"
    if isinstance(outcome, Measurement):
        values = ", ".join(f"{metric} {value:g}" for metric, value in outcome.values.items())
        return f"measurement of {outcome.device_id} at {outcome.observed_at.isoformat()}: {values}"
    return f"rejected{f' for {outcome.device_id}' if outcome.device_id else ''}: {outcome.reason}"


def _as_json(explanation: Explanation) -> dict[str, object]:
    return {
        "steps": [{"what": step.what.strip(), "found": step.found} for step in explanation.steps],
        "outcomes": [_outcome_as_json(outcome) for outcome in explanation.outcomes],
    }


def _outcome_as_json(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, Ignored):
        return {"outcome": "ignored", "reason": outcome.reason}
    if isinstance(outcome, Measurement):
        return {
            "outcome": "measurement",
            "device_id": outcome.device_id,
            "observed_at": outcome.observed_at.isoformat(),
            "values": dict(outcome.values),
            "source_identity": outcome.source_identity,
            "sequence": outcome.sequence,
            "is_dated": outcome.is_dated,
        }
    return {"outcome": "rejection", "device_id": outcome.device_id, "reason": outcome.reason}
