import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.city_database import KINDS_FOLDER, CityDatabase, ago, water_rule

from alerts.journal.alarms import EventType, Severity
from alerts.journal.journal_table import events
from alerts.judging.outages import CITY
from pantau.cli import main

RULE = water_rule("siaga", Severity.HIGH, 300.0)
ROW = "siaga/gate"
BY = ("--by", "operator-1")


@pytest.fixture
def city(tmp_path):
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", name="Pintu Air")
    city.add_site("post", "flood")
    yield city
    city.close()


@pytest.fixture
def said(capsys, tmp_path):
    config = tmp_path / "config"
    for name in ("kinds", "rules", "sources"):
        (config / name).mkdir(parents=True)
    (config / "pantau.yaml").write_text("agencies: [DPUPR]\n")

    def run(action, *words):
        capsys.readouterr()
        code = main(["alarms", action, *words, "--state", str(tmp_path), "--config", str(config)])
        return code, capsys.readouterr()

    return run


def listed(said, *words):
    code, told = said("list", "--json", *words)
    assert code == 0
    return {row["id"]: row for row in json.loads(told.out)}


def test_an_alarm_goes_from_hand_to_hand_in_a_terminal(city, said):
    raised = city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=310.0)
    assert listed(said)[ROW]["state"] == "active_unacknowledged"
    assert said("ack", ROW, *BY)[0] == 0
    assert said("claim", ROW, *BY)[0] == 0
    assert said("assign", ROW, *BY, "--to", "DPUPR")[0] == 0
    assert said("comment", ROW, *BY, "--text", "pintu dibuka")[0] == 0
    row = listed(said, "--active")[ROW]
    assert (row["state"], row["acknowledged_by"], row["claimed_by"], row["agency"]) == (
        "active_acknowledged",
        "operator-1",
        "operator-1",
        "DPUPR",
    )
    city.clear_alarm(raised, ago(minutes=1))
    assert listed(said) == {}
    assert listed(said, "--all")[ROW]["state"] == "normal"
    code, told = said("show", ROW)
    assert code == 0
    assert told.out.count("operator-1") == 4
    assert "pintu dibuka" in told.out


def test_an_agency_that_nobody_knows_is_refused_with_what_may_be_meant(city, said):
    city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=310.0)
    code, told = said("assign", ROW, *BY, "--to", "DPUPU")
    assert code == 2
    assert "there is no agency 'DPUPU', did you mean DPUPR?" in told.err
    assert listed(said)[ROW]["agency"] == ""


def test_the_second_of_two_is_told_who_was_first_and_gets_a_one(city, said):
    city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=310.0)
    seen = str(listed(said)[ROW]["change"])
    assert said("ack", ROW, "--by", "operator-2", "--seen", seen)[0] == 0
    code, told = said("ack", ROW, *BY, "--seen", seen)
    assert code == 1
    assert "too late, it was acknowledged by operator-2 at 20" in told.err
    code, told = said("ack", ROW, *BY)
    assert code == 1
    assert "acknowledged already by operator-2 at 20" in told.err


def test_a_shelf_is_listed_with_the_time_that_is_left(city, said):
    city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=310.0)
    assert said("shelve", ROW, *BY, "--for", "2h", "--reason", "dibersihkan")[0] == 0
    assert listed(said) == {}
    row = listed(said, "--shelved")[ROW]
    assert (row["state"], row["shelf"]["reason"]) == ("shelved", "dibersihkan")
    assert 7100 < row["shelf"]["left_s"] <= 7200
    _, told = said("list", "--shelved")
    assert "operator-1: dibersihkan; 2h00m left" in told.out
    assert "1 put aside" in said("list")[1].out
    assert said("unshelve", ROW, *BY)[0] == 0
    assert listed(said)[ROW]["state"] == "active_unacknowledged"


def test_one_refusal_among_several_does_not_keep_the_others_back(city, said):
    city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=310.0)
    code, told = said("ack", "siaga/post", ROW, *BY)
    assert code == 1
    assert "siaga/post: there is no open alarm" in told.err
    assert f"{ROW}: acknowledged by operator-1" in told.out


def test_the_long_id_of_an_alarm_names_its_row(city, said):
    raised = city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=310.0)
    assert said("ack", raised.alarm_id, *BY)[0] == 0


def test_what_is_not_registered_cannot_be_shelved(city, said):
    code, told = said("shelve", "siaga/nowhere", *BY, "--for", "2h", "--reason", "x")
    assert code == 2
    assert "'siaga/nowhere' is no alarm" in told.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--for", "25h", "--reason", "x"), "24 hours at most"),
        (("--for", "0s", "--reason", "x"), "for how long"),
        (("--for", "2h", "--reason", " "), "in words"),
    ],
    ids=["too-long", "no-time", "no-reason"],
)
def test_a_shelf_without_reason_or_limit_is_refused(city, said, words, says):
    city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=310.0)
    code, told = said("shelve", ROW, *BY, *words)
    assert code == 1
    assert says in told.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("comment", ROW, *BY, "--text", "\u200b"), 1),
        (("comment", ROW, "--by", "\u200b", "--text", "x"), 1),
        (("comment", ROW, *BY, "--text", "a\udcffb"), 2),
        (("out-of-service", ROW, *BY, "--reason", "a\0b"), 2),
        (("ack", ROW, *BY, "--seen", "9" * 30), 0),
    ],
    ids=["blank", "nobody", "no utf-8", "nul", "future"],
)
def test_what_is_typed_is_held_to_the_same_as_on_the_page(city, said, words, code):
    city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=310.0)
    answered, told = said(*words)
    assert answered == code, told.err


def test_a_time_that_is_none_could_not_run(city, said):
    code, told = said("shelve", ROW, *BY, "--for", "soon", "--reason", "x")
    assert code == 2
    assert "'soon' is not a duration" in told.err


