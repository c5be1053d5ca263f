from __future__ import annotations

from dataclasses import replace

from support.alarming import HIGH_WATER

from alerts.desk.agencies import known_agencies, unknown_agency

RULES = {"high_water": HIGH_WATER, "jam": replace(HIGH_WATER, id="jam", agency="Dishub")}


def test_those_of_rules_and_settings_are_known_and_pantaus_own() -> None:
    assert known_agencies(RULES, ["DPUPR", "BPBD"]) == ("BPBD", "DPUPR", "Dishub", "Kominfo")


def test_a_slip_of_the_pen_is_told_with_what_may_be_meant() -> None:
    known = known_agencies(RULES)
    assert unknown_agency("Dishub", known) == ""
    assert "there is no agency 'dishup', did you mean Dishub?" in unknown_agency("dishup", known)
    assert "there is no agency 'Damkar'; known are BPBD, Dishub, Kominfo" in unknown_agency("Damkar", known)
