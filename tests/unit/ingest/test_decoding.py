import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.topics import telemetry_topic
from ingest.decoding import Measurement, Rejection, decode
from ingest.sources import NATIVE_ONLY

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOPIC = telemetry_topic("gate-1")


def sent(ts, values) -> bytes:
    return json.dumps({"ts": ts, "values": values}).encode()


def only(payload, topic=TOPIC):
    (outcome,) = decode(topic, payload, NOW, NATIVE_ONLY)
    return outcome


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        pytest.param("2026-03-01T19:00:00+07:00", NOW, id="ISO with WIB offset"),
        pytest.param("2026-03-01T12:00:00Z", NOW, id="ISO with Z"),
        pytest.param(
            "2026-03-01T12:00:00.123456+00:00", NOW.replace(microsecond=123456), id="ISO with microseconds"
        ),
        pytest.param(1772366400, NOW, id="Unix seconds"),
        pytest.param(1772366400.5, NOW + timedelta(seconds=0.5), id="Unix seconds with a fraction"),
        pytest.param(1772366400000, NOW, id="Unix milliseconds"),
        pytest.param(1772366400123, NOW.replace(microsecond=123000), id="odd milliseconds stay exact"),
    ],
)
def test_a_time_is_read_in_each_of_its_forms(ts, expected):
    assert only(sent(ts, {"water_level_cm": 182.0})) == Measurement(
        device_id="gate-1", observed_at=expected, values={"water_level_cm": 182.0}
    )


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b"\xff\xfe", "not JSON", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "not JSON", id="nested too deep"),
        pytest.param(b"42", "is not {", id="a bare number"),
        pytest.param(b'{"values": {"a": 1}}', "is not {", id="no time"),
        pytest.param(sent("2026-03-01T12:00:00", {"a": 1}), "no time zone", id="naive time"),
        pytest.param(sent("yesterday", {"a": 1}), "not ISO 8601", id="words for a time"),
        pytest.param(sent(True, {"a": 1}), "neither ISO", id="true for a time"),
        pytest.param(sent(None, {"a": 1}), "neither ISO", id="null for a time"),
        pytest.param(b'{"ts": 1e999, "values": {"a": 1}}', "not JSON", id="infinite time"),
        pytest.param(b'{"ts": NaN, "values": {"a": 1}}', "not JSON", id="NaN for a time"),
        pytest.param(sent(12, {"a": 1}), "before the year 2000", id="a clock that starts in 1970"),
        pytest.param(
            sent("0001-01-01T00:00:00+14:00", {"a": 1}),
            "outside any calendar",
            id="before the first year in UTC",
        ),
        pytest.param(sent("2026-03-01T12:11:00Z", {"a": 1}), "in the future", id="eleven minutes ahead"),
        pytest.param(sent(1772366400, {}), "at least one metric", id="no values"),
        pytest.param(sent(1772366400, [1]), "at least one metric", id="values as a list"),
        pytest.param(sent(1772366400, {"a": "1"}), "the value of a is not a number", id="text for a number"),
        pytest.param(sent(1772366400, {"a": True}), "the value of a is not a number", id="true for a number"),
        pytest.param(b'{"ts": 1772366400, "values": {"a": NaN}}', "not JSON", id="NaN"),
        pytest.param(b'{"ts": 1772366400, "values": {"a": -Infinity}}', "not JSON", id="minus infinity"),
        pytest.param(sent(1772366400, {"a": 10**400}), "not JSON", id="a whole number beyond floats"),
    ],
)
def test_a_bad_message_is_rejected_with_its_reason_and_its_device(payload, reason):
    rejection = only(payload)
    assert isinstance(rejection, Rejection)
    assert reason in rejection.reason
    assert rejection.device_id == "gate-1"


@pytest.mark.parametrize(
    "topic", ["", "pantau/v1//telemetry", "pantau/v1/a/b/telemetry", "pantau/v2/a/telemetry"]
)
def test_another_topic_is_rejected_and_names_nobody(topic):
    rejection = only(sent(1772366400, {"a": 1}), topic)
    assert isinstance(rejection, Rejection)
    assert rejection.device_id is None


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["ts", "values", "a"]), inner, max_size=3)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_comes_is_a_measurement_or_a_rejection_and_never_raises(payload):
    assert all(isinstance(end, Measurement | Rejection) for end in decode(TOPIC, payload, NOW, NATIVE_ONLY))


@given(
    st.datetimes(
        min_value=datetime(2000, 1, 2),  # noqa: DTZ001 - hypothesis wants naive bounds
        max_value=datetime(2026, 2, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
        timezones=st.sampled_from(
            [UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-9, minutes=-30))]
        ),
    )
)
def test_every_zone_names_the_same_instant(at):
    measured = only(sent(at.isoformat(), {"a": 1}))
    assert isinstance(measured, Measurement)
    assert measured.observed_at == at
