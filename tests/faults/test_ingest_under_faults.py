"""Real processes under faults: nothing is lost, doubled or changed, and the books balance.

The same with many more rounds is `make soak`; what it found stands in docs/reliability.md.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from support import faults_scenarios as faults
from support.faults import trial
from support.faults_disk import NoSmallDisk, SmallDisk, small_disk
from support.faults_store import HostileStore, is_refused, moments_by_series
from support.influx_answers import answering


def test_an_undisturbed_run_is_what_the_faulty_ones_are_held_against(tmp_path, seed):
    with trial(tmp_path, seed, per_s=1000) as run:
        run.begin()
        run.wait_for_more(1500)
        verdict = run.verdict()
    assert verdict.is_sound, verdict
    assert verdict.redelivered == 0
    assert verdict.books.rejected > 0
    assert verdict.books.duplicate > 0


def test_kill_9_at_random_points_loses_nothing_and_repeats_nothing(tmp_path, seed):
    with trial(tmp_path, seed) as run:
        run.begin()
        faults.kill_ingest(run, rounds=5)
        verdict = run.verdict()
    assert verdict.is_sound, verdict


def test_a_broker_that_restarts_gives_back_what_it_had_promised_to_keep(tmp_path, seed):
    with trial(tmp_path, seed) as run:
        run.begin()
        faults.restart_broker(run, rounds=2)
        verdict = run.verdict()
    assert verdict.is_sound, verdict


def test_a_flapping_network_to_the_broker_only_repeats(tmp_path, seed):
    with trial(tmp_path, seed) as run:
        run.begin()
        faults.cut_broker(run, rounds=3)
        verdict = run.verdict()
    # A cut may fall into the moment in which ingest is between two connections: then it cuts nothing.
    assert 1 <= run.broker_link.broken <= 3
    assert verdict.is_sound, verdict


def test_readings_wait_while_influxdb_is_stopped_and_nobody_notices_afterwards(tmp_path, seed, influx):
    with trial(tmp_path, seed, store=influx) as run:
        run.begin()
        faults.stop_store(run, rounds=1, away_s=1)
        verdict = run.verdict()
    assert verdict.is_sound, verdict


def test_a_slow_store_only_delays_and_broken_answers_double_nothing(tmp_path, seed, influx):
    with trial(tmp_path, seed, store=influx) as run:
        run.begin()
        faults.slow_store(run, [0.8], for_s=3)
        faults.break_answers(run, rounds=3)
        verdict = run.verdict()
    assert influx.link.broken >= 3
    assert verdict.is_sound, verdict


def test_a_full_spool_stops_acknowledging_until_the_store_is_back(tmp_path, seed, influx):
    """Its disk is full; where no small disk can be mounted, its quota is used up."""
    with ExitStack() as stack:
        disk = small_disk_or_none(stack, tmp_path / "disk")
        run = stack.enter_context(trial(tmp_path, seed, store=influx))
        if disk is None:
            run.set("spool_mb: 1")
        else:
            run.keep_spool_in(disk.folder)
        run.begin()
        faults.fill_spool(run)
        faults.bring_store_back(run)
        verdict = run.verdict()
    assert verdict.is_sound, verdict


def small_disk_or_none(stack: ExitStack, folder: Path) -> SmallDisk | None:
    try:
        return stack.enter_context(small_disk(folder, kib=2560))
    except NoSmallDisk:
        return None


def test_kill_9_while_the_store_is_away_changes_no_derived_value(tmp_path, seed, influx):
    with trial(tmp_path, seed, store=influx) as run:
        run.begin()
        faults.kill_while_store_is_away(run, rounds=1)
        verdict = run.verdict()
    assert verdict.is_sound, verdict


def test_a_hostile_store_costs_only_the_lines_it_refuses_and_the_rest_comes_in_order(tmp_path, seed, influx):
    hostile = HostileStore(influx.address)
    with answering(hostile) as server, trial(tmp_path, seed, store=influx, via=server.url) as run:
        run.is_refused = is_refused
        run.begin()
        faults.refuse_for_a_while(run, hostile, rounds=2)
        verdict = run.verdict()
    assert verdict.is_sound, verdict
    assert all(times == sorted(times) for times in moments_by_series(hostile.taken).values())
