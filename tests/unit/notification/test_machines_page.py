"""docs/machines.md against the code: every key, state and setting stands there."""

from __future__ import annotations

import dataclasses
import json
import re
from zoneinfo import ZoneInfo

import pytest
from support.alarming import HIGH_WATER, at, engine, observe_all
from support.operating import row
from support.source import ROOT

from alerts.journal.rows import AlarmState
from alerts.telling.cap_messages import Cause
from config.durations import parse_duration
from config.settings import Cap
from devices.registry import Registry
from notification.alarm_messages import (
    NORMAL_KEPT,
    PREFIX,
    STATUS,
    SUMMARY,
    SUMMARY_REPEATED,
    Meaning,
    due,
    messages,
)
from notification.alarm_topics import INGEST_SILENT_AFTER
from pantau.brokers import ALARM_FILTER, SIGN_USER

PAGE = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
MEANING = Meaning(
    rules={"high_water": HIGH_WATER}, kinds={}, registry=Registry([], [], []), zone=ZoneInfo("Asia/Jakarta")
)
TOLD = dict(due(messages([row(observe_all(engine(), (0, 120)))], MEANING), {}, at(0)))


def test_the_example_has_the_keys_of_a_message_in_their_order():
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example
    assert list(json.loads(example[1])) == list(json.loads(TOLD[f"{PREFIX}/gate/high_water"]))


def test_every_key_of_the_summary_is_named():
    told = PAGE[PAGE.index("The summary has") :].split("\n\n")[0]
    assert set(json.loads(TOLD[SUMMARY])) <= set(re.findall(r"`(\w+)`", told))


@pytest.mark.parametrize("state", AlarmState)
def test_every_state_is_named(state):
    assert f"`{state.value}`" in PAGE


@pytest.mark.parametrize("topic", [STATUS, SUMMARY, ALARM_FILTER, f"broker/{SIGN_USER}-password"])
def test_topics_and_account_are_named(topic):
    assert topic in PAGE


def test_numbers_on_the_page_are_those_of_the_code():
    assert f"told again every {SUMMARY_REPEATED.seconds} seconds" in PAGE
    assert f"{INGEST_SILENT_AFTER.seconds} seconds" in PAGE
    assert NORMAL_KEPT.days == 1
    assert "stays so for a day" in PAGE


def test_every_setting_of_the_feed_stands_there_with_its_default():
    named = dict(
        re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", PAGE[PAGE.index("under `cap:`") :], re.MULTILINE)
    )
    assert list(named) == [field.name for field in dataclasses.fields(Cap)]
    default = Cap()
    assert parse_duration(named["expires"]) == default.expires
    assert float(named["radius_km"]) == default.radius_km
    assert named["severity_from"] == f"`{default.severity_from}`"
    assert named["sender"] == f"`{default.sender}`"


def test_every_sort_of_message_is_named():
    for type_ in {cause.type for cause in Cause}:
        assert f"`{type_.value}`" in PAGE
