"""docs/alarms.md against the code: every action, state and outage stands there."""

from __future__ import annotations

import re

import pytest
from support.source import ROOT

from alerts.desk.performance import FLOOD_ABOVE
from alerts.journal.rows import AlarmState
from alerts.journal.shelving import MAX_SHELF
from alerts.judging import outages
from pantau.cli import main

PAGE = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8")


def test_every_action_is_on_the_page_and_no_other(capsys):
    with pytest.raises(SystemExit):
        main(["alarms", "--help"])
    actions = re.findall(r"^    (\w[\w-]*)(?: |$)", capsys.readouterr().out, re.MULTILINE)
    named = set(re.findall(r"pantau alarms ([a-z-]+)", PAGE))
    assert set(actions) == named | {"release"}
    assert "release takes it back" in PAGE


@pytest.mark.parametrize("state", AlarmState)
def test_every_state_is_explained(state):
    assert f"| {state.value.replace('_', ' ')} |" in PAGE


@pytest.mark.parametrize(
    "rule_id",
    [
        outages.CITY,
        outages.LINK,
        outages.INGEST,
        outages.WATERWAY,
        outages.AREA,
        outages.KIND,
        outages.CHANNEL,
    ],
)
def test_every_outage_is_explained(rule_id):
    assert f"`{rule_id}" in PAGE


def test_numbers_on_the_page_are_those_of_the_code():
    assert MAX_SHELF.total_seconds() == 24 * 3600
    assert "lasts 24 hours at most" in PAGE
    assert f"with more than {FLOOD_ABOVE} per operator" in PAGE
    assert outages.FEWEST == 3
    assert "At least three sensors" in PAGE
