from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.ruling import HEAD, SITES, engine_of, observed, rule_of, said_by, series, told

from alerts.rulebook.rules import load_rules
from config.problems import ConfigError
from devices.kinds import AlarmDefaults, Kind, load_kinds

CONFIG = Path(__file__).parents[4] / "config"
KINDS = load_kinds(CONFIG / "kinds")
USUAL = AlarmDefaults(deadband=10.0, pending=timedelta(minutes=2), off_delay=timedelta(minutes=5))


def kinds_with(usual: AlarmDefaults) -> dict[str, Kind]:
    flood = KINDS["flood"]
    level = replace(flood.metrics["water_level_cm"], alarms=usual)
    return {**KINDS, "flood": replace(flood, metrics={**flood.metrics, "water_level_cm": level})}


def loaded(tmp_path, text: str, usual: AlarmDefaults = USUAL):
    body = "".join(f"    {line}\n" for line in text.splitlines())
    (tmp_path / "tried.yaml").write_text(f"rules:{HEAD % ('flood', 'water_level_cm')}{body}")
    return load_rules(tmp_path, kinds_with(usual))["tried"]


def test_a_rule_that_says_nothing_waits_and_ends_as_its_metric_usually_does(tmp_path):
    rule = loaded(tmp_path, "above: 200")
    assert AlarmDefaults(deadband=rule.deadband, pending=rule.pending, off_delay=rule.off_delay) == USUAL


def test_what_a_rule_says_itself_counts_even_when_it_says_zero(tmp_path):
    rule = loaded(tmp_path, "above: 200\ndeadband: 0\npending: 0s\noff_delay: 0s")
    assert AlarmDefaults(deadband=rule.deadband, pending=rule.pending, off_delay=rule.off_delay) == (
        AlarmDefaults()
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("above: 200\nclear: 150", id="a clear level of its own"),
        pytest.param("when: {value: {above: 200}}", id="a condition that has its own places for deadbands"),
    ],
)
def test_the_deadband_is_left_alone_beside(text, tmp_path):
    rule = loaded(tmp_path, text)
    assert (rule.deadband, rule.pending) == (0.0, USUAL.pending)


def test_two_limits_too_near_for_the_usual_deadband_are_told_at_their_place(tmp_path):
    with pytest.raises(ConfigError, match=r"tried\.yaml:2:\d+: .*default of flood\.water_level_cm"):
        loaded(tmp_path, "outside: [190, 200]")


def test_the_shipped_index_has_a_deadband_without_any_rule_saying_so():
    rules = load_rules(CONFIG / "rules", KINDS)
    found = {rule.deadband for rule in rules.values() if rule.metric == "ispu"}
    assert found == {2.0}


def test_a_rule_for_a_tag_watches_only_sites_that_carry_it(tmp_path):
    rule = rule_of(tmp_path, "above: 100\ntags: [school, market]")
    sites = {
        "post": replace(SITES["post"], tags=("market", "river")),
        "upper": replace(SITES["upper"], tags=("river",)),
    }
    engine = engine_of(rule, sites=sites)
    events = observed(engine, [said_by(0, 150, site="upper"), said_by(0, 150, site="post")])
    assert [event.site_id for event in events] == ["post"]


def test_an_alarm_ends_when_its_site_loses_the_tag(tmp_path):
    rule = rule_of(tmp_path, "above: 100\ntags: [school]")
    engine = engine_of(rule, sites={"post": replace(SITES["post"], tags=("school",))})
    events = observed(engine, series([150, 160]))
    engine.update_sites({"post": SITES["post"]})
    events += engine.tick(events[-1].recorded_at + timedelta(minutes=6))
    assert [kind for kind, _ in told(events)] == ["raised", "withdrawn"]
