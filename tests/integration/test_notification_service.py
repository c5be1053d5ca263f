"""`pantau notify` as a process: killed at the worst moments, and behind a real broker and ingest."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from datetime import UTC, datetime

import pytest
from support.city_database import CityDatabase, water_rule
from support.notify_process import RunningNotify
from support.post_office import webhook
from support.readings import payload
from support.running import ROOT, run

from alerts.journal.alarms import Severity
from devices.topics import telemetry_topic
from simulators.publisher import Publisher

NOTIFICATIONS = """
channels:
  duty: {language: en}
  head: {language: en}
routes:
  - name: floods
    to: [duty]
    agencies: [BPBD]
    wait: 0s
    escalate: [{after: ESCALATE, to: [head]}]
"""
RULE = water_rule("bengawan_solo_siaga2", Severity.HIGH, 300.0)


@pytest.fixture
def service():
    with webhook() as hook:
        yield hook


def configured(folder, escalate="12h"):
    folder.mkdir(exist_ok=True)
    for name in ("kinds", "rules", "sources"):
        if not (folder / name).exists():
            shutil.copytree(ROOT / "config" / name, folder / name)
    (folder / "notifications.yaml").write_text(NOTIFICATIONS.replace("ESCALATE", escalate))
    return folder


def addresses(service):
    return {name: f"json://{service.url}/{name}" for name in ("duty", "head")}


def test_a_service_killed_between_and_while_sending_tells_every_alarm_once(tmp_path, service):
    (tmp_path / "state").mkdir()
    city = CityDatabase(tmp_path / "state")
    for site in ("hulu", "tengah", "hilir", "muara"):
        city.add_site(site, "flood")
    notify = RunningNotify(tmp_path / "state", configured(tmp_path / "config"), addresses(service))
    notify.start()

    service.hold = True
    for site in ("hulu", "tengah", "hilir"):
        city.raise_alarm(site, datetime.now(UTC), rule=RULE, value=400.0)
    service.wait_for(1)
    notify.kill()  # while the first message is on its way, and before the others are
    service.hold = False
    service.release.set()
    notify.start()
    notify.wait_for_receipts(3)
    notify.kill()  # between two messages

    city.raise_alarm("muara", datetime.now(UTC), rule=RULE, value=400.0)  # while nobody looks
    notify.start()
    notify.wait_for_receipts(4)
    notify.close()
    messages = service.received
    city.close()

    told = Counter(message["title"].rpartition(", ")[2] for message in messages)
    first = messages[0]["title"].rpartition(", ")[2]
    assert told == {"Hulu": 1, "Tengah": 1, "Hilir": 1, "Muara": 1} | {first: 2}
    again = [message["message"] for message in messages if message["message"].startswith("(May have been")]
    assert len(again) == 1
    assert messages[0]["message"] in again[0]
    assert {path.strip("/") for path in service.paths} == {"duty"}


def test_from_a_reading_to_people_and_to_whom_is_next_when_nobody_acknowledges(ingest, mosquitto, service):
    configured(ingest.config, escalate="4s")
    notify = RunningNotify(ingest.state, ingest.config, addresses(service))
    notify.start()
    publisher = Publisher(mosquitto.address, client_id="test-notification")
    publisher.connect()
    publisher.publish(telemetry_topic("gauge"), payload(datetime.now(UTC), 412.0))
    assert publisher.drain(timeout_s=30) == 0
    publisher.close()
    first, second = service.wait_for(2)
    assert first["title"] == "HIGH: High water, Post"
    assert "Value: 412 cm (limit 300 cm)" in first["message"]
    assert second["title"] == "ESCALATED, NOT ACKNOWLEDGED: High water, Post"
    assert [path.strip("/") for path in service.paths] == ["duty", "head"]

    listed = run("notifications", "list", "--json", "--config", str(ingest.config), state=ingest.state)
    outcomes = {one["channel"]: one["outcome"] for one in json.loads(listed.stdout)}
    notify.wait_for_receipts(2)
    assert outcomes.keys() == {"duty", "head"}
    notify.close()
