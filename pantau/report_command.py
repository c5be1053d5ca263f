"""`pantau report situation`: the report of a moment as a PDF, the same as on the page."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard.parts import Parts
from dashboard.phrases import Phrases
from dashboard.reports import pdf
from dashboard.situation import slots
from dashboard.situation_document import situation_document
from dashboard.situation_facts import situation
from dashboard.texts import load_texts
from pantau.console import Refusal, say
from pantau.export import instant
from pantau.parts import Folders, open_database, open_readings, read_configuration


def report_situation(folders: Folders, given: argparse.Namespace) -> int:
    """Write the situation report of a moment; without one, of the newest that is due.

    Raises:
        Refusal: The moment has not come, or the file cannot be written.
        StorageUnavailable: A store does not answer.
    """
    configuration = read_configuration(folders)
    settings, now = configuration.settings, datetime.now(UTC)
    zone, language = ZoneInfo(settings.time_zone), given.lang or settings.language
    due = slots(now, settings.report_hours, zone, count=1)[0]
    at = instant(given.at, zone).astimezone(UTC) if given.at else due
    if at > now:
        raise Refusal(f"--at {given.at} has not come yet; a report tells of the past")
    with open_database(folders, settings) as database, open_readings(folders, settings) as readings:
        parts = Parts(
            database=database,
            readings=readings,
            kinds=configuration.kinds,
            rules=configuration.rules,
            city_folder=folders.config / "city" / settings.city,
            time_zone=zone,
            language=settings.language,
            report_hours=settings.report_hours,
            demo=False,
            access_token=folders.state.secret("access-token"),
        )
        facts = situation(parts, at, now=now)
    say_of = Phrases(texts=load_texts()[language], language=language, zone=zone, kinds=configuration.kinds)
    _write(pdf(situation_document(say_of, facts), made_at=at), given.out)
    return 0


def _write(content: bytes, out: str) -> None:
    if out == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        Path(out).write_bytes(content)
    except OSError as error:
        raise Refusal(f"{out} cannot be written ({error.strerror}); name another file with --out") from error
    say(f"{out}: {len(content):,} bytes")
