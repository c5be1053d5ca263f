"""`pantau deadletters`: look at what could not become readings, try it again, or let it go."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ingest.service import COMPONENT
from pantau.console import Refusal, say, say_json, say_table
from pantau.parts import Folders, open_database, read_configuration
from storage.database import Database
from storage.dead_letters_table import DeadLetter, dead_letters, remove_letters, still_wanted, want_replay
from storage.heartbeat_table import heartbeats

_FRESH = timedelta(seconds=10)
_WAIT_S = 60.0
_LOOK_EVERY_S = 0.2
_SHOWN_CHARACTERS = 60


def list_letters(folders: Folders, given: argparse.Namespace) -> int:
    """List dead letters, newest last; their reasons with counts come first."""
    settings = read_configuration(folders).settings
    with open_database(folders, settings) as database:
        letters = _chosen(database, given)
    zone = ZoneInfo(settings.time_zone)
    if given.json:
        say_json([_facts(letter, zone) for letter in letters])
        return 0
    if not letters:
        say("There are no dead letters.")
        return 0
    for reason, count in Counter(letter.reason for letter in letters).most_common():
        say(f"{count:>8,}  {reason}")
    say("")
    say_table([_line(letter, zone) for letter in letters[-given.limit :]])
    if len(letters) > given.limit:
        say(f"\nthe newest {given.limit} of {len(letters):,}; --limit, --device and --reason show others")
    return 0


def show(folders: Folders, given: argparse.Namespace) -> int:
    """Show one dead letter with all its bytes."""
    settings = read_configuration(folders).settings
    with open_database(folders, settings) as database, database.reading() as connection:
        letters = dead_letters(connection, ids=[given.id])
    if not letters:
        raise Refusal(f"there is no dead letter {given.id}; `pantau deadletters list` names those that are")
    facts = _facts(letters[0], ZoneInfo(settings.time_zone))
    if given.json:
        say_json(facts)
    else:
        for name, fact in facts.items():
            say(f"{name:12} {fact}")
    return 0


def replay(folders: Folders, given: argparse.Namespace) -> int:
    """Let ingest try dead letters again, after a mapping was mended or a device registered."""
    settings = read_configuration(folders).settings
    with open_database(folders, settings) as database:
        letters = _require_choice(database, given)
        before = {letter.id for letter in letters}
        with database.transaction() as connection:
            want_replay(connection, before)
        if not _is_ingest_alive(database):
            say(f"{len(before):,} will be tried again as soon as ingest runs")
            return 0
        return _tell_replayed(database, len(before))


def drop(folders: Folders, given: argparse.Namespace) -> int:
    """Let dead letters go; the ledger goes on counting them as rejected."""
    settings = read_configuration(folders).settings
    with open_database(folders, settings) as database:
        letters = _require_choice(database, given)
        with database.transaction() as connection:
            gone = remove_letters(connection, [letter.id for letter in letters])
    say(f"{gone:,} dropped")
    return 0


def _tell_replayed(database: Database, count: int) -> int:
    newest = _newest(database)
    deadline = time.monotonic() + _WAIT_S
    while _waiting(database):
        if time.monotonic() > deadline:
            raise Refusal("ingest has not tried them all yet; `pantau deadletters list` shows what is left")
        time.sleep(_LOOK_EVERY_S)
    with database.reading() as connection:
        again = [letter for letter in dead_letters(connection) if letter.id > newest]
    say(f"{count:,} tried again, {len(again):,} rejected again")
    return 0 if not again else 1


def _newest(database: Database) -> int:
    with database.reading() as connection:
        return max((letter.id for letter in dead_letters(connection)), default=0)


def _waiting(database: Database) -> int:
    with database.reading() as connection:
        return still_wanted(connection)


def _is_ingest_alive(database: Database) -> bool:
    with database.reading() as connection:
        at, _ = heartbeats(connection).get(COMPONENT, (datetime.min.replace(tzinfo=UTC), ""))
    return datetime.now(UTC) - at < _FRESH


def _require_choice(database: Database, given: argparse.Namespace) -> list[DeadLetter]:
    if not (given.ids or given.device or given.reason or given.all):
        raise Refusal("say which: numbers, --device, --reason or --all")
    letters = _chosen(database, given)
    if not letters:
        raise Refusal("no dead letter fits; `pantau deadletters list` shows them")
    return letters


def _chosen(database: Database, given: argparse.Namespace) -> list[DeadLetter]:
    with database.reading() as connection:
        letters = dead_letters(
            connection, ids=given.ids or None, device_ids=[given.device] if given.device else None
        )
    return [letter for letter in letters if (given.reason or "") in letter.reason]


def _line(letter: DeadLetter, zone: ZoneInfo) -> dict[str, object]:
    text = letter.payload.decode(errors="replace").replace("\n", " ")
    return {
        "number": letter.id,
        "received": letter.received_at.astimezone(zone).isoformat(timespec="seconds"),
        "device": letter.device_id or "?",
        "topic": letter.topic,
        "payload": text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…",
    }


def _clock(letter: DeadLetter) -> str | None:
    """Return by how much the device's clock seems to be wrong, in words; None when that is not the fault."""
    if letter.skew_s is None:
        return None
    return (
        f"about {timedelta(seconds=round(abs(letter.skew_s)))} {'ahead' if letter.skew_s > 0 else 'behind'}"
    )


def _facts(letter: DeadLetter, zone: ZoneInfo) -> dict[str, object]:
    return {
        "number": letter.id,
        "received": letter.received_at.astimezone(zone).isoformat(),
        "device": letter.device_id,
        "topic": letter.topic,
        "reason": letter.reason,
        "clock": _clock(letter),
        "payload": letter.payload.decode(errors="backslashreplace"),
    }