def test_everything_is_recorded_with_who_and_when(city, said):
    before = datetime.now(UTC)
    said("out-of-service", ROW, *BY, "--reason", "renovasi")
    said("in-service", ROW, "--by", "operator-2")
    with city.database.reading() as connection:
        out, back = events(connection)
    assert (out.type, out.by, out.text) == ("out_of_service", "operator-1", "renovasi")
    assert (back.type, back.by) == ("back_in_service", "operator-2")
    assert before <= out.recorded_at <= back.recorded_at <= before + timedelta(minutes=1)


def test_an_empty_list_says_so(city, said):
    assert said("list")[1].out == "There are no open alarms.\n"
    assert said("list", "--shelved")[1].out == "There are no such alarms.\n"


def chatter(city, count=40):
    """The level jumps over the limit and back every second; each time the rule speaks."""
    begun = ago(seconds=2 * count)
    for number in range(count):
        at = begun + timedelta(seconds=2 * number)
        city.measure("gate", "flood", at, water_level_cm=301.0 + number % 3)
        city.measure("gate", "flood", at + timedelta(seconds=1), water_level_cm=298.0 + number % 2)
        raised = city.raise_alarm("gate", at, rule=RULE, value=301.0)
        city.clear_alarm(raised, at + timedelta(seconds=1))


def test_chatter_is_one_row_with_a_count_and_one_acknowledgement_covers_it(city, said):
    chatter(city)
    assert (len(listed(said)), listed(said)[ROW]["chattering"]) == (1, 40)
    assert "chattering ×40" in said("list")[1].out
    assert listed(said, "--chatter", "100/60s")[ROW]["chattering"] == 0
    assert said("ack", ROW, *BY)[0] == 0
    assert listed(said) == {}


def test_what_chatter_is_stands_in_the_settings(city, said, tmp_path):
    chatter(city)
    (tmp_path / "config" / "pantau.yaml").write_text("chatter: {count: 100}\n")
    assert listed(said)[ROW]["chattering"] == 0
    assert listed(said, "--chatter", "3/60s")[ROW]["chattering"] == 40


@pytest.mark.parametrize("limits", ["3", "1/60s", "x/60s", "3/0s"])
def test_limits_of_chatter_that_make_no_sense_could_not_run(city, said, limits):
    code, told = said("list", "--chatter", limits)
    assert code == 2
    assert "write it like 3/60s" in told.err


def test_a_value_is_shown_as_people_read_numbers(city, said):
    city.raise_alarm("gate", ago(minutes=5), rule=RULE, value=5.8149999999999995)
    assert " 5.815\n" in said("show", ROW)[1].out


def test_a_chattering_row_proposes_a_deadband_from_what_its_sensor_said(city, said, tmp_path):
    (tmp_path / "config" / "kinds" / "flood.yaml").write_text((KINDS_FOLDER / "flood.yaml").read_text())
    (tmp_path / "config" / "rules" / "flood.yaml").write_text(SIAGA)
    chatter(city)
    code, told = said("show", ROW, "--json")
    assert code == 0
    assert json.loads(told.out)["proposed_deadband"] > 5
    assert "chattering ×40; a deadband of" in said("show", ROW)[1].out
    assert "What to do: Check the gate" in said("show", ROW)[1].out


def fall_silent(city, raised, at):
    lost = replace(raised, type=EventType.DATA_LOST, observed_at=at, recorded_at=at, value=None)
    city.tell(lost)


def test_alarms_without_data_fold_under_their_outage_and_stand_for_themselves_when_it_is_over(city, said):
    fallen = [city.raise_alarm(site, ago(hours=2), rule=RULE, value=310.0) for site in ("gate", "post")]
    for raised in fallen:
        fall_silent(city, raised, ago(hours=1))
    parent = replace(fallen[0], alarm_id="outage_city/pantau/1", rule_id=CITY, site_id="pantau", value=2.0)
    city.tell(parent)
    told = said("list")[1]
    assert [line.split()[0] for line in told.out.splitlines()[1:]] == ["outage_city/pantau"]
    assert "All sensors of the city are silent" in told.out
    assert "holds 2 more" in told.out
    assert {key: row["folded_under"] for key, row in listed(said).items()} == {
        "outage_city/pantau": None,
        "siaga/gate": "outage_city/pantau",
        "siaga/post": "outage_city/pantau",
    }
    assert said("ack", "outage_city/pantau", *BY)[0] == 0
    city.clear_alarm(parent, ago(minutes=1))
    assert {line.split()[0] for line in said("list")[1].out.splitlines()[1:]} == {"siaga/gate", "siaga/post"}


def test_incidents_tell_where_it_began_and_leave_out_what_is_put_aside(city, said):
    assert said("incidents")[1].out == "Nothing goes on.\n"
    city.raise_alarm("gate", ago(minutes=50), rule=RULE, value=310.0)
    city.raise_alarm("post", ago(minutes=5), rule=RULE, value=310.0)
    assert "Pintu Air" in said("incidents")[1].out
    incidents = json.loads(said("incidents", "--json")[1].out)
    assert [(one["place"], one["count"], one["rows"]) for one in incidents] == [
        ("post", 1, ["siaga/post"]),
        ("gate", 1, ["siaga/gate"]),
    ]
    said("shelve", "siaga/post", *BY, "--for", "2h", "--reason", "x")
    assert len(json.loads(said("incidents", "--json")[1].out)) == 1


SIAGA = """\
rules:
  - id: siaga
    title: {id: Muka air tinggi, en: High water}
    instruction: {id: Periksa pintu air, en: Check the gate}
    kind: flood
    metric: water_level_cm
    above: 300
    severity: high
    agency: BPBD
"""
