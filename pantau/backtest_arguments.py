"""What can be said to `pantau rules backtest`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_backtest_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of the back-test."""
    add, only = parser.add_argument, "only this one; may come again"
    add("--from", dest="start", metavar="TIME", help="of a file, its begin by default")
    add("--to", dest="end", metavar="TIME", help="first instant not wanted; of a file, its end by default")
    add(
        "--file",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="readings of CSV files instead of the stored ones",
    )
    add("--mapping", type=Path, metavar="M", help="how the files' columns become readings")
    add("--stations", type=Path, metavar="FILE", help="where the mapping's stations file is")
    add("--site", action="append", metavar="ID", help=f"of a file, {only}")
    add("--rule", action="append", metavar="ID", help=only)
    add("--rules", type=Path, metavar="DIR", help="rules that are tried, not yet in force")
    known = "what is known to have happened; by default what the agency says in the file itself"
    add("--events", "--known", dest="events", type=Path, metavar="FILE", help=known)
    add("--halves", action="store_true", help="tell each site's first and second half apart")
    add("--within", default="1h", metavar="TIME", help="how far a level rule may be from the agency (1h)")
    add("--lead", default="6h", metavar="TIME", help="how early a rule on the rise may speak (6h)")
    add("--chart", type=Path, metavar="FILE.svg", help="draw it as well")
    add("--table", action="store_true", help="only the table of what each rule did")
    add("--json", action="store_true")
