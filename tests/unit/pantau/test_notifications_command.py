from __future__ import annotations

import json
import shutil

import pytest
from support.city_database import CityDatabase, ago
from support.post_office import webhook
from support.source import ROOT

from alerts.journal.alarms import EventType
from alerts.journal.journal_table import events
from alerts.telling.deliveries_table import judge_channel
from pantau.cli import main
from pantau.notifications_health import notifications_in_order
from pantau.parts import Folders, read_configuration
from pantau.state import State
from storage.heartbeat_table import beat

FILE = """
channels:
  duty: {language: id}
  head: {language: en}
routes:
  - {name: floods, to: [duty], agencies: [BPBD], severity: high, hours: [mon-fri 07:00-15:30]}
  - {name: repairs, to: [duty, head], agencies: [Kominfo]}
"""


@pytest.fixture
def config(tmp_path):
    folder = tmp_path / "config"
    for name in ("kinds", "rules", "sources"):
        shutil.copytree(ROOT / "config" / name, folder / name)
    (folder / "notifications.yaml").write_text(FILE)
    return folder


@pytest.fixture
def said(capsys, tmp_path, config):
    def run(action, *words):
        capsys.readouterr()
        places = ["--state", str(tmp_path / "state"), "--config", str(config)]
        code = main(["notifications", action, *words, *places])
        return code, capsys.readouterr()

    return run


@pytest.fixture
def city(tmp_path):
    (tmp_path / "state").mkdir()
    city = CityDatabase(tmp_path / "state")
    yield city
    city.close()


def health(tmp_path, config):
    folders = Folders(state=State(folder=tmp_path / "state"), config=config)
    return notifications_in_order(folders, read_configuration(folders))


def test_check_tells_whom_a_rule_reaches_when_and_which_rule_reaches_nobody(said, monkeypatch):
    monkeypatch.setenv("PANTAU_CHANNEL_DUTY", "json://127.0.0.1/x")
    code, told = said("check", "--json")
    found = json.loads(told.out)
    rules = {one["rule"]: one for one in found["rules"]}
    assert code == 1
    assert rules["bengawan_solo_siaga2"]["channels"] == ["duty"]
    assert rules["bengawan_solo_siaga2"]["hours"] == ["mon-fri 07:00-15:30"]
    assert rules["outage_city"]["channels"] == ["duty", "head"]
    assert "bengawan_solo_siaga1" in found["nobody"]  # not bad enough for its route
    assert "outage_channel_duty" in found["nobody"]  # the other channel is not set
    assert "outage_city" not in found["nobody"]


def test_check_for_people_says_what_is_not_set_and_how_to_set_it(said):
    code, told = said("check")
    assert code == 1
    assert "set PANTAU_CHANNEL_HEAD" in told.out
    assert "head (not set)" in told.out
    assert "Nobody hears of: " in told.out


def test_without_a_file_check_says_that_nothing_is_sent(said, config):
    (config / "notifications.yaml").unlink()
    code, told = said("check")
    assert (code, "nothing is sent to anybody" in told.out) == (0, True)


def test_a_fault_of_the_file_is_told_with_its_place(said, config):
    (config / "notifications.yaml").write_text(FILE.replace("to: [duty]", "to: [dutty]"))
    code, told = said("check")
    assert code == 2
    assert "notifications.yaml:6:25: there is no channel 'dutty'" in told.err


def test_the_schema_is_printed_for_editors(said):
    code, told = said("schema")
    assert (code, json.loads(told.out)["title"]) == (0, "Pantau notifications")


def test_a_test_message_says_so_is_listed_and_ends_the_alarm_of_a_failed_channel(said, city, monkeypatch):
    with city.database.transaction() as connection:
        judge_channel(connection, "duty", home="pantau", fails=True, now=ago(minutes=5))
    with webhook() as service:
        monkeypatch.setenv("PANTAU_CHANNEL_DUTY", f"json://{service.url}/x")
        assert said("test", "duty")[0] == 0
    assert service.received[0]["title"] == "UJI: pesan percobaan dari Pantau"
    with city.database.reading() as connection:
        assert [one.type for one in events(connection)] == [EventType.RAISED, EventType.CLEARED]
    _, told = said("list", "--json")
    (listed,) = json.loads(told.out)
    assert (listed["purpose"], listed["outcome"], listed["channel"]) == ("test", "received", "duty")


def test_a_test_that_is_refused_is_told_listed_as_failed_and_holds_no_secret(said, city, monkeypatch):
    with webhook() as service:
        service.answers = [401]
        monkeypatch.setenv("PANTAU_CHANNEL_DUTY", f"json://{service.url}/s3cr3t")
        code, told = said("test", "duty")
    assert code == 1
    assert "401" in told.err
    _, listed = said("list", "--failed")
    assert "given up" in listed.out
    assert "s3cr3t" not in told.err + listed.out


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        pytest.param("nobody", "there is no channel 'nobody'", id="unknown"),
        pytest.param("head", "put its address into PANTAU_CHANNEL_HEAD", id="not set"),
    ],
)
def test_a_channel_that_cannot_be_tried_is_one_sentence(said, channel, sentence):
    code, told = said("test", channel)
    assert code == 2
    assert sentence in told.err


def test_an_empty_list_says_so(said, city):
    assert said("list")[1].out == "There are no such messages.\n"


def test_the_doctor_tells_of_a_channel_that_fails(tmp_path, config, city):
    with city.database.transaction() as connection:
        beat(connection, "notify", ago(seconds=1))
    assert "no channel is set" in health(tmp_path, config)
    with city.database.transaction() as connection:
        judge_channel(connection, "duty", home="pantau", fails=True, now=ago(minutes=5))
    with pytest.raises(Exception, match="do not get out through duty"):
        health(tmp_path, config)


def test_the_configuration_that_comes_along_is_right_and_reaches_somebody_for_what_is_bad():
    folders = Folders(state=State(folder=ROOT / "var"), config=ROOT / "config")
    from pantau.notifications_reach import reach
    from pantau.notify_service import read_outward

    configuration = read_configuration(folders)
    outward = read_outward(folders, configuration)
    found = {one.rule: one for one in reach(configuration, outward)}
    assert found["bengawan_solo_siaga3"].channels == ("bpbd_piket",)
    assert found["bengawan_solo_siaga3"].then == ("pimpinan",)
    assert found["outage_channel_kominfo"].channels == ("pimpinan",)
    every = outward.notifications.channels
    mine = [one for one in found.values() if one.agency in ("BPBD", "Dishub", "DLH", "Kominfo")]
    assert [one.rule for one in mine if one.is_missed(every) and one.severity in ("high", "critical")] == []
    assert not found["bengawan_solo_siaga1"].is_missed(())  # stands on the page, wakes nobody
