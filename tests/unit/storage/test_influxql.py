from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import influxql
from storage.influxql import Page, page, page_query, readings
from storage.readings import Flag

COLUMNS = ["time", "speed", "speed_flag", "received_at_us", "device", "site"]


def row(**changes):
    facts = {"time": 5000, "speed": 1, "speed_flag": 1, "received_at_us": 9, "device": "d", "site": "s"}
    return {**facts, **changes}


def unquoted(text: str, quote: str) -> str:
    """Read a quoted InfluxQL token back, as the reference tells it; fail when it ends early."""
    assert text[0] == text[-1] == quote
    result, rest = "", iter(text[1:-1])
    for character in rest:
        assert character not in (quote, "\n")
        if character == "\\":
            escaped = next(rest)
            character = "\n" if escaped == "n" else escaped
        result += character
    return result


@given(st.text())
def test_no_text_leaves_its_quotes(text):
    assert unquoted(influxql.string(text), "'") == text
    assert unquoted(influxql.identifier(text), '"') == text


def test_a_query_asks_for_fields_and_our_two_tags_in_the_order_of_time():
    query = page_query("flood", start_ns=-1, end_ns=9, site_ids=["a", "it's"], limit=7)
    assert query == (
        'SELECT *::field, "device"::tag, "site"::tag FROM "flood" WHERE time >= -1 AND time < 9'
        " AND (\"site\"::tag = 'a' OR \"site\"::tag = 'it\\'s') ORDER BY time ASC LIMIT 7"
    )


@pytest.mark.parametrize("far", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
def test_an_instant_outside_what_the_store_knows_is_held_inside(far):
    assert influxql.EARLIEST_NS <= influxql.to_ns(far) <= influxql.LATEST_NS


def test_a_row_without_a_number_is_no_reading():
    assert readings("k", [row(speed=None, note="text", ok=True)]) == []


def test_a_whole_number_in_the_answer_is_a_float_again():
    (held,) = readings("k", [row(speed=5)])
    assert isinstance(held.values["speed"], float)


def test_flags_other_than_good_come_back_even_without_a_value():
    (held,) = readings("k", [row(speed_flag=3, other=None, other_flag=9)])
    assert held.flags == {"speed": Flag.SUSPECT, "other": Flag.MISSING}


def test_an_answer_without_series_is_an_empty_last_page():
    assert page({"statement_id": 0}, limit=5) == Page(rows=[], is_full=False)


def test_a_row_of_another_width_than_its_columns_is_not_guessed_at():
    broken = {"series": [{"columns": COLUMNS, "values": [[1, 2]]}]}
    with pytest.raises(ValueError, match="shorter"):
        page(broken, limit=5)


@given(
    times=st.lists(st.integers(0, 6), max_size=40).map(sorted),
    limit=st.integers(1, 9),
)
def test_pages_by_time_lose_and_repeat_no_row(times, limit):
    held = [row(time=time, device=str(n)) for n, time in enumerate(times)]
    seen, start, limit_now = [], 0, limit
    while start is not None:
        rows = [r for r in held if r["time"] >= start][:limit_now]
        whole, following = Page(rows=rows, is_full=len(rows) >= limit_now).complete()
        seen += whole
        if following is not None and not whole:
            limit_now *= 2
        start = following
    assert seen == held
