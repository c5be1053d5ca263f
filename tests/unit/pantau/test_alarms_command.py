import json
from datetime import UTC, datetime, timedelta

import pytest
from support.city_database import CityDatabase, ago, water_rule

from alerts.alarms import Severity
from alerts.journal_table import events
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
