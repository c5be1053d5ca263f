"""Delivery on real processes: strangers, dead letters, the ledger, the spool and ingest's own voice."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

from support.ingesting import BEGIN, publish
from support.readings import payload
from support.running import run

from devices.topics import telemetry_topic
from simulators.publisher import Publisher


def pantau(ingest, *words):
    return run(*words, "--config", str(ingest.config), state=ingest.state)


def test_a_stranger_waits_and_its_history_comes_in_when_it_is_registered(ingest, mosquitto):
    publish(mosquitto, range(30), device_id="weir-9")
    ingest.wait_for(lambda: ingest.books().rejected == 30)
    listed = pantau(ingest, "deadletters", "list")
    assert "not registered" in listed.stdout
    added = pantau(
        ingest, "devices", "add", "--id", "weir-9", "--kind", "flood", "--name", "Bendung 9",
        "--lat", "-7.63", "--lon", "111.51",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    ingest.wait_for(lambda: ingest.books().stored == 30)
    books = ingest.books()
    assert (books.received, books.rejected, books.is_balanced) == (30, 0, True)
    assert len(ingest.levels()) == 30
    assert pantau(ingest, "deadletters", "list").stdout.strip() == "There are no dead letters."


def test_dead_letters_are_shown_replayed_after_a_mended_kind_and_dropped(ingest, mosquitto):
    publisher = Publisher(mosquitto.address, client_id="installer")
    publisher.connect()
    topic = telemetry_topic("gauge")
    at = BEGIN.isoformat()
    publisher.publish(topic, json.dumps({"ts": at, "values": {"turbidity_ntu": 4.0}}).encode())
    publisher.publish(topic, b"\xffgarbage")
    assert publisher.drain(timeout_s=10) == 0
    publisher.close()
    ingest.wait_for(lambda: ingest.books().rejected == 2)

    listed = json.loads(pantau(ingest, "deadletters", "list", "--json").stdout)
    assert [letter["payload"][:4] for letter in listed] == ['{"ts', "\\xff"]
    assert [letter["clock"] for letter in listed] == [None, None]
    shown = pantau(ingest, "deadletters", "show", str(listed[1]["number"]))
    assert "not JSON" in shown.stdout

    again = pantau(ingest, "deadletters", "replay", "--all")
    assert (again.returncode, again.stdout.strip()) == (1, "2 tried again, 2 rejected again")

    ingest.stop()
    ingest.add_metric("flood", "turbidity_ntu")
    ingest.start()
    ingest.wait_until_well()
    again = pantau(ingest, "deadletters", "replay", "--reason", "turbidity")
    assert (again.returncode, again.stdout.strip()) == (0, "1 tried again, 0 rejected again")
    books = ingest.books()
    assert (books.received, books.stored, books.rejected) == (2, 1, 1)

    assert pantau(ingest, "deadletters", "drop").returncode == 2
    assert pantau(ingest, "deadletters", "drop", "--all").stdout.strip() == "1 dropped"
    assert pantau(ingest, "ledger").returncode == 0


def test_the_ledger_balances_per_device_and_hour_and_says_when_it_does_not(ingest, mosquitto):
    publish(mosquitto, range(40))
    publish(mosquitto, range(20))
    ingest.wait_for(lambda: ingest.books().received == 60)
    answer = json.loads(pantau(ingest, "ledger", "--json", "--device", "gauge").stdout)
    total = answer["total"]
    assert (total["received"], total["stored"], total["duplicate"]) == (60, 40, 20)
    assert answer["balanced"] is True
    with ingest.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE ledger SET stored = stored - 1 WHERE device_id = 'gauge'")
    unbalanced = pantau(ingest, "ledger")
    assert unbalanced.returncode == 1
    assert "1 LINES DO NOT BALANCE" in unbalanced.stdout


def test_readings_wait_in_the_spool_while_their_store_is_away_and_alarms_go_on(ingest, mosquitto):
    """The store of readings becomes a folder, which no SQLite can open, and is mended later."""
    publish(mosquitto, range(10))
    ingest.wait_for(lambda: ingest.books().stored == 10)
    ingest.stop()
    store, aside = ingest.state / "readings.sqlite", ingest.state / "aside.sqlite"
    store.rename(aside)
    store.mkdir()
    ingest.start()
    now = datetime.now(UTC)
    publisher = Publisher(mosquitto.address, client_id="flood")
    publisher.connect()
    for second in range(50):
        publisher.publish(telemetry_topic("gauge"), payload(now + timedelta(seconds=second - 60), 700.0))
    assert publisher.drain(timeout_s=30) == 0
    publisher.close()
    ingest.wait_for(lambda: ingest.books().stored == 60)
    ingest.wait_for(lambda: "store" in ingest.trouble() or "readings" in ingest.trouble())
    assert json.loads(pantau(ingest, "ledger", "--json").stdout)["total"]["waiting_in_spool"] == 50
    assert [alarm.rule_id for alarm in ingest.alarms()] == ["high_water"]
    store.rmdir()
    aside.rename(store)
    ingest.wait_for(lambda: len(ingest.levels()) == 60)
    ingest.wait_for(lambda: not ingest.trouble())


def test_ingest_speaks_of_itself_as_a_device_of_kind_pantau(ingest):
    def latest():
        return {value.metric: value.value for value in ingest.latest("pantau-ingest")}

    deadline = time.monotonic() + 50
    while "lag_s" not in latest():
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert latest()["spool_readings"] == 0
    assert latest()["disk_free_gb"] > 0
    assert ingest.books().is_balanced


def test_a_rule_file_is_read_again_without_a_restart_and_a_bad_one_is_refused_alone(ingest, mosquitto):
    def say(level: float) -> None:
        publisher = Publisher(mosquitto.address, client_id="gauge")
        publisher.connect()
        publisher.publish(telemetry_topic("gauge"), payload(datetime.now(UTC), level))
        assert publisher.drain(timeout_s=10) == 0
        publisher.close()

    rules = ingest.config / "rules"
    wet = (rules / "flood.yaml").read_text().replace("high_water", "wet_feet").replace("300", "100")
    (rules / "wet.yaml").write_text(wet)
    ingest.wait_for(lambda: "rules: 1 new" in (ingest.state / "ingest.log").read_text())
    say(200.0)
    ingest.wait_for(lambda: [alarm.rule_id for alarm in ingest.alarms()] == ["wet_feet"])

    (rules / "wet.yaml").write_text(wet.replace("above", "abvoe"))
    ingest.wait_for(lambda: "wet.yaml" in ingest.refused_rules())
    assert ingest.trouble() == ""  # the data are fine
    assert pantau(ingest, "doctor").returncode == 1
    say(350.0)
    ingest.wait_for(lambda: {a.rule_id for a in ingest.alarms()} == {"wet_feet", "high_water"})

    (rules / "wet.yaml").unlink()
    ingest.wait_for(lambda: [alarm.rule_id for alarm in ingest.alarms()] == ["high_water"])
    ingest.wait_for(lambda: not ingest.refused_rules())


def test_slip_of_the_pen_and_a_restart_leave_an_alarm_and_its_rule_as_they_were(ingest, mosquitto):
    def say(level: float) -> None:
        publisher = Publisher(mosquitto.address, client_id="gauge")
        publisher.connect()
        publisher.publish(telemetry_topic("gauge"), payload(datetime.now(UTC), level))
        assert publisher.drain(timeout_s=10) == 0
        publisher.close()

    def alarming() -> list[str]:
        return [alarm.rule_id for alarm in ingest.alarms()]

    log, flood = ingest.state / "ingest.log", ingest.config / "rules" / "flood.yaml"
    say(400.0)
    ingest.wait_for(lambda: alarming() == ["high_water"])
    flood.write_text(flood.read_text().replace("above: 300", "abvoe: 300"))
    ingest.wait_for(lambda: "flood.yaml" in ingest.refused_rules())
    assert ingest.stop() == 0
    log.unlink()
    ingest.start()
    ingest.wait_for(lambda: "unknown key 'abvoe'" in log.read_text())
    ingest.wait_until_beating()
    ingest.wait_for(lambda: "flood.yaml" in ingest.refused_rules())
    assert alarming() == ["high_water"]
    assert "High water" in pantau(ingest, "alarms", "list").stdout
    assert "none of its rules is in force" not in pantau(ingest, "doctor").stdout
    say(100.0)
    ingest.wait_for(lambda: alarming() == [])
    say(400.0)
    ingest.wait_for(lambda: alarming() == ["high_water"])
