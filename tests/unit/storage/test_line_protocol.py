from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stores import T0, reading

from storage import line_protocol
from storage.clock import from_us
from storage.readings import Flag, Reading

NAMES = st.text(min_size=1, max_size=12).filter(lambda t: t.isprintable() and "\\" not in t and t[0] != "#")
METRICS = NAMES.filter(lambda name: not line_protocol.is_reserved(name))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def parsed(line: str) -> Reading:
    """Read a line back as the line protocol reference tells it, without its string fields."""
    measurement, *tags = re.split(r"(?<!\\),", (parts := re.split(r"(?<!\\) ", line))[0])
    tagged = dict(_pair(tag) for tag in tags)
    fields = dict(_pair(text) for text in re.split(r"(?<!\\),", parts[1]))
    received_us = fields.pop("received_at_us")
    return Reading(
        kind=_plain(measurement),
        site_id=tagged["site"],
        device_id=tagged["device"],
        observed_at=from_us(int(parts[2])),
        received_at=from_us(int(received_us.removesuffix("i"))),
        values={name: float(text) for name, text in fields.items() if not name.endswith("_flag")},
        flags={
            name.removesuffix("_flag"): Flag(int(text.removesuffix("i")))
            for name, text in fields.items()
            if name.endswith("_flag") and text != "1i"
        },
    )


def _pair(text: str) -> tuple[str, str]:
    key, value = re.split(r"(?<!\\)=", text)
    return _plain(key), _plain(value)


def _plain(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)


@given(
    kind=NAMES,
    site=NAMES,
    device=NAMES,
    values=st.dictionaries(METRICS, NUMBERS, min_size=1, max_size=4),
    flags=st.dictionaries(METRICS, st.sampled_from([f for f in Flag if f != Flag.GOOD]), max_size=3),
    observed=st.datetimes(timezones=st.just(T0.tzinfo)),
)
def test_a_line_holds_all_of_a_reading(kind, site, device, values, flags, observed):
    given_reading = reading(
        kind=kind, site_id=site, device_id=device, values=values, flags=flags, observed_at=observed
    )
    line = line_protocol.line(given_reading)
    assert parsed(line) == given_reading
    assert len(line.splitlines()) == 1


def test_a_line_is_the_same_whatever_the_order_of_the_metrics():
    one = reading(values={"a": 1.0, "b": 2.0})
    other = reading(values={"b": 2.0, "a": 1.0})
    assert line_protocol.line(one) == line_protocol.line(other)


def test_a_line_is_written_as_the_reference_says():
    assert line_protocol.line(reading(-195.0, flags={"water_level_cm": Flag.SUSPECT})) == (
        "flood,device=gauge-1,site=post-1"
        " water_level_cm=-195.0,water_level_cm_flag=3i,received_at_us=1768458602000000i 1768458600000000"
    )


def test_a_good_value_says_so_lest_an_earlier_flag_stand():
    assert "water_level_cm_flag=1i" in line_protocol.line(reading())


def test_a_whole_number_is_written_as_a_float():
    assert " water_level_cm=5.0," in line_protocol.line(reading(values={"water_level_cm": 5}))


@pytest.mark.parametrize("name", ["", "a\nb", "a\r", "end\\", "a\\,b", "tab\t", "\x00", "\ud800", "\u2028"])
def test_a_name_that_line_protocol_cannot_carry_is_said(name):
    with pytest.raises(ValueError, match="cannot carry"):
        line_protocol.line(reading(site_id=name))


def test_a_kind_cannot_hide_its_readings_in_a_comment():
    with pytest.raises(ValueError, match="comment"):
        line_protocol.line(reading(kind="#flood"))


@pytest.mark.parametrize("name", ["time", "site", "device", "received_at_us", "speed_flag"])
def test_a_metric_cannot_take_the_name_of_a_column_of_ours(name):
    with pytest.raises(ValueError, match="column of that name"):
        line_protocol.line(reading(values={name: 1.0}))


def test_a_body_ends_without_an_empty_line():
    assert line_protocol.body(["a v=1 1", "b v=2 2"]) == b"a v=1 1\nb v=2 2"
