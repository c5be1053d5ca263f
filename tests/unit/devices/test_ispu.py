from __future__ import annotations

import pytest

from devices.ispu import Pollutant, critical, ispu


@pytest.mark.parametrize(
    ("pollutant", "mean", "index"),
    [
        (Pollutant.PM2_5, 10, 32.26),
        (Pollutant.PM2_5, 15.5, 50),
        (Pollutant.PM2_5, 38, 78.20),
        (Pollutant.PM2_5, 55.4, 100),
        (Pollutant.PM2_5, 100, 146.95),
        (Pollutant.PM2_5, 200, 249.60),
        (Pollutant.PM2_5, 250.4, 300),
        (Pollutant.PM2_5, 300, 339.74),
        (Pollutant.PM10, 75, 62.5),
        (Pollutant.NO2, 150, 79.17),
        (Pollutant.O3, 180, 76.09),
        (Pollutant.CO, 6000, 75),
        (Pollutant.SO2, 100, 68.75),
        (Pollutant.HC, 70, 72.73),
    ],
)
def test_concentrations_become_the_indices_of_the_regulation_s_table(pollutant, mean, index):
    assert ispu(pollutant, mean) == pytest.approx(index, abs=0.005)


@pytest.mark.parametrize(("mean", "index"), [(0, 0), (-3, 0), (500, 500), (9999, 500)])
def test_the_index_ends_at_zero_and_at_500(mean, index):
    assert ispu(Pollutant.PM2_5, mean) == index


@pytest.mark.parametrize("pollutant", Pollutant)
def test_more_of_a_pollutant_is_never_a_better_index(pollutant):
    indices = [ispu(pollutant, mean) for mean in range(0, 50000, 25)]
    assert indices == sorted(indices)


def test_the_worst_pollutant_is_the_critical_one():
    means = {Pollutant.PM2_5: 38.0, Pollutant.PM10: 75.0, Pollutant.CO: 8000.0}
    assert critical(means) == (Pollutant.CO, 100.0)
