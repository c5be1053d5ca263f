from dataclasses import replace

import pytest
from support.alarming import GATE, HIGH_WATER, POST, SIAGA2

from alerts.judging.conditions import Condition, condition_at, is_evidence
from alerts.rulebook.rules import SiteLimit
from storage.readings import Flag

UPWARD = Condition(limit=100.0, clear=95.0, is_upward=True)
DOWNWARD = Condition(limit=10.0, clear=15.0, is_upward=False)
SHARP = Condition(limit=100.0, clear=100.0, is_upward=True)


@pytest.mark.parametrize(
    ("condition", "value", "holds", "clears"),
    [
        pytest.param(UPWARD, 100.0, True, False, id="limit itself is reached"),
        pytest.param(UPWARD, 99.99, False, False, id="inside the deadband"),
        pytest.param(UPWARD, 95.0, False, True, id="clear level itself clears"),
        pytest.param(DOWNWARD, 10.0, True, False, id="limit reached from above"),
        pytest.param(DOWNWARD, 14.9, False, False, id="inside the deadband from below"),
        pytest.param(DOWNWARD, 15.0, False, True, id="clear level reached from below"),
        pytest.param(SHARP, 100.0, True, False, id="without deadband the limit holds"),
        pytest.param(SHARP, 99.99, False, True, id="without deadband anything less clears"),
        pytest.param(UPWARD, -0.0, False, True, id="minus zero is zero"),
    ],
)
def test_value_against_limit_and_clear_level(condition, value, holds, clears):
    assert (condition.holds(value), condition.clears(value)) == (holds, clears)


@pytest.mark.parametrize(
    ("rule", "site", "expected"),
    [
        pytest.param(HIGH_WATER, POST, Condition(limit=100.0, clear=100.0, is_upward=True), id="number"),
        pytest.param(
            replace(HIGH_WATER, clear=80.0),
            POST,
            Condition(limit=100.0, clear=80.0, is_upward=True),
            id="number with clear",
        ),
        pytest.param(
            replace(SIAGA2, deadband=5.0),
            GATE,
            Condition(limit=850.0, clear=845.0, is_upward=True),
            id="site",
        ),
        pytest.param(
            replace(SIAGA2, above=None, below=SiteLimit(site="jakarta_siaga2"), deadband=5.0),
            GATE,
            Condition(limit=850.0, clear=855.0, is_upward=False),
            id="site, from above",
        ),
        pytest.param(SIAGA2, POST, None, id="site without the threshold"),
        pytest.param(replace(HIGH_WATER, sites=("post",)), GATE, None, id="site out of scope"),
        pytest.param(
            SIAGA2,
            replace(GATE, thresholds={"water_level_cm": {"jakarta_siaga2": 0.0}}),
            Condition(limit=0.0, clear=0.0, is_upward=True),
            id="threshold zero is a threshold",
        ),
        pytest.param(
            SIAGA2,
            replace(GATE, thresholds={"battery_v": {"jakarta_siaga2": 5.0}}),
            None,
            id="threshold of another metric",
        ),
    ],
)
def test_condition_of_a_rule_at_a_site(rule, site, expected):
    assert condition_at(rule, site) == expected


def test_only_failed_and_missing_values_are_no_evidence():
    assert [flag for flag in Flag if not is_evidence(flag)] == [Flag.FAIL, Flag.MISSING]
