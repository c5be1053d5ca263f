"""An agency's status, row by row, becomes events at the moments at which it changed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.alarming import at
from support.source import ROOT

from alerts.rulebook.rules import load_rules
from alerts.trial.agency_events import agency_events
from alerts.trial.disagreement import NORMAL, LabelledRow
from devices.kinds import load_kinds

RULES = load_rules(ROOT / "config" / "rules", load_kinds(ROOT / "config" / "kinds"))
HOUR = timedelta(hours=1)
LABELS = {"N": NORMAL, "3": "jakarta_siaga3", "2": "jakarta_siaga2", "1": "jakarta_siaga1"}
LEVELS = [label for label in LABELS.values() if label != NORMAL]


def rows(said, site="gate"):
    return [
        LabelledRow(site_id=site, observed_at=at(30 * n), value=0.0, label=LABELS[letter])
        for n, letter in enumerate(said)
    ]


def events(said, **lengths):
    found = agency_events(said, RULES, scheme=LEVELS, **{"within": HOUR, "lead": 6 * HOUR, **lengths})
    levels = [
        (e.rules[0], e.counted_from, e.end) for e in found if len(e.rules) == 1 and e.rules[0] in LEVELS
    ]
    return levels, [e for e in found if "water_rises_steadily" in e.rules]


def test_each_rise_to_a_level_or_beyond_it_is_one_event_of_that_level():
    levels, _ = events(rows("NN32123NN3"))
    assert levels == [
        ("jakarta_siaga3", at(60), at(180)),
        ("jakarta_siaga3", at(270), at(270)),
        ("jakarta_siaga2", at(90), at(150)),
        ("jakarta_siaga1", at(120), at(120)),
    ]


def test_a_level_that_is_jumped_over_is_reached_all_the_same_and_is_one_step_of_the_rise():
    levels, steps = events(rows("NN1N"))
    assert [rule for rule, *_ in levels] == LEVELS
    assert [(step.counted_from, step.start) for step in steps] == [(at(60), at(60) - 6 * HOUR)]


def test_a_status_that_the_rows_begin_with_is_no_rise():
    levels, steps = events(rows("33N3"))
    assert len(levels) == 2
    assert [step.counted_from for step in steps] == [at(90)]


def test_order_and_repetition_of_the_rows_change_nothing():
    said = rows("N3N2N") + rows("NN1", site="other")
    assert events(said[::-1] + said) == events(said)


def test_of_two_words_for_one_moment_the_first_counts():
    first = rows("N3N")
    assert events([*first, replace(first[1], label=NORMAL)]) == events(first)


@pytest.mark.parametrize("said", ["", "N", "NNNN"])
def test_an_agency_that_never_warned_gives_no_event(said):
    assert events(rows(said)) == ([], [])
