"""The README is true to the letter: its commands run, its links lead somewhere, its picture is there."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime

import pytest
from support.brokers import free_port
from support.running import ROOT, RunningPantau, run

from devices.topics import telemetry_topic
from ingest.decoding import Measurement, decode
from ingest.sources import NATIVE_ONLY

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.strip().splitlines()]
OWN = [line for line in COMMANDS if line.startswith(".venv/bin/pantau ")]


def test_the_two_commands_are_targets_that_install_first():
    makefile = (ROOT / "Makefile").read_text()
    assert [command for command in COMMANDS if command.startswith("make")] == ["make run", "make test"]
    for target in ("run", "test"):
        assert re.search(rf"^{target}: install ", makefile, flags=re.MULTILINE)
    assert "pantau up --demo" in makefile


def test_every_command_of_the_readme_runs(tmp_path):
    state = tmp_path / "state"
    assert len(OWN) >= 5
    pantau = RunningPantau(state, "--port", str(free_port()), "--mqtt-port", str(free_port()))
    try:
        pantau.ready_url()
        for line in OWN:
            words = shlex.split(line)[1:]
            words = [str(tmp_path / word) if word.endswith(".csv") else word for word in words]
            answer = run(*words, state=state)
            assert answer.returncode == 0, f"{line}\n{answer.stdout}{answer.stderr}"
    finally:
        assert pantau.stop() == 0
    assert (tmp_path / "flood.csv").read_text().startswith("observed_at,")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_of_the_readme_leads_to_a_file(target):
    assert target.startswith("http") or (ROOT / target).exists()


def test_the_message_in_the_readme_is_one_that_ingest_understands():
    payload = re.search(r'`(\{"ts": "2026.*?\}\})`', README).group(1)
    received_at = datetime(2026, 11, 21, 1, tzinfo=UTC)
    outcomes = decode(telemetry_topic("weir-1"), payload.encode(), received_at, NATIVE_ONLY)
    assert [type(outcome) for outcome in outcomes] == [Measurement]
