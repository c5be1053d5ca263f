import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.formats import FORMATS, Format
from ingest.formats.sample import MOST_SAMPLES, Sample, Unusable
from ingest.outcomes import Ignored, Rejection

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOPICS = {
    Format.NATIVE: "pantau/v1/d/telemetry",
    Format.SENML: "senml/d",
    Format.THE_THINGS_STACK: "v3/a@t/devices/d/up",
    Format.CHIRPSTACK: "application/a/device/d/event/up",
    Format.TASMOTA: "tele/d/SENSOR",
    Format.ZIGBEE2MQTT: "zigbee2mqtt/d",
    Format.THINGSBOARD: "v1/gateway/telemetry",
    Format.SENSOR_COMMUNITY: "airrohr/d",
    Format.HOME_ASSISTANT: "homeassistant/sensor/d/state",
    Format.JSON: "x/d",
    Format.SCALAR: "x/d",
}


def decoded(chosen, message, topic=None):
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return FORMATS[chosen].decode(payload, topic or TOPICS[chosen], NOW)


def only(chosen, message, topic=None) -> Sample:
    (sample,) = decoded(chosen, message, topic)
    return sample


# The names that the formats look for, so that what is made up reaches deep.
KEYS = st.sampled_from(
    [
        "ts",
        "values",
        "bn",
        "bt",
        "n",
        "v",
        "t",
        "u",
        "s",
        "vs",
        "bver",
        "end_device_ids",
        "uplink_message",
        "decoded_payload",
        "received_at",
        "f_cnt",
        "object",
        "deviceInfo",
        "deduplicationId",
        "time",
        "data",
        "Time",
        "Epoch",
        "TempUnit",
        "last_seen",
        "sensordatavalues",
        "value_type",
        "value",
    ]
)
TREES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("chosen", Format)
@given(st.binary(max_size=100) | TREES.map(lambda tree: json.dumps(tree).encode()))
def test_whatever_comes_a_format_samples_ignores_or_refuses_it(chosen, payload):
    try:
        found = decoded(chosen, payload)
    except Unusable:
        return
    assert isinstance(found, Ignored) or all(isinstance(one, Sample | Rejection) for one in found)
    assert found


@pytest.mark.parametrize("chosen", [Format.NATIVE, Format.JSON, Format.SENML, Format.THINGSBOARD])
def test_a_list_that_would_fill_the_memory_is_refused_as_a_whole(chosen):
    element = {"n": "x", "v": 1, "ts": 1, "values": {}}
    message = [element] * (MOST_SAMPLES + 1)
    with pytest.raises(Unusable, match="more than"):
        decoded(chosen, {"d": message} if chosen is Format.THINGSBOARD else message)


def test_half_a_surrogate_pair_which_no_database_takes_is_not_text():
    with pytest.raises(Unusable, match="not JSON"):
        decoded(Format.NATIVE, b'{"ts": 1, "values": {"\\ud800": 1}}')


# SenML


def senml(*records):
    return decoded(Format.SENML, list(records))


def test_a_senml_pack_of_the_rfc_is_split_by_its_times():
    one, two = senml(
        {
            "bn": "urn:dev:ow:10e2073a0108006:",
            "bt": 1772366000.001,
            "bu": "A",
            "n": "voltage",
            "u": "V",
            "v": 120.1,
        },
        {"n": "current", "t": -5, "v": 1.2},
    )
    assert (one.device, one.values, one.units) == (
        "urn:dev:ow:10e2073a0108006",
        {"voltage": 120.1},
        {"voltage": "V"},
    )
    assert (two.values, two.units) == ({"current": 1.2}, {"current": "A"})
    assert one.time - two.time == pytest.approx(5)


@pytest.mark.parametrize(
    ("t", "time", "is_relative"),
    [
        (2**28, 2**28, False),
        (2**28 - 1, NOW + timedelta(seconds=2**28 - 1), True),
        (-60, NOW - timedelta(seconds=60), True),
        (0, None, False),
    ],
)
def test_a_senml_time_below_two_to_the_28_counts_from_now(t, time, is_relative):
    (sample,) = senml({"bn": "g", "n": "x", "t": t, "v": 1})
    assert (sample.time, sample.is_relative) == (time, is_relative)


