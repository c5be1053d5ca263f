from __future__ import annotations

from datetime import timedelta

import pytest

from devices.quality import Quality, at_site, override_faults

RIVER = Quality(suspect_max=900, spike_suspect=50, spike_fail=150, max_rise_per_h=300)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"spike_suspect": 0}, "spike_suspect must be greater than 0"),
        ({"max_rise_per_h": -1}, "max_rise_per_h"),
        ({"noise": -1}, "cannot be negative"),
        ({"flat_tolerance": -0.1}, "cannot be negative"),
        ({"suspect_min": 5, "suspect_max": 5}, "suspect_min must be below"),
        ({"spike_suspect": 5, "spike_fail": 4}, "spike_suspect must be below"),
        (
            {"flat_suspect_after": timedelta(hours=2), "flat_fail_after": timedelta(hours=1)},
            "flat_suspect_after must be below",
        ),
        ({"neighbour_radius_km": 5}, "belong together"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Quality(**settings)


def test_a_flat_line_is_looked_for_even_with_a_tolerance_of_zero():
    assert Quality(flat_suspect_after=timedelta(hours=1)).looks_around


def test_a_site_sets_single_limits_of_single_metrics():
    own = at_site(RIVER, "level", {"level.max_rise_per_h": 80.0, "other.max_rise_per_h": 1.0, "height": 4.2})
    assert (own.max_rise_per_h, own.spike_fail) == (80.0, 150)
    assert at_site(RIVER, "level", {"height": 4.2}) is RIVER


def test_faults_in_a_site_s_limits_are_all_told():
    parameters = {"level.max_rize": 1.0, "lewel.noise": 1.0, "level.spike_suspect": 200.0, "height_cm": 4.2}
    faults = override_faults({"level": RIVER}, parameters)
    assert len(faults) == 3
    assert "'level.max_rize' is no limit" in faults[0]
    assert faults[2] == "level: spike_suspect must be below spike_fail"


def test_a_length_of_time_is_no_limit_that_a_site_can_set():
    assert override_faults({"level": RIVER}, {"level.flat_fail_after": 1.0})
