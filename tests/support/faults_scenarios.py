"""The faults: each works on a running trial, at moments that its seed draws, and leaves all of it running."""

from __future__ import annotations

import time

from support.faults import Trial
from support.faults_store import HostileStore

_LONGEST_START_S = 4.0


def kill_ingest(trial: Trial, rounds: int) -> None:
    """kill -9 of ingest: three times in four while it settles a burst of messages, else while it starts."""
    for _ in range(rounds):
        if trial.rng.random() < 0.75:
            trial.wait_for_more()
            with trial.feeder.burst():
                time.sleep(trial.rng.uniform(0.05, 0.5))
                trial.ingest.kill()
        else:
            time.sleep(trial.rng.uniform(0, _LONGEST_START_S))
            trial.ingest.kill()
        assert trial.ingest.books().is_balanced, trial.ingest.books()
        trial.ingest.start()
    trial.ingest.wait_until_well()


def restart_broker(trial: Trial, rounds: int) -> None:
    """Stop and start the broker, with messages on their way in both directions."""
    # mosquitto 2.0 lets up to twenty new messages overtake those that it had saved in a queue.
    trial.keeps_order = False
    for _ in range(rounds):
        with trial.feeder.burst():
            trial.wait_for_more(trial.rng.randint(1, 1000))
            with trial.feeder.held():
                trial.broker.stop()
                trial.broker.start()
        trial.wait_for_more()


def stop_store(trial: Trial, rounds: int, away_s: float) -> None:
    """Stop InfluxDB for a while; books and alarms go on, readings wait in the spool."""
    for _ in range(rounds):
        trial.influx.stop()
        trial.ingest.wait_for(lambda: trial.waiting() > 0)
        trial.ingest.wait_for(lambda: "InfluxDB" in trial.ingest.trouble())
        time.sleep(away_s)
        trial.wait_for_more()
        trial.influx.start()
        trial.ingest.wait_for(lambda: not trial.waiting())


def cut_broker(trial: Trial, rounds: int) -> None:
    """Cut the connection between ingest and broker at random moments."""
    for _ in range(rounds):
        trial.ingest.wait_for(lambda: trial.broker_link.is_in_use)
        with trial.feeder.burst():
            time.sleep(trial.rng.uniform(0, 0.6))
            trial.broker_link.cut()


def break_answers(trial: Trial, rounds: int) -> None:
    """Let InfluxDB store what it is sent, and end its answer in the middle."""
    for _ in range(rounds):
        trial.influx.link.answers_to_break = trial.rng.randint(1, 3)
        trial.ingest.wait_for(lambda: not trial.influx.link.answers_to_break)
        time.sleep(trial.rng.uniform(0, 1))


def slow_store(trial: Trial, delays_s: list[float], for_s: float) -> None:
    """Let each answer of InfluxDB take long, one delay after the other; beyond 10 s ingest does not wait."""
    for delay_s in delays_s:
        trial.influx.link.delay_s = delay_s
        time.sleep(for_s)
    trial.influx.link.delay_s = 0.0


def fill_spool(trial: Trial) -> None:
    """Take the store away and send until there is no room for more; ingest says so and takes nothing more."""
    trial.influx.link.close()
    with trial.feeder.burst():
        trial.ingest.wait_for(lambda: _is_stuck(trial))
    assert "the spool spool.sqlite" in trial.log()


def _is_stuck(trial: Trial) -> bool:
    """Tell whether the spool is full and nothing is settled any more while messages go on coming."""
    before, sent = trial.ingest.books().received, len(trial.feeder.sent)
    trial.ingest.wait_for(lambda: len(trial.feeder.sent) > sent + 500)
    return "full" in trial.ingest.trouble() and trial.ingest.books().received == before


def bring_store_back(trial: Trial) -> None:
    """Let InfluxDB be reached again, and return when the spool is empty and messages are taken again."""
    trial.influx.link.open()
    trial.ingest.wait_for(lambda: not trial.waiting())
    trial.wait_for_more()


def kill_while_store_is_away(trial: Trial, rounds: int) -> None:
    """kill -9 of ingest while readings wait: what it starts with lies in the spool, not in the store."""
    for _ in range(rounds):
        trial.influx.link.close()
        trial.ingest.wait_for(lambda: trial.waiting() > 0)
        with trial.feeder.burst():
            time.sleep(trial.rng.uniform(0.1, 0.6))
            trial.ingest.kill()
        trial.ingest.start()
        trial.wait_for_more()
        trial.influx.link.open()
        trial.ingest.wait_for(lambda: not trial.waiting())
        trial.wait_for_more()


def refuse_for_a_while(trial: Trial, hostile: HostileStore, rounds: int) -> None:
    """Let the store alternate between answering 503 and taking what it likes."""
    for _ in range(rounds):
        hostile.is_busy = True
        trial.ingest.wait_for(lambda: trial.waiting() > 0)
        trial.wait_for_more(trial.rng.randint(1, 300))
        hostile.is_busy = False
        trial.ingest.wait_for(lambda: not trial.waiting())
