"""Tests of rules as data: the shipped ones pass, and a wrong one says what happened instead."""

from dataclasses import replace
from datetime import timedelta

import pytest
from support.ruling import KINDS
from support.source import ROOT

from alerts.journal.alarms import EventType
from alerts.rulebook.rules import load_rules
from alerts.trial.rule_tests import Expected, RuleTest, Series, TestSite, read_tests, tried
from config.problems import ConfigError

RULES = load_rules(ROOT / "config" / "rules", KINDS)
SHIPPED = [
    test
    for path in sorted((ROOT / "config" / "rules" / "tests").glob("*.yaml"))
    for test in read_tests(path, RULES, KINDS)
]
JAM = RuleTest(
    name="a jam",
    rules=("traffic_jam",),
    sites={"link": TestSite()},
    readings=(Series(site="link", kind="traffic", values=("5 x 3",)),),
    expect=(Expected(at=timedelta(minutes=1), rule="traffic_jam", site="link"),),
)


@pytest.mark.parametrize("test", SHIPPED, ids=lambda test: test.name)
def test_shipped_rule_does_what_its_test_says(test):
    outcome = tried(test, RULES, KINDS)
    assert (outcome.missing, outcome.unexpected) == ((), ())


def test_every_shipped_rule_is_raised_by_a_test():
    raised = {each.rule for test in SHIPPED for each in test.expect if each.event is EventType.RAISED}
    assert set(RULES) - raised == set()


def test_event_that_does_not_come_and_one_that_was_not_expected_are_told():
    wrong = replace(JAM, expect=(replace(JAM.expect[0], at=timedelta(minutes=2)),))
    outcome = tried(wrong, RULES, KINDS)
    assert not outcome.is_passed
    assert outcome.missing == ("0h02m raised traffic_jam at link",)
    assert outcome.unexpected == ("0h01m raised traffic_jam at link",)


def test_event_that_comes_twice_must_be_expected_twice():
    again = replace(JAM, readings=(replace(JAM.readings[0], values=("5 x 3", 50.0, "5 x 3")),))
    raised, cleared = JAM.expect[0], replace(JAM.expect[0], at=timedelta(minutes=3), event=EventType.CLEARED)
    second = replace(raised, at=timedelta(minutes=5))
    assert tried(replace(again, expect=(raised, cleared)), RULES, KINDS).unexpected
    assert tried(replace(again, expect=(raised, cleared, second)), RULES, KINDS).is_passed


def test_silence_after_the_last_reading_passes_by_the_clock():
    silent = replace(JAM, until=timedelta(minutes=30))
    assert tried(silent, RULES, KINDS).unexpected == ("0h05m data_lost traffic_jam at link",)


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        pytest.param((1.0, None, 3.0), [1, None, 3], id="numbers and a hole"),
        pytest.param(("55 x 3",), [55, 55, 55], id="repeated"),
        pytest.param(("-10 .. 10 x 3",), [-10, 0, 10], id="even steps, both ends included"),
        pytest.param(("7 .. 9 x 1",), [7], id="one step is the begin"),
    ],
)
def test_series_are_written_short(written, numbers):
    assert list(Series(site="a", kind="air", values=written).numbers()) == numbers


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (("traffic_jam]", "traffic_yam]"), ":3:13: there is no rule 'traffic_yam'"),
        (("{site: link, kind", "{site: lnik, kind"), ":6:16: 'lnik' is not among the test's sites"),
        (("kind: traffic", "kind: trafic"), ":6:28: kind 'trafic' is not known"),
        (("5 x 3", "5 times 3"), ":6:9: '5 times 3' is no series"),
        (("rule: traffic_jam", "rule: pantau_lag"), ":8:24: 'pantau_lag' is not among the test's rules"),
        (("at: 1m", "at: 1"), ":8:14: '1' is not a duration"),
    ],
    ids=lambda fault: fault[1] if isinstance(fault, tuple) else "",
)
def test_fault_in_a_test_file_is_told_with_its_place(fault, message, tmp_path):
    good = (
        "tests:\n  - name: a jam\n    rules: [traffic_jam]\n    sites: {link: {}}\n    readings:\n"
        "      - {site: link, kind: traffic, values: [5 x 3]}\n    expect:\n"
        "      - {at: 1m, rule: traffic_jam, site: link}\n"
    )
    path = tmp_path / "tried.yaml"
    path.write_text(good, encoding="utf-8")
    assert read_tests(path, RULES, KINDS) == (JAM,)
    path.write_text(good.replace(*fault), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_tests(path, RULES, KINDS)
    assert any(str(problem).startswith(f"{path}{message}") for problem in caught.value.problems)
