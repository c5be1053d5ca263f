from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluating import evaluator, history, reading

from storage.readings import united

SENT = ("pm", "temperature", "humidity", "distance", "total")

# Few different numbers, so that flat runs, spikes, resets and implausible values are common; own values of a
# derived metric too.
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "pm": st.sampled_from([10.0, 10.0, 10.0, 12.0, 40.0, 160.0, 600.0, -5.0, 9999.0]),
        "temperature": st.sampled_from([25.0, 26.0, 50.0, -99.0]),
        "humidity": st.sampled_from([0.0, 60.0, 100.0, 101.0]),
        "distance": st.sampled_from([100.0, 101.0, 200.0, 800.0]),
        "total": st.sampled_from([0.0, 1.0, 2.5, 300.0, 5000.0]),
        "level": st.sampled_from([3.0, 60.0]),
        "mean": st.sampled_from([7.0]),
    },
).filter(bool)
MINUTES = st.lists(st.sampled_from([0, 0.5, *range(1, 31)]), min_size=1, max_size=25, unique=True)
DEVICES = st.integers(min_value=0, max_value=4)


@st.composite
def days(draw):
    """Draw what up to five devices a kilometre from each other say within the horizon of half an hour."""
    keys = draw(
        st.lists(
            st.tuples(DEVICES, st.sampled_from([0.0, 0.5, *map(float, range(1, 31))])),
            min_size=1,
            max_size=30,
            unique=True,
        )
    )
    return [
        reading("probe", minute, number=number, **draw(VALUES))
        for number, minute in sorted(keys, key=lambda k: k[1])
    ]


def bare(readings):
    return [(r.identity, dict(r.values), dict(r.flags)) for r in readings]


@settings(max_examples=150, deadline=None)
@given(day=days(), rng=st.randoms(use_true_random=False))
def test_any_order_and_repetition_within_the_horizon_gives_the_same_flags_and_derived_values(day, rng):
    shuffled = [*day, *rng.sample(day, k=rng.randint(0, len(day)))]
    rng.shuffle(shuffled)
    assert bare(history(shuffled)) == bare(history(day))


@settings(max_examples=150, deadline=None)
@given(day=days(), cut=st.integers(min_value=0, max_value=30), rng=st.randoms(use_true_random=False))
def test_a_restart_at_any_moment_changes_nothing(day, cut, rng):
    rng.shuffle(day)
    first = history(day[:cut])
    second = evaluator()
    second.restore(rng.sample(first, k=len(first)))
    written = [*first]
    for given_reading in day[cut:]:
        evaluated = second.evaluate(given_reading)
        written += [*evaluated.corrections, evaluated.reading]
    held = sorted(united(written), key=lambda kept: (kept.observed_at, kept.device_id))
    assert bare(held) == bare(history(day))


@settings(max_examples=100, deadline=None)
@given(day=days())
def test_what_was_sent_is_never_changed_nor_lost(day):
    kept = {r.identity: r for r in history(day)}
    for sent in day:
        assert kept[sent.identity].values.items() >= sent.values.items()


def test_two_days_shuffled_within_the_horizon_are_the_two_days_in_order():
    rng = random.Random(7)
    level, total, day = 30.0, 0.0, []
    for minute in range(0, 2 * 24 * 60, 5):
        level = max(0.0, level + rng.uniform(-3, 3))
        total = 0.0 if rng.random() < 0.01 else total + rng.choice([0, 0, 0.2])
        for number in range(4):
            pm = 900.0 if rng.random() < 0.01 else level + rng.uniform(0, 2)
            day.append(reading("air", minute, number=number, pm2_5_ug_m3=pm, pm10_ug_m3=2 * pm))
        day.append(reading("rain", minute, number=5, rain_total_mm=total))
    lateness = {id(r): r.observed_at + timedelta(minutes=rng.uniform(0, 110)) for r in day}
    arrived = sorted(day, key=lambda r: lateness[id(r)])
    assert arrived != day
    assert bare(history(arrived)) == bare(history(day))
