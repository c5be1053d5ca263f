"""The fault tests with many rounds: kill, stop, fill, slow down and cut, and tell what ingest kept.

Run it with `make soak`; it needs mosquitto and influxd, and root for the full disk. It takes about half an
hour and prints one line of a Markdown table for each fault. Exit 0: nothing was lost; 1: something was.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support import faults_scenarios as faults  # noqa: E402 - the path above makes it known
from support.faults import RestartableInflux, Trial, Verdict, trial  # noqa: E402
from support.faults_disk import NoSmallDisk, small_disk  # noqa: E402
from support.faults_store import HostileStore, is_refused, moments_by_series  # noqa: E402
from support.influx import NoServer  # noqa: E402
from support.influx_answers import answering  # noqa: E402

from pantau.console import complain, say  # noqa: E402

_SETTLED_WITHIN_S = 300.0
_HEADS = (
    "fault", "store", "rounds", "sent", "distinct", "stored", "duplicates absorbed", "redelivered",
    "lost", "doubled rows", "books", "flags, latest, alarms", "minutes",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One line of the table.

    Attributes:
        label: What happens.
        rounds: How often.
        work: Makes it happen so many times, on a running trial.
        store: Whether InfluxDB is the store; the embedded one otherwise.
        per_s: Messages a second in the meantime.
    """

    label: str
    rounds: int
    work: Callable[[Trial, int], None]
    store: bool = False
    per_s: float = 150.0


def _fill_and_drain(run: Trial, rounds: int) -> None:
    for _ in range(rounds):
        faults.fill_spool(run)
        faults.bring_store_back(run)


def _slow(run: Trial, rounds: int) -> None:
    # One answer in three takes longer than ingest waits for it.
    faults.slow_store(run, [0.5, 3.0, 12.0] * (rounds // 3), for_s=20)


FAULTS = {
    "none": Fault(label="none", rounds=0, work=lambda run, _: run.wait_for_more(20_000), per_s=500),
    "kill": Fault(label="kill -9 of ingest", rounds=200, work=faults.kill_ingest, per_s=25),
    "kill-influx": Fault(label="kill -9 of ingest", rounds=50, work=faults.kill_ingest, store=True, per_s=25),
    "away": Fault(
        label="kill -9 of ingest while InfluxDB is away",
        rounds=30,
        work=faults.kill_while_store_is_away,
        store=True,
        per_s=60,
    ),
    "broker": Fault(label="broker restart", rounds=30, work=faults.restart_broker),
    "stop": Fault(
        label="InfluxDB stopped for a minute",
        rounds=3,
        work=lambda run, rounds: faults.stop_store(run, rounds, away_s=60),
        store=True,
    ),
    "quota": Fault(label="spool at its quota", rounds=5, work=_fill_and_drain, store=True),
    "disk": Fault(label="disk of the spool full", rounds=5, work=_fill_and_drain, store=True),
    "slow": Fault(label="answers after 0.5, 3 and 12 s", rounds=6, work=_slow, store=True),
    "cut": Fault(label="network to the broker cut", rounds=60, work=faults.cut_broker),
    "answers": Fault(label="answers broken off", rounds=60, work=faults.break_answers, store=True),
    "hostile": Fault(
        label="503, and 400 or 422 for single lines", rounds=10, work=lambda *_: None, store=True
    ),
}


def main() -> None:
    """Run the faults one after the other and print the table."""
    arguments = _arguments()
    logging.disable(logging.WARNING)
    complain(f"seed {arguments.seed}")
    _say_row(_HEADS)
    _say_row(["---"] * len(_HEADS))
    is_sound = True
    for name in arguments.only or FAULTS:
        fault = FAULTS[name]
        rounds = max(1, round(fault.rounds * arguments.scale)) if fault.rounds else 0
        with tempfile.TemporaryDirectory(prefix="pantau-soak-") as folder, ExitStack() as stack:
            is_sound &= _run(stack, Path(folder), name, rounds=rounds, seed=arguments.seed)
    sys.exit(0 if is_sound else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261121, help="of the stream and of the faults' moments")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 for a tenth of the rounds")
    parser.add_argument("--only", nargs="+", choices=list(FAULTS), help="only these faults")
    return parser.parse_args()


def _run(stack: ExitStack, folder: Path, name: str, *, rounds: int, seed: int) -> bool:
    """Run one fault, print its line and return whether all was well; what cannot be tried says so."""
    fault = FAULTS[name]
    began = time.monotonic()
    try:
        run, work = _prepared(stack, folder, name, seed)
    except (NoServer, NoSmallDisk) as missing:
        complain(f"{fault.label}: not tried: {missing}")
        return True
    run.begin()
    work(run, rounds)
    verdict = run.verdict(_SETTLED_WITHIN_S)
    _say_row(_row(fault, rounds, verdict, (time.monotonic() - began) / 60))
    return verdict.is_sound


def _prepared(
    stack: ExitStack, folder: Path, name: str, seed: int
) -> tuple[Trial, Callable[[Trial, int], None]]:
    """Return a trial that has not begun, and what is to be done to it."""
    fault = FAULTS[name]
    influx = stack.enter_context(_influx(folder / "influxd")) if fault.store else None
    disk = stack.enter_context(small_disk(folder / "disk", kib=2560)) if name == "disk" else None
    if name == "hostile" and influx is not None:
        return _hostile(stack, folder, seed, influx)
    run = stack.enter_context(trial(folder, seed, store=influx, per_s=fault.per_s))
    if disk is not None:
        run.keep_spool_in(disk.folder)
    if name == "quota":
        run.set("spool_mb: 1")
    return run, fault.work


def _hostile(
    stack: ExitStack, folder: Path, seed: int, influx: RestartableInflux
) -> tuple[Trial, Callable[[Trial, int], None]]:
    hostile = HostileStore(influx.address)
    server = stack.enter_context(answering(hostile))
    run = stack.enter_context(trial(folder, seed, store=influx, via=server.url))
    run.is_refused = is_refused

    def work(run: Trial, rounds: int) -> None:
        faults.refuse_for_a_while(run, hostile, rounds)
        assert all(times == sorted(times) for times in moments_by_series(hostile.taken).values())

    return run, work


@contextmanager
def _influx(folder: Path) -> Iterator[RestartableInflux]:
    folder.mkdir()
    server = RestartableInflux(folder)
    try:
        yield server
    finally:
        server.end()


def _row(fault: Fault, rounds: int, verdict: Verdict, minutes: float) -> list[str]:
    return [
        fault.label,
        "InfluxDB" if fault.store else "embedded",
        str(rounds),
        f"{verdict.sent:,}",
        f"{verdict.distinct:,}",
        f"{verdict.stored:,}",
        f"{verdict.books.duplicate:,}",
        f"{verdict.redelivered:,}",
        f"{verdict.lost:,}",
        f"{verdict.doubled:,}",
        "balanced" if verdict.books.is_balanced else "NOT BALANCED",
        verdict.faults or "as undisturbed",
        f"{minutes:.1f}",
    ]


def _say_row(cells: list[str] | tuple[str, ...]) -> None:
    say(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
