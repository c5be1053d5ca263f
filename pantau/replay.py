"""`pantau replay`: real readings through the whole pipeline, and an account of every row."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerts.journal.journal_table import events
from alerts.trial.agreement import Agreement, compare, render
from alerts.trial.disagreement import LabelledRow
from devices.registry import Registration
from devices.registry_table import AlreadyRegistered, register
from ingest.service import COMPONENT
from pantau.brokers import broker_address
from pantau.console import Progress, Refusal, complain, say, say_json
from pantau.parts import Configuration, Folders, open_database, open_readings, read_configuration
from simulators import replay as sending
from simulators.mapping import ReplayMapping, load_mapping, registrations
from simulators.publisher import BrokerUnavailable, Publisher
from storage.books_table import Balance, balance
from storage.database import Database
from storage.dead_letters_table import rejection_reasons
from storage.heartbeat_table import heartbeats
from storage.ports import ReadingReader
from storage.readings import Flag

_FRESH = timedelta(seconds=10)
_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of a file.

    Attributes:
        rows: Rows in the file, its header left out.
        not_sendable: Rows that could not become a message, by reason.
        sent: Messages that the broker acknowledged.
        stored: Messages that ingest stored.
        duplicates: Messages that said again what was known.
        rejected: Messages that became dead letters.
        reasons: Their reasons; of all messages that these devices ever sent.
        distinct_in_file: Different (site, time) among the messages sent.
        distinct_stored: Readings of these sites and this span that the store now gives back.
    """

    rows: int
    not_sendable: Mapping[str, int]
    sent: int
    stored: int
    duplicates: int
    rejected: int
    reasons: Mapping[str, int]
    distinct_in_file: int
    distinct_stored: int

    @property
    def is_balanced(self) -> bool:
        """True when every row is accounted for and the store holds just what the file holds."""
        told = self.sent + sum(self.not_sendable.values())
        kept = self.stored + self.duplicates + self.rejected
        whole = self.distinct_stored == self.distinct_in_file or self.rejected > 0
        return told == self.rows and kept == self.sent and whole


def replay(folders: Folders, given: argparse.Namespace) -> int:
    """Send the file, wait until ingest has settled it, and tell the account; 1 when it does not balance."""
    configuration = read_configuration(folders)
    mapping = load_mapping(mapping_path(folders, given.mapping), configuration.kinds)
    speed = _speed(given.speed)
    places = registrations(mapping, given.file, given.stations)
    rows = _rows(given.file, mapping)
    messages = [row for row in rows if isinstance(row, sending.Message)]
    now = datetime.now(UTC)
    shift = sending.shift_to_now(rows, now=now, speed=speed) if given.shift_to_now else timedelta(0)
    settings = configuration.settings
    with open_database(folders, settings) as database, open_readings(folders, settings) as readings:
        _require_ingest(database)
        _register(database, places)
        before = _books(database, places)
        publisher = Publisher(broker_address(settings, folders.state), client_id="pantau-replay")
        counts = _send(rows, publisher, speed=speed, shift=shift)
        after = _settled(database, places, before, counts.sent)
        moved = [message.shifted(shift) for message in messages]
        account = _account(
            counts, moved, mapping, before=before, after=after, database=database, readings=readings
        )
        agreement = _agreement(configuration, mapping, places, moved, database=database)
    _tell(account, agreement, as_json=given.json)
    return 0 if account.is_balanced else 1


def mapping_path(folders: Folders, given: Path) -> Path:
    """Return the mapping's path; a bare name means one of those that came along."""
    shipped = folders.config / "mappings" / f"{given}.yaml"
    return shipped if not given.exists() and shipped.exists() else given


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise Refusal(f"--speed {text} is not a number above 0; write for example 60, or max")
    return speed


def _rows(path: Path, mapping: ReplayMapping) -> list[sending.Message | sending.Unsendable]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(sending.plan(lines, mapping, file=path.stem))
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Refusal(f"{path} is not UTF-8 text; convert it first") from error
    except sending.WrongColumns as error:
        raise Refusal(f"{path}: {error}") from error


def _require_ingest(database: Database) -> None:
    with database.reading() as connection:
        at, _ = heartbeats(connection).get(COMPONENT, (datetime.min.replace(tzinfo=UTC), ""))
    if datetime.now(UTC) - at > _FRESH:
        raise Refusal("ingest does not run on this state folder; start `pantau up` in another terminal first")


def _register(database: Database, places: Sequence[Registration]) -> None:
    try:
        with database.transaction() as connection:
            register(connection, places)
    except AlreadyRegistered as error:
        raise Refusal(f"{error}; replay into another state folder with --state") from error


