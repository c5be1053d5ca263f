from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.topics import TELEMETRY_FILTER, is_device_id, parse_telemetry_topic, telemetry_topic

IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True)


@given(IDS)
def test_a_rendered_topic_parses_to_its_device(device_id):
    assert parse_telemetry_topic(telemetry_topic(device_id)) == device_id


@given(st.text())
def test_a_topic_parses_only_to_what_renders_it_again(topic):
    device_id = parse_telemetry_topic(topic)
    assert device_id is None or telemetry_topic(device_id) == topic


@given(st.text(max_size=70))
def test_no_device_id_can_reach_another_topic(text):
    if is_device_id(text):
        assert not set(text) & set("/+#\x00")
    else:
        with pytest.raises(ValueError, match="is not a device id"):
            telemetry_topic(text)


@pytest.mark.parametrize(
    "topic",
    [
        "pantau/v1//telemetry",
        "pantau/v1/telemetry",
        "pantau/v1/a/b/telemetry",
        "pantau/v1/a/telemetry/",
        "pantau/v1/a/telemetry\n",
        "/pantau/v1/a/telemetry",
        "pantau/v2/a/telemetry",
        "pantau/v1/+/telemetry",
        "pantau/v1/a/status",
        "PANTAU/v1/a/telemetry",
        "",
    ],
)
def test_another_topic_names_no_device(topic):
    assert parse_telemetry_topic(topic) is None


@pytest.mark.parametrize("text", ["", "-a", ".a", "x" * 65, "a b", "a/b", "a\n", "é", "١"])
def test_a_text_of_another_form_is_no_device_id(text):
    assert not is_device_id(text)


def test_the_filter_covers_every_telemetry_topic():
    before, after = TELEMETRY_FILTER.split("+")
    assert telemetry_topic("x") == f"{before}x{after}"
