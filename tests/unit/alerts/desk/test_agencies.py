from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.alarming import GATE, HIGH_WATER

from alerts.desk.agencies import known_agencies, unknown_agency, watching_agencies
from alerts.rulebook.limits import SiteLimit
from alerts.rulebook.rules import load_rules
from devices.kinds import load_kinds

CONFIG = Path(__file__).parents[4] / "config"
RULES = {"high_water": HIGH_WATER, "jam": replace(HIGH_WATER, id="jam", agency="Dishub")}


def test_those_of_rules_and_settings_are_known_and_pantaus_own() -> None:
    watching = watching_agencies(RULES.values(), [GATE])
    assert known_agencies(watching, ["DPUPR", "BPBD"]) == ("BPBD", "DPUPR", "Dishub", "Kominfo")


def test_a_slip_of_the_pen_is_told_with_what_may_be_meant() -> None:
    known = known_agencies(["BPBD", "Dishub"])
    assert unknown_agency("Dishub", known) == ""
    assert "there is no agency 'dishup', did you mean Dishub?" in unknown_agency("dishup", known)
    assert "there is no agency 'Damkar'; known are BPBD, Dishub, Kominfo" in unknown_agency("Damkar", known)


@pytest.mark.parametrize(
    ("scope", "is_known"),
    [
        ({}, True),
        ({"sites": ("gate", "elsewhere")}, True),
        ({"sites": ("elsewhere",)}, False),
        ({"areas": ("Taman",)}, True),
        ({"areas": ("Manggarai",)}, False),
        ({"waterways": ("Ciliwung",)}, False),
        ({"tags": ("jakarta",)}, False),
        ({"tags": ("city", "jakarta")}, True),
        # Each is there, at different sites: no site fits both.
        ({"areas": ("Taman",), "sites": ("dam",)}, False),
    ],
    ids=str,
)
def test_an_agency_is_known_when_its_rule_watches_a_site_of_the_city(scope, is_known) -> None:
    sites = [replace(GATE, area="Taman", tags=("city",)), replace(GATE, id="dam", area="Kartoharjo")]
    rule = replace(HIGH_WATER, agency="BPBD DKI Jakarta", **scope)
    assert (watching_agencies([rule], sites) == {"BPBD DKI Jakarta"}) is is_known
    assert any(rule.watches(site) for site in sites) is is_known
    assert watching_agencies([rule], []) == set()


def test_a_rule_of_levels_that_no_site_here_has_watches_nothing() -> None:
    rule = replace(HIGH_WATER, above=SiteLimit(site="jakarta_siaga3"), agency="BPBD DKI Jakarta")
    here = replace(GATE, thresholds={HIGH_WATER.metric: {"siaga3": 100.0}})
    there = replace(GATE, id="m", thresholds={HIGH_WATER.metric: {"jakarta_siaga3": 750.0}})
    assert watching_agencies([rule], [here]) == set()
    assert watching_agencies([rule], [here, there]) == {"BPBD DKI Jakarta"}


def test_the_shipped_rules_of_jakarta_are_no_business_of_madiun() -> None:
    kinds = load_kinds(CONFIG / "kinds")
    levels = {"siaga1": 300.0, "siaga2": 200.0, "siaga3": 100.0}
    site = replace(GATE, thresholds={"water_level_cm": {f"bengawan_solo_{k}": v for k, v in levels.items()}})
    found = watching_agencies(load_rules(CONFIG / "rules", kinds).values(), [site])
    assert {"BPBD", "Dishub", "DLH"} <= found
    assert "BPBD DKI Jakarta" not in found