def _send(
    rows: Sequence[sending.Message | sending.Unsendable],
    publisher: Publisher,
    *,
    speed: float | None,
    shift: timedelta,
) -> sending.Counts:
    progress = Progress("replay")
    try:
        publisher.connect()
        counts = sending.run(
            rows,
            publisher,
            speed=speed,
            shift=shift,
            progress=progress,
            clock=lambda: datetime.now(UTC),
            sleep=time.sleep,
        )
        missing = publisher.drain(timeout_s=_PATIENCE_S)
    except BrokerUnavailable as error:
        raise Refusal(str(error)) from error
    finally:
        progress.end()
        publisher.close()
    if missing:
        raise Refusal(
            f"the broker did not acknowledge {missing} messages; replay again, repetitions do no harm"
        )
    return counts


def _books(database: Database, places: Sequence[Registration]) -> Balance:
    with database.reading() as connection:
        return balance(connection, device_ids=[place.device.id for place in places])


def _settled(database: Database, places: Sequence[Registration], before: Balance, sent: int) -> Balance:
    """Wait until ingest has settled what was sent; give up only when it makes no progress any more."""
    books = _books(database, places)
    progressed_s = time.monotonic()
    while books.received - before.received < sent:
        time.sleep(_LOOK_EVERY_S)
        latest = _books(database, places)
        if latest != books:
            books, progressed_s = latest, time.monotonic()
        elif time.monotonic() - progressed_s > _PATIENCE_S:
            complain("ingest has stopped making progress; `pantau doctor` may say why")
            break
    return books


def _account(
    counts: sending.Counts,
    messages: Sequence[sending.Message],
    mapping: ReplayMapping,
    *,
    before: Balance,
    after: Balance,
    database: Database,
    readings: ReadingReader,
) -> Account:
    ids = {message.device_id for message in messages}
    with database.reading() as connection:
        reasons = dict(rejection_reasons(connection, device_ids=ids))
    return Account(
        rows=counts.rows,
        not_sendable=counts.unsendable,
        sent=counts.sent,
        stored=after.stored - before.stored,
        duplicates=after.duplicate - before.duplicate,
        rejected=after.rejected - before.rejected,
        reasons=reasons,
        distinct_in_file=len({(message.device_id, message.observed_at) for message in messages}),
        distinct_stored=_count_stored(messages, readings, mapping.kind, ids),
    )


def _count_stored(
    messages: Sequence[sending.Message], readings: ReadingReader, kind: str, site_ids: set[str]
) -> int:
    if not messages:
        return 0
    times = [message.observed_at for message in messages]
    end = max(times) + timedelta(microseconds=1)
    return sum(1 for _ in readings.read(kind, start=min(times), end=end, site_ids=site_ids))


def _agreement(
    configuration: Configuration,
    mapping: ReplayMapping,
    places: Sequence[Registration],
    messages: Sequence[sending.Message],
    *,
    database: Database,
) -> Agreement | None:
    """Hold the journal against what the agency said itself; None when the file does not tell."""
    if mapping.oracle is None:
        return None
    kind = configuration.kinds[mapping.kind]
    metric = kind.metrics[kind.primary]
    rows = [
        LabelledRow(
            site_id=message.device_id,
            observed_at=message.observed_at,
            value=message.values[kind.primary],
            label=message.oracle,
            flag=Flag.GOOD if metric.is_plausible(message.values[kind.primary]) else Flag.FAIL,
        )
        for message in messages
        if message.oracle is not None and kind.primary in message.values
    ]
    ids = {place.site.id for place in places}
    with database.reading() as connection:
        said = [event for event in events(connection) if event.site_id in ids]
    sites = {place.site.id: place.site for place in places}
    return compare(rows, said, rules=configuration.rules, sites=sites, unusable=mapping.unusable)


def _tell(account: Account, agreement: Agreement | None, *, as_json: bool) -> None:
    if as_json:
        share = agreement.share if agreement else None
        say_json({**asdict(account), "balanced": account.is_balanced, "agreement": share})
        return
    say(f"rows in the file    {account.rows:>9,}")
    for reason, count in account.not_sendable.items():
        say(f"  not sent          {count:>9,}  {reason}")
    say(f"sent                {account.sent:>9,}")
    say(f"  stored            {account.stored:>9,}")
    say(f"  duplicates        {account.duplicates:>9,}")
    say(f"  rejected          {account.rejected:>9,}")
    for reason, count in account.reasons.items():
        say(f"    {count:>9,}  {reason}")
    say(f"distinct (site, time) in the file {account.distinct_in_file:,}, stored {account.distinct_stored:,}")
    say("the books balance" if account.is_balanced else "THE BOOKS DO NOT BALANCE")
    if agreement is not None:
        say("\nThe rules beside the agency's own status, row by row:\n")
        say(render(agreement))
