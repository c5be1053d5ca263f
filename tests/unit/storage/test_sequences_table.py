import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import Database
from storage.sequences_table import record_sequences, step


@pytest.mark.parametrize(
    ("last", "number", "expected"),
    [
        pytest.param(None, 41, (41, 0), id="the first one leaves no gap"),
        pytest.param(41, 42, (42, 0), id="the next one"),
        pytest.param(41, 45, (45, 3), id="three never came"),
        pytest.param(45, 43, (45, -1), id="one of them comes late"),
        pytest.param(45, 45, (45, 0), id="the same number again"),
        pytest.param(45, 0, (0, 0), id="the device joined anew"),
        pytest.param(65_000, 3, (3, 0), id="the counter began anew"),
        pytest.param(3, 65_000, (65_000, 0), id="a jump no outage explains"),
    ],
)
def test_a_number_changes_the_count_of_missing_ones(last, number, expected):
    assert step(last, number) == expected


@given(st.permutations(range(1, 30)))
def test_whatever_the_order_nothing_is_missing_when_all_have_come(numbers):
    last, missing = 0, 0
    for number in numbers:
        last, change = step(last, number)
        missing += change
    assert missing == 0


def test_a_restart_remembers_the_last_number(tmp_path):
    database = Database.in_folder(tmp_path)
    database.upgrade()
    with database.transaction() as connection:
        assert record_sequences(connection, [("a", 7), ("b", 1), ("a", 9)]) == [("a", 1)]
    with database.transaction() as connection:
        assert record_sequences(connection, [("a", 12), ("b", 2)]) == [("a", 2)]
    database.close()
