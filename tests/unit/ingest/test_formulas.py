from __future__ import annotations

import pytest

from ingest.formulas import counter_increment, dew_point_c, low_cost_pm_ug_m3


@pytest.mark.parametrize(
    ("raw", "humidity", "corrected"),
    [
        (20, 60, 11.058),
        (40, 60, 26.778),
        (100, 60, 79.178),
        (230, 60, 192.187),
        (300, 60, 289.526),
        (0, 100, 0),
    ],
)
def test_low_cost_pm_is_corrected_in_five_pieces_and_never_negative(raw, humidity, corrected):
    assert low_cost_pm_ug_m3(raw, humidity) == pytest.approx(corrected, abs=5e-4)


@pytest.mark.parametrize("seam", [30, 50, 210, 260])
def test_the_pieces_of_the_correction_meet(seam):
    below, above = low_cost_pm_ug_m3(seam - 1e-9, 70), low_cost_pm_ug_m3(seam, 70)
    assert below == pytest.approx(above, abs=1e-3)


@pytest.mark.parametrize(("raw", "humidity"), [(-1, 50), (20, -1), (20, 101)])
def test_the_correction_has_no_answer_for_what_cannot_be(raw, humidity):
    assert low_cost_pm_ug_m3(raw, humidity) is None


@pytest.mark.parametrize(
    ("temperature", "humidity", "expected"),
    [(25, 60, 16.7), (30, 100, 30.0), (20, 50, 9.3), (-10, 80, -12.8)],
)
def test_dew_point_follows_magnus(temperature, humidity, expected):
    assert dew_point_c(temperature, humidity) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(
    ("temperature", "humidity"), [(25, 0), (25, -3), (25, 100.5), (80, 50), (-273.15, 50)]
)
def test_a_broken_humidity_sensor_has_no_dew_point(temperature, humidity):
    assert dew_point_c(temperature, humidity) is None


def test_a_counter_that_fell_began_again_at_zero():
    assert counter_increment(12.0, 15.5) == 3.5
    assert counter_increment(12.0, 12.0) == 0.0
    assert counter_increment(12.0, 0.4) == 0.4
