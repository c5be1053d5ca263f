from __future__ import annotations

from datetime import timedelta

import pytest

from config.loader import load_file
from config.problems import ConfigError
from devices.derivations import CounterIncrement, Derivation, Ispu, Mean
from devices.kinds import Kind, Label, Metric
from devices.quality import Quality

LABEL = Label(id="Uji", en="Test")
PLAIN = Metric(label=LABEL, unit="", plausible_min=0, plausible_max=10)
DAY_MEAN = Derivation(mean=Mean(of="a", window=timedelta(hours=24)))


def kind(**changes) -> Kind:
    facts = {
        "name": "probe",
        "label": LABEL,
        "primary": "a",
        "expected_interval": timedelta(minutes=5),
        "metrics": {"a": PLAIN, "b": PLAIN, "c": PLAIN},
    }
    return Kind(**{**facts, **changes})


def test_a_derivation_names_exactly_one_way():
    with pytest.raises(ValueError, match="name one way: dew_point, level_from_distance"):
        Derivation()
    with pytest.raises(ValueError, match="name one way"):
        Derivation(mean=DAY_MEAN.mean, counter_increment=CounterIncrement(counter="a"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": timedelta(minutes=90)}, "whole number of slots"),
        ({"window": timedelta(minutes=30)}, "whole number of slots"),
        ({"window": timedelta(hours=24), "slot": timedelta(0)}, "whole number of slots"),
        ({"window": timedelta(hours=24), "completeness": 0}, "completeness"),
        ({"window": timedelta(hours=24), "completeness": 75}, "completeness"),
    ],
)
def test_a_window_that_cannot_be_filled_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Mean(of="a", **settings)


def test_ispu_refuses_a_pollutant_that_the_regulation_does_not_know():
    with pytest.raises(ValueError, match="found pm25"):
        Ispu(of={"pm25": "a"})
    with pytest.raises(ValueError, match="knows the pollutants"):
        Ispu(of={})


def test_a_derived_metric_and_its_inputs_must_be_metrics():
    with pytest.raises(ValueError, match="derived d: 'd' is not among the metrics"):
        kind(derived={"d": DAY_MEAN})
    with pytest.raises(ValueError, match="derived b: 'x' is not among the metrics"):
        kind(derived={"b": Derivation(mean=Mean(of="x", window=timedelta(hours=1)))})


def test_a_metric_cannot_be_worked_out_from_itself_or_from_one_below_it():
    with pytest.raises(ValueError, match="write it below a"):
        kind(derived={"a": DAY_MEAN})
    with pytest.raises(ValueError, match="write it below a"):
        kind(derived={"b": DAY_MEAN, "a": Derivation(counter_increment=CounterIncrement(counter="c"))})


def test_a_mean_is_not_compared_with_its_neighbours():
    spiky = Metric(label=LABEL, unit="", plausible_min=0, plausible_max=10, quality=Quality(spike_fail=1))
    with pytest.raises(ValueError, match="only suspect_min and suspect_max fit"):
        kind(metrics={"a": PLAIN, "b": spiky}, derived={"b": DAY_MEAN})


def test_a_reading_may_be_as_late_as_the_longest_window_but_two_hours_always():
    assert kind().lateness == timedelta(hours=2)
    assert kind(derived={"b": DAY_MEAN}).lateness == timedelta(hours=24)
    assert kind(reorder_horizon=timedelta(minutes=5), derived={"b": DAY_MEAN}).lateness == timedelta(
        minutes=5
    )
    with pytest.raises(ValueError, match="reorder_horizon"):
        kind(reorder_horizon=timedelta(seconds=-1))


def test_windows_on_windows_reach_back_by_their_sum():
    chain = {"b": DAY_MEAN, "c": Derivation(mean=Mean(of="b", window=timedelta(hours=3)))}
    assert kind(derived=chain).reach == timedelta(hours=27, minutes=15)
    assert kind(derived=chain).derived_from_history == ("b", "c")


def test_usual_values_lie_within_plausible_ones():
    with pytest.raises(ValueError, match="inside the plausible range"):
        Metric(label=LABEL, unit="", plausible_min=0, plausible_max=10, quality=Quality(suspect_max=11))


def test_a_fault_in_a_derivation_is_told_with_its_line(tmp_path):
    path = tmp_path / "probe.yaml"
    path.write_text(
        "name: probe\nlabel: {id: Uji, en: Test}\nprimary: a\nexpected_interval: 5m\n"
        "metrics:\n  a: {label: {id: A, en: A}, unit: '', plausible_min: 0, plausible_max: 1}\n"
        "derived:\n  a:\n    mean: {of: a, windoww: 24h}\n"
    )
    with pytest.raises(ConfigError, match=r"probe\.yaml:9:\d+: unknown key 'windoww'"):
        load_file(path, Kind)
