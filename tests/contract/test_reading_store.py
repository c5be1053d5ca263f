"""What every store of readings promises; InfluxDB reads in pages of seven rows here, so that pages matter."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.stores import EVER, T0, at, history, reading

from storage.readings import Flag, united

WIB = timezone(timedelta(hours=7))


def test_what_is_written_is_read_back(store):
    store.write([reading(182.0)])
    assert history(store) == [reading(182.0)]


def test_a_store_that_was_never_written_to_is_empty(store):
    assert history(store) == []


def test_an_empty_batch_is_taken(store):
    store.write([])
    assert history(store) == []


def test_an_unknown_kind_yields_nothing(store):
    store.write([reading()])
    assert history(store, "traffic") == []


def test_the_same_identity_overwrites(store):
    store.write([reading(100.0)])
    store.write([reading(101.0, received_at=at(9))])
    assert history(store) == [reading(101.0, received_at=at(9))]


def test_the_later_of_two_in_one_batch_wins_whatever_metrics_stand_between(store):
    store.write(
        [
            reading(values={"a": 1.0}),
            reading(values={"a": 2.0, "b": 20.0}),
            reading(values={"a": 3.0}),
        ]
    )
    assert history(store) == [reading(values={"a": 3.0, "b": 20.0})]


def test_metrics_of_the_same_identity_are_united(store):
    store.write([reading(values={"speed_km_h": 31.5})])
    store.write([reading(values={"flow_veh_h": 900.0})])
    assert history(store)[0].values == {"speed_km_h": 31.5, "flow_veh_h": 900.0}


def test_flags_come_back_and_good_is_no_flag(store):
    flagged = reading(values={"a": 1.0, "b": 2.0}, flags={"a": Flag.SUSPECT, "b": Flag.GOOD})
    store.write([flagged])
    assert history(store)[0].flags == {"a": Flag.SUSPECT}


def test_a_metric_written_again_as_good_loses_its_flag(store):
    store.write([reading(flags={"water_level_cm": Flag.FAIL})])
    store.write([reading()])
    assert history(store)[0].flags == {}


def test_a_flag_stays_when_another_metric_of_the_same_identity_is_written(store):
    store.write([reading(flags={"water_level_cm": Flag.SUSPECT})])
    store.write([reading(values={"battery_v": 3.6})])
    assert history(store)[0].flags == {"water_level_cm": Flag.SUSPECT}


def test_a_metric_may_be_missing_by_flag_without_a_value(store):
    missing = reading(values={"a": 1.0}, flags={"b": Flag.MISSING})
    store.write([missing])
    store.write([reading(values={"c": 3.0}, flags={"a": Flag.NOT_EVALUATED})])
    assert history(store) == [
        reading(values={"a": 1.0, "c": 3.0}, flags={"a": Flag.NOT_EVALUATED, "b": Flag.MISSING})
    ]


@pytest.mark.parametrize("value", [-195.0, 0.0, -0.5, 1e-9, 0.1 + 0.2, 1e300, -5e-324, 2.0**60])
def test_values_come_back_exactly(store, value):
    store.write([reading(value)])
    assert history(store)[0].values["water_level_cm"] == value


def test_whole_and_broken_numbers_live_in_one_metric(store):
    store.write([reading(5, observed_at=at(1)), reading(5.5, observed_at=at(2))])
    assert [type(r.values["water_level_cm"]) for r in history(store)] == [float, float]


def test_times_keep_their_microseconds(store):
    precise = reading(
        observed_at=T0 + timedelta(microseconds=1), received_at=T0 + timedelta(microseconds=999999)
    )
    store.write([precise])
    assert history(store) == [precise]


def test_two_moments_one_microsecond_apart_are_two_readings(store):
    store.write([reading(1.0), reading(2.0, observed_at=T0 + timedelta(microseconds=1))])
    assert [r.values["water_level_cm"] for r in history(store)] == [1.0, 2.0]


def test_a_moment_before_1970_is_a_moment_like_others(store):
    old = reading(observed_at=datetime(1966, 3, 16, 0, 0, 0, 250_000, tzinfo=UTC))
    store.write([reading(), old])
    assert history(store) == [old, reading()]


def test_a_moment_is_the_same_in_every_zone(store):
    store.write([reading(1.0, observed_at=T0.astimezone(WIB))])
    store.write([reading(2.0)])
    (held,) = history(store, start=T0.astimezone(WIB), end=at(1).astimezone(WIB))
    assert held.values["water_level_cm"] == 2.0
    assert held.observed_at.utcoffset() == timedelta(0)


def test_start_belongs_to_the_span_and_end_does_not(store):
    store.write([reading(float(s), observed_at=at(s)) for s in range(5)])
    levels = [r.values["water_level_cm"] for r in history(store, start=at(1), end=at(3))]
    assert levels == [1.0, 2.0]


@pytest.mark.parametrize("end", [T0, at(-1)])
def test_a_span_that_ends_before_it_begins_is_empty(store, end):
    store.write([reading()])
    assert history(store, start=T0, end=end) == []


def test_the_widest_span_that_python_knows_can_be_asked(store):
    store.write([reading()])
    earliest, latest = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert history(store, start=earliest, end=latest) == [reading()]


def test_readings_come_oldest_first_then_by_site_then_by_device(store):
    written = [
        reading(observed_at=at(s), site_id=site, device_id=device)
        for s in (3, 1, 2)
        for site in ("post-2", "post-1")
        for device in ("gauge-b", "gauge-a", "gauge-B")
    ]
    store.write(written)
    expected = sorted(written, key=lambda r: (r.observed_at, r.site_id, r.device_id))
    assert history(store) == expected


def test_two_sites_at_one_moment_are_two_readings(store):
    pair = [reading(1.0, site_id="post-1"), reading(2.0, site_id="post-2")]
    store.write(pair)
    assert history(store) == pair


def test_a_device_that_moved_keeps_both_histories_at_one_moment(store):
    pair = [reading(1.0, site_id="bridge"), reading(2.0, site_id="weir")]
    store.write(pair)
    assert history(store, site_ids=["weir"]) == [pair[1]]


def test_only_the_asked_sites_come(store):
    store.write([reading(site_id=f"post-{n}") for n in range(5)])
    assert [r.site_id for r in history(store, site_ids={"post-1", "post-3", "nowhere"})] == [
        "post-1",
        "post-3",
    ]


def test_no_asked_site_means_no_reading(store):
    store.write([reading()])
    assert history(store, site_ids=[]) == []


def test_many_sites_can_be_asked_at_once(store):
    store.write([reading(site_id=f"post-{n}") for n in range(400)])
    asked = [f"post-{n}" for n in range(0, 2000, 2)]
    assert len(history(store, site_ids=asked)) == 200


@pytest.mark.parametrize(
    "odd",
    ["SPL.3:2", "a-b_c", "0", "kali.madiun:hulu-2", "x" * 64, "post,1", "a=b", "Pos Å 1", "it's", '"q"'],
)
def test_odd_names_are_kept_to_the_letter(store, odd):
    store.write([reading(site_id=odd, device_id=odd), reading(site_id="other")])
    assert history(store, site_ids=[odd]) == [reading(site_id=odd, device_id=odd)]


@pytest.mark.parametrize(
    "attack",
    ["x' OR '1'='1", 'x\'; DROP MEASUREMENT "flood"--', "\\' OR time > 0 --", 'x" OR "a"="a', "a\nb"],
)
def test_a_site_name_cannot_talk_to_the_store(store, attack):
    store.write([reading()])
    assert history(store, site_ids=[attack]) == []
    assert history(store) == [reading()]


@pytest.mark.parametrize(
    "attack", ['flood" WHERE time > 0 --', 'flood"; DROP MEASUREMENT "flood', "flood\\", "a\nb"]
)
def test_a_kind_cannot_talk_to_the_store(store, attack):
    store.write([reading()])
    assert history(store, attack) == []
    assert history(store) == [reading()]


def test_more_sites_than_a_page_at_one_moment_lose_and_repeat_nothing(store):
    written = [
        reading(float(n), site_id=f"post-{n:02}", observed_at=at(second))
        for second in range(3)
        for n in range(20)
    ]
    store.write(written)
    assert history(store) == written


@pytest.mark.parametrize("count", [6, 7, 8, 13, 14, 15])
def test_a_page_edge_loses_and_repeats_nothing(store, count):
    written = [reading(float(n), observed_at=at(n // 2), device_id=f"gauge-{n % 2}") for n in range(count)]
    store.write(written)
    assert history(store) == written


def test_a_large_batch_comes_back_whole(store):
    written = [
        reading(float(n), observed_at=at(n // 40), site_id=f"post-{n % 40:02}", received_at=at(5000))
        for n in range(6000)
    ]
    store.write(written)
    assert history(store, start=at(100), end=at(120)) == written[4000:4800]
    assert len(history(store)) == 6000


def test_kinds_do_not_mix(store):
    rain = reading(kind="rain", values={"rain_rate_mm_h": 4.0})
    store.write([reading(), rain])
    assert history(store, "rain") == [rain]
    assert history(store) == [reading()]


def test_a_metric_that_comes_later_does_not_change_what_was_there(store):
    store.write([reading(observed_at=at(1))])
    store.write([reading(values={"battery_v": 3.6}, observed_at=at(2))])
    assert [dict(r.values) for r in history(store)] == [{"water_level_cm": 100.0}, {"battery_v": 3.6}]


def test_a_stream_goes_on_while_others_write(store, make_store):
    store.write([reading(float(n), observed_at=at(n)) for n in range(50)])
    stream = make_store().read("flood", **EVER)
    first = next(stream)
    store.write(
        [reading(1.0, observed_at=at(-5)), reading(2.0, values={"new_metric": 1.0}, observed_at=at(60))]
    )
    rest = [r.observed_at for r in stream]
    assert first.observed_at == T0
    assert rest[:49] == [at(n) for n in range(1, 50)]
    assert rest == sorted(set(rest))


def test_a_stream_that_is_left_does_not_hold_up_the_writer(store, make_store):
    store.write([reading(float(n), observed_at=at(n)) for n in range(50)])
    stream = make_store().read("flood", **EVER)
    next(stream)
    store.write([reading(observed_at=at(99))])
    stream.close()
    assert len(history(store)) == 51


def test_readers_in_other_threads_see_whole_batches(store, make_store):
    reader = make_store()
    counts: list[int] = []
    store.write([reading()])

    def count() -> None:
        counts.extend(len(history(reader)) for _ in range(5))

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for second in range(1, 11):
        store.write([reading(observed_at=at(second))])
    for thread in threads:
        thread.join()
    assert len(counts) == 15
    assert all(1 <= count <= 11 for count in counts)


def test_writing_after_closing_opens_the_store_again(store):
    store.write([reading(observed_at=at(1))])
    store.close()
    store.close()
    store.write([reading(observed_at=at(2))])
    assert len(history(store)) == 2


def test_another_handle_sees_what_was_written(store, make_store):
    store.write([reading()])
    assert history(make_store()) == [reading()]


METRICS = ("water_level_cm", "battery_v", "rain_rate_mm_h")
READINGS = st.builds(
    lambda second, site, values, flags, received: reading(
        observed_at=at(second), site_id=site, values=values, flags=flags, received_at=at(received)
    ),
    second=st.sampled_from([0, 0.000001, 1, 60]),
    site=st.sampled_from(["post-1", "post-2"]),
    values=st.dictionaries(
        st.sampled_from(METRICS), st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1
    ),
    flags=st.dictionaries(st.sampled_from(METRICS), st.sampled_from([f for f in Flag if f != Flag.GOOD])),
    received=st.integers(0, 100),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(READINGS, max_size=6), max_size=4))
def test_any_batching_gives_the_history_of_writing_one_by_one(store, batches):
    kind = f"k{uuid.uuid4().hex[:10]}"
    written = [[dataclasses.replace(r, kind=kind) for r in batch] for batch in batches]
    for batch in written:
        store.write(batch)
    expected = united(r for batch in written for r in batch)
    assert history(store, kind) == sorted(expected, key=lambda r: (r.observed_at, r.site_id))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_duplication_and_batching_of_distinct_readings_do_not_matter(store, data):
    kind = f"k{uuid.uuid4().hex[:10]}"
    distinct = [
        reading(float(n), kind=kind, observed_at=at(n // 3), device_id=f"g{n % 3}") for n in range(12)
    ]
    sent = data.draw(st.permutations(distinct + data.draw(st.lists(st.sampled_from(distinct), max_size=8))))
    cut = data.draw(st.integers(0, len(sent)))
    store.write(sent[:cut])
    store.write(sent[cut:])
    assert history(store, kind) == distinct
