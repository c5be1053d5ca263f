"""Print the tables of docs/alarms.md anew: what the rules caught on real data.

Run it with `make proof`; DATA says where the series are. docs/real-data.md names their sources.
"""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from pantau.cli import main as pantau  # noqa: E402 - the path above makes it known

_NAB = "traffic/nab_realTraffic"
_NAB_SERIES = (
    *("TravelTime_387", "TravelTime_451", "occupancy_6005", "occupancy_t4013"),
    *("speed_6005", "speed_7578", "speed_t4013"),
)
_FLOOD = "flood/jakarta_pintu_air_2020-01.csv"
_LEVELS_READ_OFF = (
    *("jkt-gadog", "jkt-istiqlal", "jkt-jembatan-merah", "jkt-karet", "jkt-krukut-hulu", "jkt-pesanggrahan"),
    *("jkt-angke-hulu", "jkt-sunter-hulu", "jkt-kali-duri", "jkt-marina-ancol", "jkt-pluit"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One table: files and what is known beside them, below the folder of data, and the other words."""

    title: str
    files: tuple[str, ...]
    words: tuple[str, ...]
    known: str = ""

    def arguments(self, data: Path) -> list[str]:
        """Return what is said to `pantau`."""
        known = ["--known", str(data / self.known)] if self.known else []
        files = [str(data / file) for file in self.files]
        return ["rules", "backtest", "--table", "--file", *files, *known, *self.words]


def _of_sites(*sites: str) -> tuple[str, ...]:
    return ("--mapping", "jakarta_pintu_air", *(word for site in sites for word in ("--site", site)))


RUNS = (
    Run(
        title="Traffic: NAB",
        files=tuple(f"{_NAB}/{name}.csv" for name in _NAB_SERIES),
        known=f"{_NAB}/combined_windows_realTraffic.json",
        words=("--mapping", "nab_traffic", "--halves"),
    ),
    Run(
        title="Flood 2020: Katulampa and Manggarai, limits published before",
        files=(_FLOOD,),
        words=_of_sites("jkt-katulampa", "jkt-manggarai"),
    ),
    Run(
        title="Flood 2020: Pasar Ikan, the tide, limits published before",
        files=(_FLOOD,),
        words=_of_sites("jkt-pasar-ikan"),
    ),
    Run(
        title="Flood 2020: Depok, siaga 3 and 1 published before, siaga 2 read off the file",
        files=(_FLOOD,),
        words=_of_sites("jkt-depok"),
    ),
    Run(
        title="Flood 2020: eleven gates, limits read off the file",
        files=(_FLOOD,),
        words=_of_sites(*_LEVELS_READ_OFF),
    ),
    Run(
        title="Flood 2020: P.A. Hek, whose bands overlap",
        files=(_FLOOD,),
        words=_of_sites("jkt-hek"),
    ),
    Run(
        title="Depok every ten minutes, January to March 2023",
        files=("flood/jakarta_tma_depok_10min_2023_q1.csv",),
        words=("--mapping", "jakarta_depok_10min"),
    ),
    Run(
        title="Manggarai every hour, October 2022 to October 2023",
        files=("flood/jakarta_manggarai_hourly_2022-10_2023-10.csv",),
        words=("--mapping", "jakarta_manggarai_hourly"),
    ),
    Run(
        title="Air: 113 stations in Jakarta, 10 April to 11 May 2025",
        files=("air/jakarta_udara_ispu_2025-04-10_2025-05-11.csv",),
        words=("--mapping", "jakarta_udara_ispu", "--from", "2025-04-10T19:00", "--to", "2025-05-11T19:00"),
    ),
)


def table(run: Run, data: Path) -> str:
    """Return the table of a run, as the command prints it.

    Raises:
        RuntimeError: The command could not run.
    """
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = pantau(run.arguments(data))
    if code == 2:
        raise RuntimeError(f"{run.title}: pantau could not run")
    return out.getvalue().strip()


def main() -> None:
    """Print every run's command and table."""
    data = Path(sys.argv[1])
    for run in RUNS:
        print(f"\n{run.title}\n")  # noqa: T201 - this is what it is for
        print(table(run, data), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
