import json

import pytest
from support.messages import RECEIVED_AT, source_of

from ingest.decoding import decode
from ingest.outcomes import Ignored, Measurement, Rejection
from ingest.sources import NATIVE, Sources

LEVEL = "readings: [{kind: flood, values: {water_level_cm: {path: level}}}]\n"


@pytest.fixture
def ends(tmp_path):
    def become(text, topic, message):
        payload = json.dumps(message).encode()
        return decode(topic, payload, RECEIVED_AT, Sources([NATIVE, source_of(tmp_path, text)]))

    return become


@pytest.mark.parametrize(
    ("name", "device_id"),
    [
        ("gate-1", "kali-gate-1"),
        ("kantor/lantai 1", "kali-kantor-lantai-1"),
        ("urn:dev:ow:10e2", "kali-urn-dev-ow-10e2"),
        ("Kali Madiun", "KM-1"),
        (7001, "kali-7001"),
    ],
)
def test_a_name_becomes_an_id(ends, name, device_id):
    text = (
        f"topic: a\nformat: json\ndevice: {{path: who, prefix: kali-, ids: {{Kali Madiun: KM-1}}}}\n{LEVEL}"
    )
    (end,) = ends(text, "a", {"who": name, "level": 1})
    assert end.device_id == device_id


@pytest.mark.parametrize("name", [None, "", "…", True, [], {}, "x" * 80, 1.5])
def test_a_message_whose_name_is_no_name_is_rejected(ends, name):
    (end,) = ends(f"topic: a\nformat: json\ndevice: {{path: who}}\n{LEVEL}", "a", {"who": name, "level": 1})
    assert isinstance(end, Rejection)
    assert end.device_id is None


def test_pantaus_own_topic_bends_no_name_into_an_id_that_another_device_has(ends):
    (end,) = ends(
        f"topic: a/{{device}}\nformat: json\n{LEVEL}", "pantau/v1/gate 1/telemetry", {"ts": 1, "values": {}}
    )
    assert isinstance(end, Rejection)
    assert end.device_id is None


def test_one_field_that_cannot_be_read_rejects_its_device_and_leaves_the_others(ends):
    text = (
        "topic: a/{device}\nformat: json\nreadings:\n"
        "  - {kind: flood, values: {water_level_cm: {path: level}}}\n"
        "  - {kind: rain, suffix: -rain, values: {rain_rate_mm_h: {path: rain}}}\n"
    )
    one, other = ends(text, "a/post", {"level": "high", "rain": 3})
    assert (one.device_id, one.values) == ("post-rain", {"rain_rate_mm_h": 3.0})
    assert other == Rejection(device_id="post", reason="the value at level is not a number")


def test_a_device_whose_needed_metric_is_missing_is_not_spoken_of(ends):
    text = (
        "topic: a/{device}\nformat: json\nreadings: [{kind: air, needs: [pm2_5_ug_m3],"
        " values: {pm2_5_ug_m3: {path: pm}, humidity_pct: {path: rh}}}]\n"
    )
    assert isinstance(ends(text, "a/x", {"rh": 60})[0], Ignored)
    assert isinstance(ends(text, "a/x", {"rh": 60, "pm": 12})[0], Measurement)


def test_without_readings_the_names_must_be_metrics_already(ends):
    (end,) = ends(
        "topic: a/{device}\nformat: tts",
        "a/x",
        {"uplink_message": {"decoded_payload": {"water_level_cm": 9}}},
    )
    assert end.values == {"water_level_cm": 9.0}


def test_a_clock_without_a_zone_shows_the_sources(ends):
    text = f"topic: a/{{device}}\nformat: json\ntime: {{path: at.local, zone: Asia/Jakarta}}\n{LEVEL}"
    (end,) = ends(text, "a/x", {"at": {"local": "2026-03-01 18:58:00"}, "level": 1})
    assert end.observed_at.isoformat() == "2026-03-01T11:58:00+00:00"
    assert end.is_dated


def test_a_message_that_tells_no_time_is_of_when_it_came_and_says_so(ends):
    (end,) = ends(f"topic: a/{{device}}\nformat: json\n{LEVEL}", "a/x", {"level": 1})
    assert end.observed_at == RECEIVED_AT
    assert not end.is_dated


def test_the_same_fault_of_the_same_device_is_said_once_for_a_message(ends):
    message = [{"level": "x"}] * 500 + [{"level": 1}]
    one, other = ends(f"topic: a/{{device}}\nformat: json\n{LEVEL}", "a/x", message)
    assert isinstance(one, Measurement)
    assert isinstance(other, Rejection)


def test_a_topic_that_nobody_takes_is_rejected(ends):
    (end,) = ends(f"topic: a/{{device}}\nformat: json\n{LEVEL}", "$SYS/a", {"level": 1})
    assert "no source takes this topic" in end.reason
