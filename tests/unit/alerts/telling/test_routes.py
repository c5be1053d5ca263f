import json
from datetime import timedelta

import jsonschema
import pytest
import yaml

from alerts.journal.alarms import Severity
from alerts.telling.routes import load_notifications, notifications_schema
from config.problems import ConfigError

GOOD = """
page: https://pantau.example
channels:
  bpbd_duty: {language: id, at_most: 5, per: 1m}
  head: {language: en}
routes:
  - name: floods
    to: [bpbd_duty]
    agencies: [BPBD]
    severity: high
    kinds: [flood]
    hours: [mon-fri 07:00-15:30, "sat,sun"]
    wait: 10s
    escalate:
      - {after: 10m, to: [head]}
"""


def load(tmp_path, text, kinds=("flood", "air")):
    (tmp_path / "notifications.yaml").write_text(text, encoding="utf-8")
    return load_notifications(tmp_path, kinds)


def test_no_file_means_that_nothing_is_said(tmp_path):
    assert load_notifications(tmp_path, ()) is None


def test_a_file_is_read_as_it_is_written(tmp_path):
    told = load(tmp_path, GOOD)
    (route,) = told.routes
    assert (route.severity, route.wait, route.update) == (
        Severity.HIGH,
        timedelta(seconds=10),
        timedelta(minutes=5),
    )
    assert (told.channels["head"].language, route.escalate[0].to) == ("en", ("head",))


def test_editors_take_what_the_loader_takes(tmp_path):
    jsonschema.validate(yaml.safe_load(GOOD), notifications_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"channels": {"x": {"url": "tgram://secret"}}}, notifications_schema())
    assert json.dumps(notifications_schema())


def test_all_faults_are_told_at_once_with_their_places(tmp_path):
    text = (
        GOOD.replace("to: [bpbd_duty]", "to: [bpbd_dutty]")
        .replace("kinds: [flood]", "kinds: [flod]")
        .replace("to: [head]", "to: [hed]")
    )
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    said = [str(problem).removeprefix(str(tmp_path)) for problem in refused.value.problems]
    assert said == [
        "/notifications.yaml:8:10: there is no channel 'bpbd_dutty'; write it under channels",
        "/notifications.yaml:11:13: there is no kind 'flod'; known: air, flood",
        "/notifications.yaml:15:27: there is no channel 'hed'; write it under channels",
    ]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        pytest.param("language: en", "url: tgram://1:a/2", "unknown key 'url'", id="an address in the file"),
        pytest.param("language: en", "language: jw", "not one of: id, en", id="an unknown language"),
        pytest.param("at_most: 5", "at_most: 0", "at least 1", id="a channel for nothing"),
        pytest.param("name: floods", "name: Floods!", "is not a name", id="a bad name"),
        pytest.param("mon-fri 07", "sen-jum 07", "no day of the week", id="Indonesian days"),
        pytest.param("after: 10m", "after: 0s", "longer than nothing", id="an escalation at once"),
        pytest.param("to: [bpbd_duty]", "to: []", "to is empty", id="a route to nobody"),
        pytest.param(
            "  head: {", "  Head!: {", "is not a name of a channel", id="a channel no variable can name"
        ),
        pytest.param("wait: 10s", "update: 30s", "at least 1m", id="updates faster than chatter is known"),
        pytest.param("severity: high", "severity: tinggi", "is not one of: low", id="an unknown severity"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, before, after, sentence):
    with pytest.raises(ConfigError, match=r"notifications.yaml:\d+:\d+: ") as refused:
        load(tmp_path, GOOD.replace(before, after))
    assert sentence in str(refused.value)


def test_two_routes_of_one_name_are_refused(tmp_path):
    text = GOOD + "  - {name: floods, to: [head]}\n"
    with pytest.raises(ConfigError, match=r":16:12: there is another route 'floods'"):
        load(tmp_path, text)
