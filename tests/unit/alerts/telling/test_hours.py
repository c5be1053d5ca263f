from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.telling.hours import parse_hours

WIB = ZoneInfo("Asia/Jakarta")
SATURDAY, SUNDAY, MONDAY = 21, 22, 23  # of November 2026


def local(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=WIB)


@pytest.mark.parametrize(
    ("text", "moment", "is_covered"),
    [
        pytest.param("mon-fri 07:00-15:30", local(MONDAY, 7), True, id="the first minute belongs to it"),
        pytest.param("mon-fri 07:00-15:30", local(MONDAY, 15, 30), False, id="the last one does not"),
        pytest.param("mon-fri 07:00-15:30", local(SATURDAY, 9), False, id="another day"),
        pytest.param("07:00-15:30", local(SATURDAY, 9), True, id="without days it is every day"),
        pytest.param("sat,sun", local(SUNDAY, 23, 59), True, id="without a span it is all day"),
        pytest.param("sat,sun", local(MONDAY, 0), False, id="and not a minute longer"),
        pytest.param(
            "sat 22:00-06:00", local(SUNDAY, 5, 59), True, id="a night belongs to the day it began on"
        ),
        pytest.param("sat 22:00-06:00", local(SATURDAY, 5), False, id="not to the morning before"),
        pytest.param("sun 22:00-06:00", local(MONDAY, 1), True, id="from one week into the next"),
        pytest.param("fri-mon", local(SUNDAY, 12), True, id="days around the end of a week"),
        pytest.param("22:00-00:00", local(MONDAY, 23, 59), True, id="midnight ends a day"),
        pytest.param("22:00-00:00", local(MONDAY, 0), False, id="and does not begin it"),
    ],
)
def test_hours_hold_when_their_words_say_so(text, moment, is_covered):
    assert parse_hours(text).cover(moment) is is_covered


@pytest.mark.parametrize(
    "text",
    [
        "",
        "senin 07:00-08:00",
        "07:00",
        "7:00-8:00",
        "25:00-26:00",
        "07:60-08:00",
        "08:00-08:00",
        "24:00-01:00",
    ],
)
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(ValueError, match=r"hours|day|time"):
        parse_hours(text)
