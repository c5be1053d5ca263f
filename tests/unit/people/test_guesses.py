from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from people.guesses import Guesses

T0 = datetime(2026, 11, 22, 5, tzinfo=UTC)
NONE = timedelta(0)


def guess_wrong(
    guesses: Guesses, times: int, *, name: str = "siti", address: str = "10.0.0.9"
) -> list[timedelta]:
    waits = []
    for _ in range(times):
        waits.append(guesses.wait(name, address, T0))
        guesses.note_wrong(name, address, T0)
    return waits


def test_two_slips_of_the_finger_cost_nothing() -> None:
    assert guess_wrong(Guesses(), 3) == [NONE] * 3


def test_every_further_guess_waits_longer_than_the_one_before() -> None:
    waits = guess_wrong(Guesses(), 7)
    assert waits[3] > NONE
    assert waits == sorted(waits)
    assert waits[6] > timedelta(seconds=10)


def test_guesses_from_elsewhere_do_not_keep_the_real_person_out() -> None:
    guesses = Guesses()
    guess_wrong(guesses, 500)
    assert guesses.wait("siti", "10.0.0.1", T0) == NONE


def test_a_colleague_at_the_same_address_waits_only_after_many_wrong_guesses_there() -> None:
    guesses = Guesses()
    guess_wrong(guesses, 10)
    assert guesses.wait("budi", "10.0.0.9", T0) == NONE


def test_a_sweep_over_many_names_is_slowed_by_its_address() -> None:
    guesses = Guesses()
    for number in range(40):
        guess_wrong(guesses, 1, name=f"name{number}")
    assert guesses.wait("another", "10.0.0.9", T0) > timedelta(seconds=5)


def test_attempts_at_once_wait_after_each_other() -> None:
    guesses = Guesses()
    guess_wrong(guesses, 3)
    waits = [guesses.wait("siti", "10.0.0.9", T0) for _ in range(4)]
    assert waits == sorted(set(waits))


def test_the_right_password_ends_the_waiting() -> None:
    guesses = Guesses()
    guess_wrong(guesses, 8)
    guesses.note_right("siti", "10.0.0.9")
    assert guesses.wait("siti", "10.0.0.9", T0) == NONE


def test_a_quarter_of_an_hour_later_all_is_forgotten() -> None:
    guesses = Guesses()
    guess_wrong(guesses, 8)
    assert guesses.wait("siti", "10.0.0.9", T0 + timedelta(minutes=16)) == NONE


def test_a_clock_that_goes_back_locks_nobody_out_for_long() -> None:
    guesses = Guesses()
    guess_wrong(guesses, 4)
    yesterday = T0 - timedelta(days=1)
    waits = [guesses.wait("siti", "10.0.0.9", yesterday + timedelta(seconds=s)) for s in (0, 60, 120)]
    assert waits[-1] <= timedelta(minutes=1)


@given(st.integers(1, 60))
def test_whoever_is_sent_away_takes_no_turn_from_those_who_wait(times: int) -> None:
    guesses = Guesses()
    guess_wrong(guesses, 6)
    for _ in range(times):
        assert guesses.wait("siti", "10.0.0.9", T0) <= timedelta(seconds=62)
    assert guesses.wait("siti", "10.0.0.9", T0 + timedelta(seconds=62)) == NONE


def test_ten_thousand_addresses_do_not_fill_the_memory() -> None:
    guesses = Guesses()
    for number in range(12_000):
        guesses.note_wrong("siti", str(number), T0)
    assert len(guesses._past) <= 10_002
