import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.kinds import Kind, Label, Metric
from devices.registry import Assignment, Device, Registry, Site
from devices.topics import telemetry_topic
from ingest.delivery import Delivery
from ingest.formats import Format
from ingest.interpretation import identity, interpret
from ingest.sources import Source, Sources
from ingest.topic_filters import named_filter
from storage.readings import Flag, Reading

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LABEL = Label(id="x", en="x")
FLOOD = Kind(
    name="flood",
    label=LABEL,
    primary="water_level_cm",
    expected_interval=timedelta(minutes=5),
    metrics={"water_level_cm": Metric(label=LABEL, unit="cm", plausible_min=-500, plausible_max=2500)},
)
OLD_SITE = Site(id="old-post", name="Old post", lat_deg=-7.6, lon_deg=111.5)
NEW_SITE = Site(id="new-post", name="New post", lat_deg=-7.7, lon_deg=111.5)
MOVED = NOW - timedelta(hours=1)
REGISTRY = Registry(
    [OLD_SITE, NEW_SITE],
    [Device(id="gauge", kind="flood"), Device(id="orphan", kind="noise")],
    [
        Assignment(device_id="gauge", site_id="old-post", since=NOW - timedelta(days=9), until=MOVED),
        Assignment(device_id="gauge", site_id="new-post", since=MOVED),
        Assignment(device_id="orphan", site_id="new-post", since=MOVED),
    ],
)
KINDS = {"flood": FLOOD}


def delivery(device_id="gauge", observed_at=NOW, **values) -> Delivery:
    payload = json.dumps({"ts": observed_at.isoformat(), "values": values or {"water_level_cm": 1.0}})
    return Delivery(
        topic=telemetry_topic(device_id),
        payload=payload.encode(),
        received_at=NOW,
        message_id=1,
        connection=1,
    )


def only_reading(item: Delivery) -> Reading:
    return interpret([item], REGISTRY, KINDS).understood[0].reading


def only_reason(item: Delivery) -> str:
    return interpret([item], REGISTRY, KINDS).dead_letters[0].reason


def test_a_reading_belongs_to_the_site_where_its_device_stood_then():
    assert only_reading(delivery(observed_at=MOVED - timedelta(seconds=1))).site_id == "old-post"
    assert only_reading(delivery(observed_at=MOVED)).site_id == "new-post"


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        pytest.param(delivery("stranger"), "not registered", id="unknown device"),
        pytest.param(
            delivery(observed_at=NOW - timedelta(days=10)), "stood at no site", id="before its first site"
        ),
        pytest.param(delivery("orphan"), "kind noise has no file", id="kind without a file"),
        pytest.param(delivery(depth=1.0), "kind flood has no metric depth", id="unknown metric"),
    ],
)
def test_what_cannot_be_registered_is_a_dead_letter_with_its_bytes(item, reason):
    letter = interpret([item], REGISTRY, KINDS).dead_letters[0]
    assert reason in letter.reason
    assert letter.payload == item.payload
    assert letter.topic == item.topic


@pytest.mark.parametrize(
    ("value", "flag"),
    [(-500.0, Flag.GOOD), (-500.1, Flag.FAIL), (2500.0, Flag.GOOD), (30157.0, Flag.FAIL)],
)
def test_an_implausible_value_is_kept_and_flagged_as_fail(value, flag):
    reading = only_reading(delivery(water_level_cm=value))
    assert reading.values["water_level_cm"] == value
    assert reading.flag("water_level_cm") is flag


def test_a_bad_message_does_not_stop_those_behind_it():
    bad = dataclasses.replace(delivery(), payload=b"garbage")
    result = interpret([delivery(), bad, delivery()], REGISTRY, KINDS)
    assert (len(result.understood), len(result.dead_letters)) == (2, 1)


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]), st.floats(allow_nan=False, allow_infinity=False), min_size=1
    )
)
def test_identity_does_not_depend_on_the_order_of_metrics(values):
    first = Reading(device_id="d", site_id="s", kind="k", observed_at=NOW, received_at=NOW, values=values)
    backwards = dict(reversed(list(values.items())))
    later = NOW + timedelta(hours=3)
    assert identity(first) == identity(dataclasses.replace(first, values=backwards, received_at=later))


def test_identity_tells_a_corrected_value_from_a_repetition():
    first = only_reading(delivery(water_level_cm=182.0))
    assert identity(first) != identity(only_reading(delivery(water_level_cm=182.5)))
    assert len(identity(first)) == 16


UPLINK = {
    "end_device_ids": {"device_id": "gauge", "dev_eui": "70B3D57ED0000007"},
    "uplink_message": {"session_key_id": "AYnE", "f_cnt": 7, "decoded_payload": {"water_level_cm": 182}},
}
NETWORKS = Sources(
    [
        Source(id="tts", format=Format.THE_THINGS_STACK, topic=named_filter("v3/+/devices/+/up")),
        Source(id="bare", format=Format.JSON, topic=named_filter("bare/{device}")),
    ]
)


def from_network(topic="v3/app/devices/gauge/up", message=UPLINK, **facts):
    item = dataclasses.replace(delivery(), topic=topic, payload=json.dumps(message).encode(), **facts)
    return interpret([item], REGISTRY, KINDS, NETWORKS)


def test_the_networks_own_identity_makes_a_repetition_known_though_it_comes_later():
    (first,) = from_network().understood
    (again,) = from_network(received_at=NOW + timedelta(seconds=9)).understood
    assert first.reading.observed_at != again.reading.observed_at
    assert first.identity == again.identity
    assert first.sequence == 7


def test_another_message_of_the_network_with_the_same_value_is_no_repetition():
    counted_on = {**UPLINK, "uplink_message": {**UPLINK["uplink_message"], "f_cnt": 8}}
    (first,), (second,) = from_network().understood, from_network(message=counted_on).understood
    assert first.identity != second.identity


def test_a_counter_that_began_again_in_a_new_session_is_no_repetition():
    new_session = {**UPLINK, "uplink_message": {**UPLINK["uplink_message"], "session_key_id": "AZzz"}}
    assert from_network().understood[0].identity != from_network(message=new_session).understood[0].identity


def test_what_was_never_a_measurement_is_counted_and_not_kept():
    result = from_network(message={"join_accept": {}})
    assert (list(result.understood), list(result.dead_letters), result.ignored) == ([], [], 1)


def test_a_retained_message_that_tells_no_time_is_no_news():
    retained = from_network("bare/gauge", {"water_level_cm": 1.0}, is_retained=True)
    assert (len(retained.understood), retained.ignored) == (0, 1)
    live = from_network("bare/gauge", {"water_level_cm": 1.0})
    assert (len(live.understood), live.ignored) == (1, 0)


def test_a_retained_message_that_tells_its_time_is_read():
    assert (
        len(interpret([dataclasses.replace(delivery(), is_retained=True)], REGISTRY, KINDS).understood) == 1
    )


def test_a_reason_that_quotes_a_payload_holds_nothing_that_a_database_refuses():
    (letter,) = interpret([delivery(**{"a\x00\x1b[2J": 1.0})], REGISTRY, KINDS).dead_letters
    assert letter.reason.isprintable()
