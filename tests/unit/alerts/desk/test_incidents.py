from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.alarming import at

from alerts.desk.incidents import incidents
from alerts.journal.alarms import Alarm, Severity
from devices.registry import Site


def site(name: str, *, waterway: str = "", order: int | None = None, area: str = "") -> Site:
    return Site(id=name, name=name, lat_deg=-7.6, lon_deg=111.5, waterway=waterway, order=order, area=area)


SITES = {
    place.id: place
    for place in (
        site("upper", waterway="Kali Madiun", order=1, area="Taman"),
        site("middle", waterway="Kali Madiun", order=2, area="Taman"),
        site("lower", waterway="Kali Madiun", order=3, area="Kartoharjo"),
        site("branch", waterway="Kali Catur", order=1, area="Taman"),
        site("park", area="Taman"),
        site("school", area="Taman"),
        site("madiun", area="Kali Madiun"),
        site("alone"),
    )
}


def alarm(
    where: str, minute: float, severity: Severity = Severity.LOW, *, rule: str = "high", ended: bool = False
) -> Alarm:
    return Alarm(
        id=f"{rule}/{where}/{minute}",
        rule_id=rule,
        site_id=where,
        severity=severity,
        raised_at=at(minute),
        cleared_at=at(minute + 1) if ended else None,
        data_lost_at=None,
        last_value=None,
        limit=None,
        retrospective=False,
        change=1,
    )


def test_thirty_alarms_on_one_reach_are_one_incident_with_its_first_and_its_worst():
    spots = ("upper", "middle", "lower")
    alarms = [alarm(spots[n % 3], 10 + n, rule=f"rule{n}") for n in range(28)]
    alarms += [alarm("middle", 5), alarm("lower", 60, Severity.CRITICAL)]
    (incident,) = incidents(alarms, SITES)
    assert (incident.place, len(incident.alarms), incident.severity) == ("Kali Madiun", 30, Severity.CRITICAL)
    assert (incident.first_out.site_id, incident.since) == ("middle", at(5))
    assert incident.site_ids == ("upper", "middle", "lower")


def test_of_two_alarms_of_the_same_instant_the_upstream_one_was_first():
    (incident,) = incidents([alarm("lower", 5), alarm("upper", 5)], SITES)
    assert incident.first_out.site_id == "upper"


def test_two_rivers_of_one_area_are_two_incidents():
    assert {i.place for i in incidents([alarm("upper", 5), alarm("branch", 5)], SITES)} == {
        "Kali Madiun",
        "Kali Catur",
    }


def test_off_any_river_the_area_holds_alarms_together():
    found = incidents([alarm("park", 5), alarm("school", 9), alarm("alone", 7)], SITES)
    assert sorted((incident.place, len(incident.alarms)) for incident in found) == [
        ("Taman", 2),
        ("alone", 1),
    ]


def test_an_area_of_the_same_name_as_a_river_is_another_place():
    assert len(incidents([alarm("upper", 5), alarm("madiun", 5)], SITES)) == 2


def test_alarms_hours_apart_are_two_incidents_unless_others_lie_between():
    apart = [alarm("upper", 0), alarm("lower", 180)]
    assert len(incidents(apart, SITES)) == 2
    assert len(incidents([*apart, alarm("middle", 90)], SITES)) == 1
    assert len(incidents(apart, SITES, within=timedelta(hours=3))) == 1


def test_what_is_over_is_in_no_incident():
    assert incidents([alarm("upper", 5, ended=True)], SITES) == []


def test_an_alarm_at_a_site_that_was_taken_away_is_not_lost():
    (incident,) = incidents([alarm("gone", 5)], SITES)
    assert incident.place == "gone"


def test_incidents_come_worst_first_then_newest_first():
    found = incidents([alarm("upper", 5), alarm("branch", 9), alarm("park", 1, Severity.HIGH)], SITES)
    assert [incident.place for incident in found] == ["Taman", "Kali Catur", "Kali Madiun"]


@given(
    st.lists(
        st.builds(
            alarm,
            st.sampled_from([*SITES, "gone"]),
            st.integers(0, 1000),
            st.sampled_from(list(Severity)),
            ended=st.booleans(),
        ),
        unique_by=lambda alarm: alarm.id,
    ),
    st.randoms(),
)
def test_every_active_alarm_is_in_exactly_one_incident_whatever_the_order(alarms, dice):
    found = incidents(alarms, SITES)
    held = sorted(alarm.id for incident in found for alarm in incident.alarms)
    assert held == sorted(alarm.id for alarm in alarms if alarm.is_active)
    shuffled = list(alarms)
    dice.shuffle(shuffled)
    assert incidents(shuffled, SITES) == found
    for incident in found:
        assert incident.severity == max(alarm.severity for alarm in incident.alarms)
        assert incident.since == min(alarm.raised_at for alarm in incident.alarms)
