import json

import pytest
from support.messages import KINDS, RECEIVED_AT, source_of

from ingest.explanation import explain

TEXT = """\
topic: tele/{device}/SENSOR
format: tasmota
time: {zone: Asia/Jakarta}
readings:
  - kind: flood
    values:
      water_level_cm: {path: Gauge.Level, unit: m, missing: [-1]}
"""


@pytest.fixture
def explained(tmp_path):
    def steps(message, topic="tele/post-1/SENSOR"):
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        told = explain(source_of(tmp_path, TEXT), (topic, payload), KINDS, received_at=RECEIVED_AT)
        return told, {step.what.strip(): step.found for step in told.steps}

    return steps


def test_every_step_from_topic_to_metric_is_told(explained):
    told, steps = explained({"Time": "2026-03-01T18:58:00", "Gauge": {"Level": "1.82"}})
    assert told.is_measured
    assert steps["topic"] == "is one of tele/+/SENSOR"
    assert steps["format"] == "tasmota"
    assert steps["device"] == "'post-1' -> post-1"
    assert steps["time"].startswith("Time = 2026-03-01T18:58:00 -> 2026-03-01T11:58:00+00:00")
    assert "Asia/Jakarta" in steps["time"]
    assert steps["water_level_cm"] == "Gauge.Level = '1.82' -> 1.82 m -> 182 cm"
    assert steps["post-1 water_level_cm = 182"] == "plausible"


def test_a_value_that_is_measured_but_not_plausible_is_told(explained):
    told, steps = explained({"Time": "2026-03-01T18:58:00", "Gauge": {"Level": 182}})
    assert told.is_measured
    assert steps["post-1 water_level_cm = 18200"].startswith("not plausible")


@pytest.mark.parametrize(
    ("message", "what", "found"),
    [
        ({"Time": "2026-03-01T18:58:00", "Gauge": {"Level": -1}}, "water_level_cm", "there is no value"),
        ({"Time": "2026-03-01T18:58:00", "Gauge": {"Level": "x"}}, "water_level_cm", "is not a number"),
        ({"Time": "2026-03-01T18:58:00", "Gauge": {}}, "water_level_cm", "nothing at Gauge.Level"),
        ({"Time": "1970-01-01T00:00:09", "Gauge": {"Level": 1}}, "time", "before the year 2000"),
    ],
)
def test_where_a_message_goes_wrong_is_told(explained, message, what, found):
    told, steps = explained(message)
    assert not told.is_measured
    assert len(told.outcomes) == 1
    assert found in steps[what]


def test_a_message_of_another_topic_is_not_decoded(explained):
    told, steps = explained({}, "tele/post-1/STATE")
    assert steps == {"topic": "is not one of tele/+/SENSOR"}
    assert told.outcomes == ()


def test_what_is_no_json_is_rejected_for_its_device(explained):
    told, _ = explained(b"oops")
    assert told.outcomes[0].device_id == "post-1"
