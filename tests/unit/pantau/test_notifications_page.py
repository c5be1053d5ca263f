"""docs/notifications.md against the code: its example, its keys, its commands and its numbers."""

from __future__ import annotations

import dataclasses
import re

import pytest
from support.source import ROOT

from alerts.telling.routes import Channel, Route, load_notifications
from notification.channels import PERMANENT
from pantau.cli import main

PAGE = (ROOT / "docs" / "notifications.md").read_text(encoding="utf-8")


def test_the_example_is_a_file_that_is_taken(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "notifications.yaml").write_text(example, encoding="utf-8")
    told = load_notifications(tmp_path, ["flood", "rain"])
    assert [route.name for route in told.routes] == ["banjir"]


@pytest.mark.parametrize("schema", [Channel, Route])
def test_every_key_is_explained_with_its_default(schema):
    rows = dict(re.findall(r"^\| ([`\w, ]+) \|([^|]*)\|", PAGE, re.MULTILINE))
    explained = {name: default for names, default in rows.items() for name in re.findall(r"`(\w+)`", names)}
    assert {field.name for field in dataclasses.fields(schema)} <= set(explained)


def test_durations_on_the_page_are_those_of_the_code():
    route, channel = Route(name="a", to=("b",)), Channel()
    for span, name, said in [
        (route.wait, "wait", "30s"),
        (route.update, "update", "5m"),
        (channel.give_up_after, "give_up_after", "24h"),
    ]:
        assert f"| `{name}` | {said} |" in PAGE
        assert span.total_seconds() == {"30s": 30, "5m": 300, "24h": 86400}[said]


def test_every_action_is_on_the_page_and_no_other(capsys):
    with pytest.raises(SystemExit):
        main(["notifications", "--help"])
    actions = re.findall(r"^    (\w[\w-]*)(?: |$)", capsys.readouterr().out, re.MULTILINE)
    assert set(actions) == set(re.findall(r"pantau notifications ([a-z-]+)", PAGE))


def test_the_answers_that_end_all_trying_are_named():
    said = re.search(r"the service answers ([\d, or]+)\)", PAGE)
    assert {int(code) for code in re.findall(r"\d+", said.group(1))} == PERMANENT
