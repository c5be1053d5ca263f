from __future__ import annotations

from support.stores import T0

from storage.dead_letters_table import (
    DeadLetter,
    dead_letters,
    record_dead_letters,
    rejection_reasons,
    remove_letters,
    still_wanted,
    trim_strangers,
    want_replay,
    wanted_letters,
)


def letter(reason: str, *, device_id: str | None = "gauge-1", payload: bytes = b"{") -> DeadLetter:
    return DeadLetter(
        received_at=T0, topic="pantau/v1/x", payload=payload, device_id=device_id, reason=reason
    )


def test_a_dead_letter_keeps_its_bytes_whatever_they_are(database):
    payload = bytes(range(256))
    with database.transaction() as connection:
        record_dead_letters(connection, [letter("not UTF-8", payload=payload)])
        assert dead_letters(connection)[0].payload == payload


def test_letters_are_chosen_by_number_device_and_reason(database):
    with database.transaction() as connection:
        record_dead_letters(connection, [letter("a"), letter("b"), letter("a", device_id="gauge-2")])
        numbers = [kept.id for kept in dead_letters(connection)]
        assert [kept.reason for kept in dead_letters(connection, ids=numbers[1:2])] == ["b"]
        assert [kept.id for kept in dead_letters(connection, device_ids=["gauge-2"])] == numbers[2:]
        assert [kept.id for kept in dead_letters(connection, reason="a")] == [numbers[0], numbers[2]]
        assert len(dead_letters(connection, limit=2)) == 2


def test_letters_wait_for_their_replay_oldest_first_until_they_are_removed(database):
    with database.transaction() as connection:
        record_dead_letters(connection, [letter("a"), letter("b"), letter("c")])
        numbers = [kept.id for kept in dead_letters(connection)]
        assert want_replay(connection, numbers[1:]) == 2
        assert [kept.id for kept in wanted_letters(connection, limit=1)] == numbers[1:2]
        assert still_wanted(connection) == 2
        assert remove_letters(connection, numbers[1:]) == 2
        assert (still_wanted(connection), len(dead_letters(connection))) == (0, 1)


def test_of_a_stranger_only_the_newest_letters_are_kept_and_of_others_all(database):
    with database.transaction() as connection:
        record_dead_letters(
            connection,
            [
                *(letter("stranger", payload=bytes([n])) for n in range(9)),
                letter("not JSON"),
                letter("stranger", device_id="gauge-2"),
            ],
        )
        assert trim_strangers(connection, reason="stranger", device_ids=["gauge-1"], keep=4) == 5
        kept = dead_letters(connection, device_ids=["gauge-1"], reason="stranger")
        assert [left.payload[0] for left in kept] == [5, 6, 7, 8]
        assert len(dead_letters(connection)) == 6
        assert trim_strangers(connection, reason="stranger", device_ids=["gauge-1"], keep=4) == 0


def test_reasons_come_most_frequent_first(database):
    letters = [letter("not JSON"), letter("no such device", device_id=None), letter("no such device")]
    with database.transaction() as connection:
        record_dead_letters(connection, letters)
        assert rejection_reasons(connection) == [("no such device", 2), ("not JSON", 1)]
        assert rejection_reasons(connection, device_ids=["gauge-1"]) == [
            ("no such device", 1),
            ("not JSON", 1),
        ]