def test_senml_base_values_are_added_and_a_base_record_needs_no_value():
    (sample,) = senml(
        {"bn": "g:", "bv": 20.0}, {"n": "t", "v": 1.5}, {"n": "rain", "s": 3}, {"n": "w", "vs": "x"}
    )
    assert sample.values == {"t": 21.5, "rain_sum": 3.0, "w": "x"}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"n": "x", "v": 1, "must_": 1}, "must_ must be understood"),
        ({"n": "x", "v": 1, "bver": 11}, "later version"),
        ({"n": "x", "v": "1"}, "v is not a number"),
        ({"n": 1, "v": 1}, "n is not text"),
        ({"bn": "x"}, "no value"),
    ],
)
def test_a_senml_pack_that_cannot_be_understood_is_refused(record, reason):
    with pytest.raises(Unusable, match=reason):
        senml(record)


def test_a_label_of_senml_that_need_not_be_understood_is_passed_over():
    assert senml({"n": "x", "v": 1, "ut": 60, "new": "x"})[0].values == {"x": 1.0}


# The others


@pytest.mark.parametrize(
    ("chosen", "topic"),
    [
        (Format.CHIRPSTACK, "application/a/device/d/event/status"),
        (Format.CHIRPSTACK, "application/a/device/d/event/join"),
        (Format.TASMOTA, "tele/d/STATE"),
        (Format.TASMOTA, "tele/d/LWT"),
        (Format.ZIGBEE2MQTT, "zigbee2mqtt/bridge/logging"),
        (Format.ZIGBEE2MQTT, "zigbee2mqtt/bridge/response/device/rename"),
        (Format.ZIGBEE2MQTT, "zigbee2mqtt/kantor/lampu/set"),
        (Format.THINGSBOARD, "v1/gateway/attributes"),
        (Format.THINGSBOARD, "v1/gateway/connect"),
        (Format.HOME_ASSISTANT, "homeassistant/sensor/d/config"),
        (Format.HOME_ASSISTANT, "homeassistant/status"),
    ],
)
def test_what_was_never_meant_as_a_measurement_is_ignored(chosen, topic):
    assert isinstance(decoded(chosen, {}, topic), Ignored)


def test_tasmotas_last_will_is_ignored_though_it_is_no_json():
    assert isinstance(decoded(Format.TASMOTA, b"Offline", "tele/d/LWT"), Ignored)


def test_a_place_called_bridge_is_a_device_of_zigbee2mqtt():
    assert only(Format.ZIGBEE2MQTT, {"level": 1}, "zigbee2mqtt/river/bridge").values == {"level": 1}


def test_tasmotas_epoch_wins_over_a_clock_that_shows_no_zone():
    told = {"Time": "2026-03-01T18:58:00", "Epoch": 1772366280, "SR04": {"Distance": 1}}
    assert only(Format.TASMOTA, told).time == 1772366280


def test_an_uplink_without_the_network_servers_time_takes_the_application_servers():
    told = {"received_at": "2026-03-01T11:00:00Z", "uplink_message": {"decoded_payload": {"x": 1}}}
    assert only(Format.THE_THINGS_STACK, told).time == "2026-03-01T11:00:00Z"


def test_a_gateway_of_thingsboard_speaks_for_each_of_its_devices():
    told = {"A": [{"ts": 1, "values": {"x": 1}}, {"x": 2}], "B": [{"x": 3}, 7]}
    a, undated, b, bad = decoded(Format.THINGSBOARD, told)
    assert (a.device, a.time, a.values) == ("A", 1, {"x": 1})
    assert (undated.device, undated.time) == ("A", None)
    assert b.device == "B"
    assert isinstance(bad, Rejection)


@pytest.mark.parametrize(
    "told", [{"x": 1}, [{"x": 1}], {"ts": 1, "values": {"x": 1}}, [{"ts": 1, "values": {"x": 1}}]]
)
def test_a_device_of_thingsboard_speaks_for_itself_in_four_ways(told):
    sample = only(Format.THINGSBOARD, told, "v1/devices/me/telemetry")
    assert (sample.device, sample.values) == ("", {"x": 1})


@pytest.mark.parametrize(
    ("payload", "told"),
    [(b"23.4", "23.4"), (b' "30.11 \xc2\xb0C" ', '"30.11 °C"'), (b'"1.5"', "1.5"), (b"unknown", "unknown")],
)
def test_a_bare_value_stands_under_the_name_value(payload, told):
    assert only(Format.SCALAR, payload).values == {"value": told}
    assert only(Format.HOME_ASSISTANT, payload).values == {"value": told}


@pytest.mark.parametrize("payload", [b"{}", b"[1]", b"x" * 65, b"\xff"])
def test_what_is_not_one_value_is_refused(payload):
    with pytest.raises(Unusable):
        decoded(Format.SCALAR, payload)
