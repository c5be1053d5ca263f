import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.topic_filters import covers, matches, named_filter, overlap

LEVELS = st.sampled_from(["a", "b", "", "+"])
FILTERS = st.builds(
    lambda levels, rest: "/".join(levels + rest),
    st.lists(LEVELS, min_size=1, max_size=3),
    st.sampled_from([[], ["#"]]),
)
TOPICS = st.lists(st.sampled_from(["a", "b", "", "$a"]), min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("sport/#", "sport", True),
        ("sport/#", "sport/tennis/player1", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/broker/uptime", False),
        ("+/broker/#", "$SYS/broker/uptime", False),
        ("$SYS/#", "$SYS/broker/uptime", True),
        ("a/+/c", "a/b/c/d", False),
        ("a/b", "a/B", False),
        ("#", "", True),
    ],
)
def test_a_filter_takes_the_topics_that_the_standard_says(topic_filter, topic, expected):
    assert matches(topic_filter, topic) is expected


@given(FILTERS, FILTERS, TOPICS)
def test_covering_and_overlapping_agree_with_matching(one, other, topic):
    both = matches(one, topic) and matches(other, topic)
    assert not both or overlap(one, other)
    assert not (covers(one, other) and matches(other, topic)) or matches(one, topic) or topic.startswith("$")
    assert not covers(one, other) or overlap(one, other)


@given(FILTERS, FILTERS)
def test_overlapping_knows_no_order(one, other):
    assert overlap(one, other) == overlap(other, one)


def test_a_named_level_tells_the_device():
    named = named_filter("v3/+/devices/{device}/up")
    assert named.topic_filter == "v3/+/devices/+/up"
    assert named.device("v3/app@ttn/devices/gate-1/up") == "gate-1"
    assert named.field("v3/app@ttn/devices/gate-1/up") == ""


def test_a_starred_name_takes_the_rest_of_the_topic():
    named = named_filter("zigbee2mqtt/{device*}")
    assert named.topic_filter == "zigbee2mqtt/#"
    assert named.device("zigbee2mqtt/kantor/lantai 1") == "kantor/lantai 1"
    assert named.device("zigbee2mqtt") == ""


def test_a_device_between_other_levels_is_one_level_even_when_the_rest_is_open():
    assert named_filter("posts/{device}/{field*}").device("posts/p1/a/b") == "p1"
    assert named_filter("posts/{device}/{field*}").field("posts/p1/a/b") == "a/b"
    assert named_filter("posts/{device}/#").device("posts/p1/a/b") == "p1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 to 65535 bytes"),
        ("a/#/b", "only at the end"),
        ("{device*}/b", "only at the end"),
        ("a/b+", "whole level"),
        ("a/b#", "whole level"),
        ("a/gauge-{device}", "alone between slashes"),
        ("a/{sensor}", "alone between slashes"),
        ("{device}/{device}", "twice"),
        ("$share/group/a", "shared subscription"),
        ("a\0b", "zero byte"),
    ],
)
def test_what_is_no_filter_is_told(text, reason):
    with pytest.raises(ValueError, match=reason):
        named_filter(text)
