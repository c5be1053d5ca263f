from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.alarming import GATE, HIGH_WATER, KINDS, LEVEL, START, TEXT, engine, reading

from alerts.desk.deciding import decision, held_against_newest
from alerts.journal.alarms import Alarm, folded
from alerts.rulebook.limits import SiteLimit
from alerts.rulebook.rules import Rule
from alerts.rulebook.when import Count, Flat, Silent, Slope, Take, Unusual, Value, When, Window
from devices.kinds import Kind, Metric

HALF_HOUR = timedelta(minutes=30)
RISE = When(rise=Slope(by_per_h=10.0, over=HALF_HOUR))
RATE = Kind(
    name="flood",
    label=TEXT,
    primary=LEVEL,
    expected_interval=timedelta(minutes=5),
    metrics={LEVEL: Metric(label=TEXT, unit="mm/h", plausible_min=0, plausible_max=500, precision=1)},
)


def rule(when: When) -> Rule:
    return replace(HIGH_WATER, above=None, when=when)


def alarm(value: float, limit: float) -> Alarm:
    return Alarm(
        id="high_water/gate/1",
        rule_id="high_water",
        site_id="gate",
        severity=HIGH_WATER.severity,
        raised_at=START,
        cleared_at=None,
        data_lost_at=None,
        last_value=value,
        limit=limit,
        retrospective=False,
        change=1,
    )


def window(take: Take, **limits: float) -> When:
    return When(window=Window(take=take, over=timedelta(minutes=15), **limits))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("when", "value", "limit", "id_", "en"),
    [
        pytest.param(
            RISE, 2996, 10, "naik 2.996 cm/jam (batas ≥ 10)", "rise 2,996 cm/h (limit ≥ 10)", id="rise"
        ),
        pytest.param(
            When(fall=Slope(by_per_h=SiteLimit(site="jakarta_siaga2"), over=HALF_HOUR)),
            900,
            850,
            "turun 900 cm/jam (batas ≥ 850)",
            "fall 900 cm/h (limit ≥ 850)",
            id="fall by a level of the site",
        ),
        pytest.param(
            window(Take.MEAN, above=55.0),
            62,
            55,
            "rata-rata 15 mnt 62 cm (batas ≥ 55)",
            "mean of 15 min 62 cm (limit ≥ 55)",
            id="mean",
        ),
        pytest.param(
            window(Take.P85, below=25.0),
            20,
            25,
            "P85 15 mnt 20 cm (batas ≤ 25)",
            "P85 of 15 min 20 cm (limit ≤ 25)",
            id="percentile",
        ),
        pytest.param(
            When(unusual=Unusual(below=-40.0, percent=True)),
            -52,
            -40,
            "beda dari biasanya -52 % (batas ≤ -40)",
            "change from usual -52 % (limit ≤ -40)",
            id="unusual",
        ),
        pytest.param(
            When(flat=Flat(over=timedelta(hours=6), within=1.0)),
            0,
            1,
            "bergerak 6 jam 0 cm (batas ≤ 1)",
            "moved in 6 h 0 cm (limit ≤ 1)",
            id="flat",
        ),
        pytest.param(
            When(count=Count(of=RISE, at_least=3)),
            3,
            3,
            "3 titik (batas ≥ 3)",
            "3 sites (limit ≥ 3)",
            id="count",
        ),
        pytest.param(
            When(any=(When(silent=Silent(after=HALF_HOUR)), RISE)),
            30,
            10,
            "naik 30 cm/jam (batas ≥ 10)",
            "rise 30 cm/h (limit ≥ 10)",
            id="the only number beside silence",
        ),
        pytest.param(
            When(all=(When(value=Value(above=100.0)), RISE)),
            30,
            10,
            "naik 30 cm/jam (batas ≥ 10)",
            "rise 30 cm/h (limit ≥ 10)",
            id="of two the one whose limit it was",
        ),
    ],
)
def test_what_decided_is_told_with_its_own_unit_and_limit(
    when: When, value: float, limit: float, id_: str, en: str
) -> None:
    found = decision(alarm(value, limit), rule(when), GATE, KINDS)
    assert found is not None
    assert (found.text("id"), found.text("en")) == (id_, en)
    assert held_against_newest(alarm(value, limit), rule(when), GATE, KINDS) is None


def test_a_total_of_a_rate_per_hour_is_no_rate() -> None:
    found = decision(alarm(22.5, 20), rule(window(Take.TOTAL, above=20.0)), GATE, {"flood": RATE})
    assert found is not None
    assert found.text("en") == "total of 15 min 22.5 mm (limit ≥ 20.0)"


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(HIGH_WATER, id="plain limit"),
        pytest.param(rule(When(value=Value(above=100.0))), id="the same in a condition"),
        pytest.param(rule(When(all=(RISE, When(value=Value(above=100.0))))), id="the value among others"),
    ],
)
def test_the_newest_value_itself_stands_beside_its_limit(wanted: Rule) -> None:
    assert decision(alarm(120, 100), wanted, GATE, KINDS) is None
    assert held_against_newest(alarm(120, 100), wanted, GATE, KINDS) == 100


def test_what_cannot_be_known_any_more_is_not_guessed() -> None:
    two = rule(When(all=(RISE, When(value=Value(above=100.0)))))
    assert decision(alarm(120, 77), two, GATE, KINDS) is None  # the limits were others when it spoke
    assert held_against_newest(alarm(120, 77), two, GATE, KINDS) is None
    assert decision(alarm(120, 100), None, None, KINDS) is None


def test_the_number_of_an_end_is_told_with_the_limit_it_was_held_against() -> None:
    both = rule(When(all=(When(value=Value(above=100.0)), RISE)))
    watcher = engine(both)
    levels = [*range(90, 300, 20), *[300] * 12, 50]
    events = [
        event
        for number, level in enumerate(levels)
        for event in watcher.observe(reading(number * 5, level), START + timedelta(minutes=number * 5))
    ]
    (ended,) = folded(events).values()
    assert not ended.is_active
    found = decision(ended, both, GATE, KINDS)
    newest = held_against_newest(ended, both, GATE, KINDS)
    assert (found is None) != (newest is None)
