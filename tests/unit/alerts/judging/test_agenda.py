from hypothesis import given
from hypothesis import strategies as st

from alerts.judging.agenda import Agenda


def test_key_is_taken_out_once_when_its_moment_has_passed():
    agenda = Agenda()
    agenda.put("a", 10)
    assert agenda.taken_before(10) == []
    assert agenda.taken_before(11) == ["a"]
    assert agenda.taken_before(99) == []


def test_key_keeps_its_earlier_moment_and_can_be_called_sooner():
    agenda = Agenda()
    agenda.put("a", 10)
    agenda.put("a", 20)
    assert agenda.taken_before(11) == ["a"]
    agenda.put("a", 20)
    agenda.put("a", 5)
    assert agenda.taken_before(6) == ["a"]
    assert agenda.taken_before(99) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50), st.booleans())))
def test_no_key_is_ever_called_late(steps):
    agenda, due, now = Agenda(), {}, 0
    for key, offset, pauses in steps:
        agenda.put(key, now + offset)
        due[key] = min(due.get(key, now + offset), now + offset)
        if pauses:
            now += 20
            assert sorted(agenda.taken_before(now)) == sorted(k for k, d in due.items() if d < now)
            due = {k: d for k, d in due.items() if d >= now}
