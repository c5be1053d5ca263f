import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fields import Field, found, parse_path, read_field, shown
from ingest.formats.sample import Unusable


def field(path="x", metric_unit="cm", **facts) -> Field:
    return Field(metric="m", metric_unit=metric_unit, paths=[parse_path(path)], **facts)


def value(raw, units=None, **facts):
    read = read_field(field(**facts), {"x": raw}, units or {})
    return read and read.value


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        (r"PMS5003.PM2\.5", ("PMS5003", "PM2.5")),
        (r"a\\.b", ("a\\", "b")),
        ("Update threshold", ("Update threshold",)),
    ],
)
def test_a_path_is_names_with_dots_between_them(text, steps):
    assert parse_path(text) == steps
    assert shown(steps) == text


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a\\"])
def test_a_path_with_an_empty_name_is_refused(text):
    with pytest.raises(ValueError, match="is not a path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a.b", 1), ("l.1", 3), ("l.7", None), ("l.-1", None), ("l.²", None), ("a.b.c", None), ("s.0", None)],
)
def test_a_path_leads_through_objects_and_lists_and_ends_quietly_where_nothing_is(path, expected):
    assert found({"a": {"b": 1}, "l": [2, 3], "s": "text"}, parse_path(path)) == expected


@pytest.mark.parametrize(
    ("raw", "facts", "expected"),
    [
        pytest.param(182, {}, 182.0, id="number"),
        pytest.param("182.0", {}, 182.0, id="number as text"),
        pytest.param("30.11 °C", {"metric_unit": "°C"}, 30.11, id="text with its unit"),
        pytest.param("86°F", {"metric_unit": "°C"}, 30.0, id="the text's unit wins over nothing"),
        pytest.param("1.82 m", {"unit": "mm"}, 182.0, id="the text's unit wins over the file's"),
        pytest.param("0.00 %", {"metric_unit": "%"}, 0.0, id="zero is a value"),
        pytest.param("-2.83", {"metric_unit": "°C"}, -2.83, id="negative text"),
        pytest.param("1e2", {}, 100.0, id="exponent"),
        pytest.param(1834, {"unit": "mm"}, 183.4, id="unit of the file"),
        pytest.param(200, {"scale": -1.0, "offset": 632.0}, 432.0, id="scale before offset"),
        pytest.param(812, {"unit": "mm", "scale": 2.0, "offset": 6}, 163.0, id="unit after scale and offset"),
    ],
)
def test_a_value_becomes_the_metrics_number(raw, facts, expected):
    assert value(raw, **facts) == pytest.approx(expected)


@pytest.mark.parametrize("raw", ["", "  ", "nan", "NaN", "unknown", "Unavailable", "null", "-", float("nan")])
def test_words_for_nothing_mean_no_value(raw):
    assert value(raw) is None


@pytest.mark.parametrize("raw", [65535, "65535", -1, "-1.0", "ERR", " ERR "])
def test_a_sources_own_signs_for_nothing_mean_no_value(raw):
    assert value(raw, missing=frozenset({65535.0, -1.0, "ERR"})) is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(True, "not a number", id="true"),
        pytest.param("7,15", "no known unit", id="a decimal comma is not guessed at"),
        pytest.param("high", "not a number", id="word"),
        pytest.param("0x1F", "no known unit", id="hexadecimal"),
        pytest.param([1], "not a number", id="list"),
        pytest.param({}, "not a number", id="object"),
        pytest.param("1" * 65, "not a number", id="endless digits"),
        pytest.param("٣", "not a number", id="digits of another script"),
        pytest.param("20 °C", "is in °C, not in cm", id="unit of another quantity"),
        pytest.param(10**400, "not a finite number", id="beyond floats"),
        pytest.param("1e999", "not a finite number", id="infinite text"),
    ],
)
def test_what_is_no_number_is_told_with_its_place(raw, reason):
    with pytest.raises(Unusable, match=reason) as caught:
        value(raw)
    assert "at x" in str(caught.value)


def test_the_first_path_that_holds_something_counts():
    told = Field(metric="m", metric_unit="", paths=[("a",), ("b",)])
    assert read_field(told, {"b": 2, "a": None}, {}).value == 2.0
    assert read_field(told, {"b": 2, "a": 1}, {}).value == 1.0
    assert read_field(told, {"c": 3}, {}) is None


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5)
)
def test_whatever_stands_there_is_a_finite_number_nothing_or_a_reason(raw):
    try:
        number = value(raw, scale=3.0)
    except Unusable:
        return
    assert number is None or math.isfinite(number)
