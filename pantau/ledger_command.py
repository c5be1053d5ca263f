"""`pantau ledger`: the balance sheet of messages, per device and hour."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from zoneinfo import ZoneInfo

from ingest.service import COMPONENT
from pantau.console import say, say_json, say_table
from pantau.export import instant
from pantau.parts import Folders, open_database, read_configuration
from storage.books_table import Balance, LedgerLine, balance, ledger_lines
from storage.health_table import health

_SHOWN_LINES = 40


def ledger(folders: Folders, given: argparse.Namespace) -> int:
    """Tell what was received and what became of it; 1 when any line does not balance."""
    settings = read_configuration(folders).settings
    zone = ZoneInfo(settings.time_zone)
    since = instant(given.since, zone) if given.since else None
    devices = [given.device] if given.device else None
    with open_database(folders, settings) as database, database.reading() as connection:
        lines = ledger_lines(connection, device_ids=devices, since=since)
        total = balance(connection, device_ids=devices, since=since)
        waiting = int(health(connection, COMPONENT).get("spool_readings", 0))
    is_balanced = all(line.balance.is_balanced for line in lines)
    if given.json:
        rows = [{"device": n.device_id, "hour": n.hour.isoformat(), **asdict(n.balance)} for n in lines]
        total_row = {**asdict(total), "waiting_in_spool": waiting}
        say_json({"balanced": is_balanced, "total": total_row, "lines": rows})
    else:
        _tell(lines, total, waiting, zone)
    return 0 if is_balanced else 1


def _tell(lines: list[LedgerLine], total: Balance, waiting: int, zone: ZoneInfo) -> None:
    unbalanced = [line for line in lines if not line.balance.is_balanced]
    if not lines:
        say("Nothing was received.")
        return
    say_table([_row(line, zone) for line in (unbalanced or lines)[-_SHOWN_LINES:]])
    if not unbalanced and len(lines) > _SHOWN_LINES:
        say(f"\nthe newest {_SHOWN_LINES} of {len(lines):,} lines; --since, --device and --json show others")
    say("")
    say(f"received {total.received:,} = stored {total.stored:,} + duplicate {total.duplicate:,}")
    say(f"         + rejected {total.rejected:,}; missing in the devices' own counts {total.gap:,}")
    if waiting:
        say(f"{waiting:,} of the stored wait in the spool for their store")
    say(f"{len(unbalanced)} LINES DO NOT BALANCE" if unbalanced else "the books balance")


def _row(line: LedgerLine, zone: ZoneInfo) -> dict[str, object]:
    counts = line.balance
    return {
        "hour": line.hour.astimezone(zone).isoformat(timespec="minutes"),
        "device": line.device_id or "?",
        "received": counts.received,
        "stored": counts.stored,
        "duplicate": counts.duplicate,
        "rejected": counts.rejected,
        "gap": counts.gap or "",
    }
