from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.alarming import at

from alerts.desk.performance import FLOOD_ABOVE
from alerts.desk.shifts import Band, Duty, Handover, Refusal, band, on_duty, operators, refusal, shift_start

SHEET = Handover(
    id=7, start=at(0), outgoing="Siti", outgoing_at=at(480), incoming="", incoming_at=None, facts={}
)
SIGNED = replace(SHEET, incoming="Budi", incoming_at=at(490))


def test_nobody_on_duty_counts_as_one_operator():
    assert operators([], at(0)) == 1


def test_who_signs_on_twice_is_one_operator_since_the_first_time():
    twice = [Duty(name="Siti", since=at(10)), Duty(name="Siti", since=at(0)), Duty(name="Budi", since=at(5))]
    assert [(duty.name, duty.since) for duty in on_duty(twice, at(20))] == [("Budi", at(5)), ("Siti", at(0))]
    assert operators(twice, at(20)) == 2


def test_a_forgotten_sign_off_does_not_halve_the_load_for_ever():
    forgotten = [Duty(name="Siti", since=at(0)), Duty(name="Budi", since=at(60))]
    assert operators(forgotten, at(12 * 60 - 1)) == 2
    assert operators(forgotten, at(12 * 60)) == 1
    assert on_duty(forgotten, at(14 * 60)) == []


def test_a_duty_ends_at_its_last_instant_exactly():
    duty = Duty(name="Siti", since=at(0), until=at(60))
    assert (duty.covers(at(0)), duty.covers(at(59.9)), duty.covers(at(60))) == (True, True, False)


@pytest.mark.parametrize(
    ("last", "start"),
    [
        pytest.param(None, at(1000) - timedelta(hours=8), id="no handover yet: eight hours"),
        pytest.param(SIGNED, at(480), id="since the facts that were handed over"),
        pytest.param(
            replace(SIGNED, outgoing_at=at(-9000)), at(1000) - timedelta(hours=24), id="a day at most"
        ),
        pytest.param(
            replace(SIGNED, outgoing_at=at(1010)), at(1000) - timedelta(seconds=1), id="a clock set back"
        ),
    ],
)
def test_a_shift_begins_at_the_last_handover(last, start):
    assert shift_start(last, at(1000)) == start


@pytest.mark.parametrize(
    ("sheet", "newest", "by", "may_be_same", "why"),
    [
        (SHEET, 7, "Budi", False, None),
        (SHEET, 7, "Siti", False, Refusal.SAME_PERSON),
        (SHEET, 7, "Siti", True, None),
        (SIGNED, 7, "Ayu", True, Refusal.SIGNED),
        (SHEET, 8, "Budi", False, Refusal.REPLACED),
        (None, 8, "Budi", False, Refusal.UNKNOWN),
    ],
    ids=["two people", "one person", "one person in the demo", "signed", "replaced", "unknown"],
)
def test_a_sheet_is_taken_over_once_by_somebody_else(sheet, newest, by, may_be_same, why):
    assert refusal(sheet, newest_id=newest, by=by, may_be_same=may_be_same) is why


@pytest.mark.parametrize(
    ("load", "heavy"),
    [
        (0, Band.ACCEPTABLE),
        (1, Band.ACCEPTABLE),
        (1.01, Band.MANAGEABLE),
        (2, Band.MANAGEABLE),
        (2.01, Band.OVERLOAD),
        (FLOOD_ABOVE, Band.OVERLOAD),
        (FLOOD_ABOVE + 0.5, Band.FLOOD),
    ],
)
def test_the_bands_end_where_the_standard_says(load, heavy):
    assert band(load) is heavy
