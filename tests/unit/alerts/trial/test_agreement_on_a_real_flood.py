"""Jakarta, January 2020: do the shipped rules say what the agency said, on the agency's own rows?"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerts.judging.engine import AlarmEngine
from alerts.rulebook.rules import load_rules
from alerts.trial.agreement import Agreement, compare, render
from alerts.trial.disagreement import Cause, LabelledRow
from devices.kinds import load_kinds
from simulators.mapping import load_mapping
from simulators.replay import Message, read_rows
from storage.readings import Reading

PROJECT = Path(__file__).parents[4]
FLOOD = PROJECT.parent / "shared" / "data" / "flood" / "jakarta_pintu_air_2020-01.csv"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not FLOOD.exists(), reason="the real flood of January 2020 is missing: ../shared/data/flood"
)


@pytest.fixture(scope="module")
def journal_and_agreement():
    kinds = load_kinds(PROJECT / "config" / "kinds")
    rules = load_rules(PROJECT / "config" / "rules", kinds)
    mapping = load_mapping(PROJECT / "config" / "mappings" / "jakarta_pintu_air.yaml", kinds)
    sites = {mapped.id: mapped.as_site() for mapped in mapping.sites}
    engine = AlarmEngine(rules, sites, kinds)
    events, rows = [], []
    for row in read_rows(FLOOD, mapping):
        assert isinstance(row, Message), row
        events += engine.observe(_reading(row, mapping.kind), NOW)
        rows.append(_labelled(row))
    return events, compare(rows, events, rules=rules, sites=sites, unusable=mapping.unusable)


def _reading(row: Message, kind: str) -> Reading:
    return Reading(
        device_id=row.device_id,
        site_id=row.device_id,
        kind=kind,
        observed_at=row.observed_at,
        received_at=NOW,
        values=row.values,
    )


def _labelled(row: Message) -> LabelledRow:
    assert row.oracle is not None, f"line {row.line} has a status that the mapping does not know"
    return LabelledRow(
        site_id=row.device_id,
        observed_at=row.observed_at,
        value=row.values["water_level_cm"],
        label=row.oracle,
    )


def test_rules_agree_with_the_agency_on_ninety_nine_of_a_hundred_rows(journal_and_agreement):
    agreement: Agreement = journal_and_agreement[1]
    assert agreement.share is not None
    assert agreement.share >= 0.99, render(agreement)
    assert len(agreement.usable) >= 15, render(agreement)


def test_every_row_is_counted_and_every_disagreement_explained(journal_and_agreement):
    agreement: Agreement = journal_and_agreement[1]
    assert sum(site.rows for site in agreement.sites) == 31_059
    assert not any(Cause.UNEXPLAINED in site.disagree for site in agreement.sites), render(agreement)


def test_only_the_gate_with_overlapping_bands_disagrees(journal_and_agreement):
    agreement: Agreement = journal_and_agreement[1]
    assert {site.site_id for site in agreement.sites if site.disagree} <= {"jkt-hek"}, render(agreement)


def test_flood_of_2020_wakes_nobody_today(journal_and_agreement):
    events = journal_and_agreement[0]
    assert events
    assert all(event.retrospective for event in events)


def test_wave_travels_down_the_ciliwung_in_the_journal(journal_and_agreement):
    events = journal_and_agreement[0]
    worst = [event for event in events if event.rule_id == "jakarta_siaga1"]
    first = {event.site_id: event.observed_at for event in reversed(worst)}
    assert first["jkt-depok"] < first["jkt-manggarai"]
