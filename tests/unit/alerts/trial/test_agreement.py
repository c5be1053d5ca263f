from dataclasses import replace
from datetime import timedelta

import pytest
from support.alarming import GATE, KINDS, POST, SIAGA1, SIAGA2, SITES, at, reading

from alerts.journal.alarms import Severity
from alerts.judging.engine import AlarmEngine
from alerts.rulebook.rules import SiteLimit
from alerts.trial.agreement import compare, render
from alerts.trial.disagreement import NORMAL, Cause, LabelledRow
from storage.readings import Flag

SIAGA3 = replace(SIAGA2, id="siaga3", above=SiteLimit(site="jakarta_siaga3"), severity=Severity.LOW)
LONG_AGO = at(60 * 24 * 365 * 6)


def agreement(*rows, rules=(SIAGA3, SIAGA2, SIAGA1), sites=SITES, unusable=None):
    """Compare rows of (minute, value, label[, flag]) at the gate with what the engine said of them."""
    by_id = {rule.id: rule for rule in rules}
    watcher = AlarmEngine(by_id, sites, KINDS)
    events, labelled = [], []
    for minute, value, label, *flag in rows:
        events += watcher.observe(reading(minute, value, flag=flag[0] if flag else Flag.GOOD), LONG_AGO)
        labelled.append(
            LabelledRow(
                site_id="gate",
                observed_at=at(minute),
                value=value,
                label=label,
                flag=flag[0] if flag else Flag.GOOD,
            )
        )
    return compare(labelled, events, rules=by_id, sites=sites, unusable=unusable)


def test_rows_on_which_both_say_the_same_agree():
    counted = agreement(
        (0, 700, NORMAL),
        (10, 850, "jakarta_siaga2"),
        (20, 950, "jakarta_siaga1"),
        (30, 900, "jakarta_siaga2"),
        (40, 849, NORMAL),
    )
    assert (counted.rows, counted.agree, counted.share) == (5, 5, 1.0)


def test_row_sent_twice_counts_twice():
    assert agreement((0, 700, NORMAL), (0, 700, NORMAL), (0, 700, NORMAL)).rows == 3


def test_stale_row_that_is_sent_again_after_newer_ones_agrees():
    counted = agreement((0, 860, "jakarta_siaga2"), (10, 700, NORMAL), (0, 860, "jakarta_siaga2"))
    assert counted.agree == 3


@pytest.mark.parametrize(
    ("rows", "rules", "cause"),
    [
        pytest.param([(0, 860, "banjir")], [SIAGA2], Cause.NO_RULE, id="label that no rule knows"),
        pytest.param([(0, 860, "jakarta_siaga2", Flag.FAIL)], [SIAGA2], Cause.FLAGGED, id="failed value"),
        pytest.param([(0, 760, "jakarta_siaga3")], [SIAGA3, SIAGA2], Cause.NO_THRESHOLD, id="no threshold"),
        pytest.param(
            [(0, 860, "jakarta_siaga2"), (10, 700, NORMAL), (20, 870, NORMAL), (30, 880, "jakarta_siaga2")],
            [SIAGA2],
            Cause.BANDS_OVERLAP,
            id="agency calls like values differently",
        ),
        pytest.param([(0, 840, "jakarta_siaga2")], [SIAGA2], Cause.OTHER_LIMIT, id="agency's limit is lower"),
        pytest.param(
            [(0, 700, NORMAL), (0, 860, "jakarta_siaga2")],
            [SIAGA2],
            Cause.SAME_TIME,
            id="two values at a time",
        ),
        pytest.param(
            [(10, 700, NORMAL), (0, 860, "jakarta_siaga2")], [SIAGA2], Cause.LATE, id="row out of order"
        ),
        pytest.param(
            [(0, 860, "jakarta_siaga2"), (10, 848, NORMAL)],
            [replace(SIAGA2, deadband=5.0)],
            Cause.DEADBAND,
            id="deadband",
        ),
        pytest.param(
            [(0, 860, "jakarta_siaga2")],
            [replace(SIAGA2, pending=timedelta(minutes=5))],
            Cause.PENDING,
            id="pending",
        ),
    ],
)
def test_disagreement_has_its_cause(rows, rules, cause):
    assert agreement(*rows, rules=rules).sites[0].disagree == {cause: 1}


def test_reading_that_never_reached_the_engine_is_not_explained_away():
    row = LabelledRow(site_id="gate", observed_at=at(0), value=860, label="jakarta_siaga2")
    counted = compare([row], [], rules={"siaga2": SIAGA2}, sites=SITES)
    assert counted.sites[0].disagree == {Cause.UNEXPLAINED: 1}


def test_alarms_of_other_rules_are_not_the_agencys_levels():
    other = replace(SIAGA2, id="any_water", above=10.0, severity=Severity.CRITICAL)
    assert agreement((0, 700, NORMAL), rules=[SIAGA2, other]).share == 1.0


def test_site_without_thresholds_proves_nothing():
    bare = {"gate": replace(GATE, thresholds={}), "post": POST}
    counted = agreement((0, 700, NORMAL), sites=bare)
    assert (counted.rows, counted.share) == (0, None)
    assert counted.sites[0].unusable == "no threshold known"


def test_site_named_unusable_is_counted_but_not_in_the_total():
    counted = agreement((0, 700, NORMAL), unusable={"gate": "its bands overlap"})
    assert (counted.sites[0].rows, counted.rows) == (1, 0)


def test_table_lists_sites_causes_and_the_total():
    table = render(agreement((0, 700, NORMAL), (10, 840, "jakarta_siaga2")))
    assert table.splitlines() == [
        "site                            rows   agree    share",
        "gate                               2       1  50.00 %",
        "         1 x the agency's limit lies elsewhere",
        "usable sites: 1                    2       1  50.00 %",
    ]


def test_table_of_nothing_has_no_share():
    assert render(agreement()).splitlines()[-1].endswith("-")
