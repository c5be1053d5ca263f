from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from support.alarming import GATE, HIGH_WATER, at
from support.notifying import event, route

from alerts.journal.alarms import EventType, Severity, folded
from alerts.judging.outages import AREA, CHANNEL
from alerts.telling.routing import Subject, reached, subject_of, takes

WIB = ZoneInfo("Asia/Jakarta")
FLOOD = Subject(agency="BPBD", severity=Severity.HIGH, kind="flood", area="Taman")
ALL = {"duty", "head", "dlh"}


def reach(subject, *routes, available=ALL, moment=None):
    return reached(subject, routes, available, at=moment or at(0), zone=WIB)


@pytest.mark.parametrize(
    ("wants", "is_taken"),
    [
        pytest.param({}, True, id="a route that wants nothing takes all"),
        pytest.param({"agencies": ("BPBD", "DLH")}, True, id="its agency"),
        pytest.param({"agencies": ("DLH",)}, False, id="another agency"),
        pytest.param({"severity": Severity.HIGH}, True, id="as bad as wanted"),
        pytest.param({"severity": Severity.CRITICAL}, False, id="not bad enough"),
        pytest.param({"kinds": ("air",)}, False, id="another kind"),
        pytest.param({"areas": ("Taman",)}, True, id="its area"),
        pytest.param({"areas": ("Manguharjo",)}, False, id="another area"),
    ],
)
def test_a_route_takes_what_fits_all_that_it_wants(wants, is_taken):
    assert takes(route(**wants), FLOOD) is is_taken


def test_a_rule_for_the_page_only_is_told_to_nobody():
    quiet = replace(HIGH_WATER, notify=False)
    (alarm,) = folded([event(EventType.RAISED, 0)]).values()
    subject = subject_of(alarm, {quiet.id: quiet}, {GATE.id: GATE})
    assert not subject.is_told
    assert reach(subject, route()) == {}
    assert reach(replace(subject, is_told=True), route()) == {"duty": ("duty",)}


def test_a_channel_that_two_routes_lead_to_hears_once():
    routes = (route("one"), route("two", to=("duty", "head")))
    assert reach(FLOOD, *routes) == {"one": ("duty",), "two": ("head",)}


def test_a_channel_that_is_not_set_is_not_counted_on():
    assert reach(FLOOD, route(), available={"head"}) == {}


def test_hours_are_those_of_the_city_and_not_of_the_server():
    office = route(hours=("mon-fri 07:00-15:30",))
    seven_in_madiun = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert reach(FLOOD, office, moment=seven_in_madiun) == {"duty": ("duty",)}
    assert reach(FLOOD, office, moment=seven_in_madiun.replace(hour=8, minute=30)) == {}


def test_a_failed_channel_is_not_told_that_it_failed():
    failed = replace(FLOOD, failed_channel="duty")
    assert reach(failed, route(to=("duty", "head"))) == {"duty": ("head",)}
    assert reach(failed, route()) == {}


def alarm(rule):
    return next(iter(folded([event(EventType.RAISED, 0, rule=rule)]).values()))


def test_an_alarm_that_people_assigned_goes_to_whom_they_assigned_it():
    raised = event(EventType.RAISED, 0)
    assigned = replace(raised, type=EventType.ASSIGNED, text="DPUPR")
    (given,) = folded([raised, assigned]).values()
    rules, sites = {"high_water": HIGH_WATER}, {"gate": replace(GATE, area="Taman")}
    assert subject_of(given, rules, sites).agency == "DPUPR"
    (own,) = folded([raised]).values()
    assert subject_of(own, rules, sites) == FLOOD


@pytest.mark.parametrize(
    ("rule_id", "agency", "kind", "failed"),
    [
        pytest.param(AREA, "Kominfo", "", "", id="an outage of an area"),
        pytest.param("outage_kind_flood", "Kominfo", "flood", "", id="an outage of a kind"),
        pytest.param(f"{CHANNEL}duty", "Kominfo", "", "duty", id="a channel that fails"),
        pytest.param("gone", "", "", "", id="a rule whose file is gone"),
    ],
)
def test_what_no_rule_file_speaks_of_still_finds_its_people(rule_id, agency, kind, failed):
    subject = subject_of(alarm(rule_id), {}, {})
    assert (subject.agency, subject.kind, subject.failed_channel) == (agency, kind, failed)
