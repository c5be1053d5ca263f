from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.history import Line, thinned, thinned_marks, with_gaps
from storage.readings import Flag

START = datetime(2026, 11, 1, tzinfo=UTC)
POINTS = st.lists(
    st.tuples(st.integers(0, 10_000), st.none() | st.floats(-1e6, 1e6)),
    min_size=1,
    max_size=400,
    unique_by=lambda point: point[0],
).map(lambda found: [(START + timedelta(minutes=minute), value) for minute, value in sorted(found)])


@given(POINTS)
def test_no_extreme_ever_vanishes_and_order_stays(points: list[tuple[datetime, float | None]]) -> None:
    kept = thinned(points, at_most=30)
    known = [value for _, value in points if value is not None]
    shown = [value for _, value in kept if value is not None]
    assert [at for at, _ in kept] == sorted({at for at, _ in kept})
    assert len(kept) <= 33
    assert set(kept) <= set(points)
    if known:
        assert (min(shown), max(shown)) == (min(known), max(known))
    if len(known) < len(points):
        assert len(shown) < len(kept)  # a hole stays a hole


def test_one_spike_in_a_month_of_minutes_is_still_there() -> None:
    points = [(START + timedelta(minutes=n), 900.0 if n == 20_001 else 100.0) for n in range(43_200)]
    assert max(value for _, value in thinned(points) if value is not None) == 900.0


def test_two_devices_that_spoke_at_the_very_same_moment_do_not_divide_by_zero() -> None:
    assert len(thinned([(START, float(n)) for n in range(50)], at_most=9)) == 2


def test_every_kind_of_flag_is_still_marked_when_there_are_very_many() -> None:
    marks = [(START + timedelta(minutes=n), 1.0, Flag.SUSPECT) for n in range(5000)]
    marks[2500] = (marks[2500][0], 9.0, Flag.FAIL)
    kept = thinned_marks(marks)
    assert len(kept) < 400
    assert marks[2500] in kept


def test_a_hole_is_drawn_where_data_were_overdue() -> None:
    times = (START, START + timedelta(minutes=16))
    line = Line(device_id="gate-1", times=times, values=(1.0, 2.0), flags=(Flag.GOOD, Flag.GOOD))
    assert [value for _, value in with_gaps(line, timedelta(minutes=15))] == [1.0, None, 2.0]
