"""Messages that real devices and networks sent, and what becomes of every one."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from support.messages import KINDS, captured
from support.source import ROOT

from ingest.decoding import decode
from ingest.outcomes import Ignored, Measurement, Rejection
from ingest.source_files import load_sources

SOURCES = load_sources(ROOT / "tests" / "data" / "sources", KINDS)
UPLINK = "v3/app@ttn/devices/probe/up"


LATER = datetime(2027, 1, 1, tzinfo=UTC)


def ends(topic, message):
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return decode(topic, payload, LATER, SOURCES)


def test_every_uplink_of_a_real_soil_probe_is_measured_at_the_network_servers_time():
    messages = captured("tts_v3_dragino_soil_capture.jsonl")
    measured = [end for message in messages for end in ends(UPLINK, message)]
    assert len(measured) == 41
    assert all(isinstance(end, Measurement) for end in measured)
    assert measured[0].values == {"temperature_c": 30.11, "humidity_pct": 0.0}
    assert measured[0].observed_at == datetime(2023, 6, 20, 14, 34, 32, 656299, tzinfo=UTC)
    assert measured[0].sequence == 0, "f_cnt 0 is left out"
    assert measured[1].sequence == 1


def test_an_uplink_without_its_session_has_no_identity_that_a_new_session_could_repeat():
    for message in captured("tts_v3_dragino_soil_capture.jsonl"):
        (end,) = ends(UPLINK, message)
        assert end.source_identity == ""


def test_an_uplink_heard_by_two_gateways_is_one_measurement_with_an_identity():
    (end,) = ends(UPLINK, captured("tts_v3_full_two_gateways.json")[0])
    assert end.device_id == "foo-bar-baz"
    assert end.values == {"temperature_c": 4.2, "humidity_pct": 78.5}
    assert end.source_identity == "030E202BD5504B52 QR5vq9sPi2tZPtH8rDSjpA== 2289"


def test_other_messages_of_the_things_stack_are_ignored_or_rejected_but_never_measured():
    outcomes = Counter()
    for line in captured("tts_v3_docs_messages.jsonl"):
        outcomes.update(type(end) for end in ends(UPLINK, line["message"]))
    assert outcomes[Measurement] == 0
    assert outcomes[Ignored] >= 4
    assert sum(outcomes.values()) == 15


def test_of_chirpstacks_events_only_an_uplink_could_be_a_measurement():
    events = captured("chirpstack_v4_docs_events.jsonl")
    told = [ends("application/a/device/d/event/up", event) for event in events]
    assert [len(one) for one in told] == [1] * len(events)
    assert [type(one[0]) for one in told].count(Rejection) == 1, "the uplink of the docs has no codec"
    assert "set a codec" in told[0][0].reason


def test_tasmotas_documented_messages_are_measured_or_ignored_unless_they_are_no_json():
    lines = captured("tasmota_docs_messages.jsonl")
    assert len(lines) == 89
    for line in lines:
        topic = line["topic"] if (line["topic"] or "").startswith("tele/") else "tele/post/SENSOR"
        outcomes = ends(topic, line["raw"].encode())
        if line["valid_json"]:
            assert not any(isinstance(end, Rejection) for end in outcomes), line["raw"]
        else:
            assert [type(end) for end in outcomes] == [Rejection], line["raw"]


def test_tasmotas_sensors_give_their_temperature_at_their_own_local_time():
    (end,) = ends("tele/wemos/SENSOR", captured("tasmota_wemos_multi.json")[0])
    assert end.values == {"temperature_c": 33.2, "humidity_pct": 30.0}
    assert end.observed_at == datetime(2017, 10, 5, 20, 39, 45, tzinfo=UTC)


def test_a_state_of_tasmota_is_no_measurement():
    (end,) = ends("tele/wemos/STATE", captured("tasmota_state.json")[0])
    assert isinstance(end, Ignored)


def test_a_weather_station_that_says_everything_as_text_is_two_devices():
    air, rain = ends("weather/loop", captured("weewx_mqtt_loop_vantage_pro2.json")[0])
    assert (air.device_id, rain.device_id) == ("vantage", "vantage-rain")
    assert air.values == {"temperature_c": 3.55555555556, "humidity_pct": 90.0, "pressure_hpa": 1018.35464712}
    assert rain.values == {"rain_rate_mm_h": 0.0, "rain_total_mm": pytest.approx(172.0)}
    assert air.observed_at == datetime(2017, 4, 17, 22, 15, tzinfo=UTC)


def test_a_laboratorys_messages_of_its_mapped_topic_are_all_measured():
    lines = [
        line for line in captured("mqtt_lab_nodered_capture.jsonl") if line["topic"] == "temp-hum-readings"
    ]
    measured = [end for line in lines for end in ends(line["topic"], line["payload"])]
    assert len(measured) == len(lines) > 10
    assert {end.device_id for end in measured} == {"lab-sensor-node-1", "lab-SENSOR-NODE-3-MOZIoT"}
    assert all(end.is_dated for end in measured)
