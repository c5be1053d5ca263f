from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config.problems import ConfigError
from devices.kinds import Kind, Label, Metric, load_kinds

SHIPPED = Path(__file__).parents[3] / "config" / "kinds"
LABEL = Label(id="Kecepatan", en="Speed")
SPEED = Metric(label=LABEL, unit="km/h", plausible_min=0, plausible_max=160)


def kind(**changes) -> Kind:
    facts = {
        "name": "traffic",
        "label": LABEL,
        "primary": "speed_km_h",
        "expected_interval": timedelta(minutes=1),
        "metrics": {"speed_km_h": SPEED},
    }
    return Kind(**{**facts, **changes})


def test_the_shipped_kinds_can_be_read():
    kinds = load_kinds(SHIPPED)
    assert {"traffic", "flood", "rain", "air"} <= set(kinds)
    assert all(name == kind.name for name, kind in kinds.items())


def test_a_level_below_the_gauge_s_datum_is_plausible():
    assert load_kinds(SHIPPED)["flood"].metrics["water_level_cm"].plausible_min <= -195


@pytest.mark.parametrize("name", ["", "Traffic", "2nd", "a-b", "a b", "x" * 41, "é", 'a"; DROP'])
def test_a_kind_of_another_form_of_name_is_refused(name):
    with pytest.raises(ValueError, match="is not a name"):
        kind(name=name)


@pytest.mark.parametrize("name", ["time", "site", "device", "received_at_us", "speed_flag"])
def test_a_metric_with_the_name_of_a_column_of_the_store_is_refused(name):
    with pytest.raises(ValueError, match="column of that name"):
        kind(metrics={"speed_km_h": SPEED, name: SPEED})


def test_the_primary_metric_must_be_among_the_metrics():
    with pytest.raises(ValueError, match="'flow' is not among the metrics"):
        kind(primary="flow")


@pytest.mark.parametrize("interval", [timedelta(0), timedelta(seconds=-1)])
def test_a_sensor_that_never_speaks_is_refused(interval):
    with pytest.raises(ValueError, match="expected_interval"):
        kind(expected_interval=interval)


def test_three_missed_intervals_make_a_value_overdue():
    assert kind().overdue_after == timedelta(minutes=3)


@pytest.mark.parametrize(("least", "most"), [(1, 1), (2, 1)])
def test_a_plausible_range_must_have_room(least, most):
    with pytest.raises(ValueError, match="below plausible_max"):
        Metric(label=LABEL, unit="", plausible_min=least, plausible_max=most)


@pytest.mark.parametrize("precision", [-1, 7])
def test_a_precision_is_a_number_of_decimals(precision):
    with pytest.raises(ValueError, match="decimals"):
        Metric(label=LABEL, unit="", plausible_min=0, plausible_max=1, precision=precision)


def test_a_label_speaks_both_languages():
    assert (LABEL.text("id"), LABEL.text("en")) == ("Kecepatan", "Speed")
    with pytest.raises(ValueError, match="both languages"):
        Label(id="Kecepatan", en=" ")


def test_faults_of_all_kind_files_are_told_at_once(tmp_path):
    (tmp_path / "a.yaml").write_text("name: a\n")
    (tmp_path / "b.yaml").write_text("nome: b\n")
    with pytest.raises(ConfigError) as raised:
        load_kinds(tmp_path)
    assert {Path(problem.path).name for problem in raised.value.problems} == {"a.yaml", "b.yaml"}


def test_two_files_cannot_name_the_same_kind(tmp_path):
    text = (SHIPPED / "flood.yaml").read_text()
    (tmp_path / "flood.yaml").write_text(text)
    (tmp_path / "zz.yaml").write_text(text)
    with pytest.raises(ConfigError, match="flood"):
        load_kinds(tmp_path)
