"""`pantau up` as its users meet it: it starts all, says ready, restarts what falls, leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import time
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.brokers import free_port, require_mosquitto
from support.running import ROOT, RunningPantau, processes_of, run

from config.settings import BrokerAddress
from devices.topics import telemetry_topic
from simulators.publisher import BrokerUnavailable, Publisher


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def wait_until(condition, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ports() -> tuple[str, ...]:
    return ("--port", str(free_port()), "--mqtt-port", str(free_port()))


def past_readings(state: Path, kind: str) -> dict[str, int]:
    """Return for each site how many readings tell of twenty hours of the past, one in ten minutes."""
    end = datetime.now(UTC) - timedelta(hours=1)
    span = ["--from", (end - timedelta(hours=20)).isoformat(), "--to", end.isoformat()]
    out = state.parent / f"{kind}.jsonl"
    told = run("export", "--kind", kind, *span, "--format", "jsonl", "--out", str(out), state=state)
    assert told.returncode == 0, told.stderr
    return Counter(json.loads(line)["site_id"] for line in out.read_text().splitlines())


@pytest.mark.parametrize("embedded", [False, True], ids=["mosquitto", "embedded broker"])
def test_the_demo_becomes_ready_shows_a_living_city_and_leaves_nothing_behind(tmp_path, embedded):
    if not embedded:
        require_mosquitto()
    pantau = RunningPantau(tmp_path / "state", "--demo", *ports(), without_mosquitto=embedded)
    try:
        url = pantau.ready_url()

        def sites():
            return json.loads(get(f"{url}/api/v1/sites")[1])["features"]

        wait_until(lambda: sum(site["properties"]["state"] == "normal" for site in sites()) >= 30)
        assert len(sites()) >= 40
        names = [site["properties"]["name"] for site in sites()]
        assert [name for name in names if "simulasi" not in name] == ["Pantau"]  # ingest itself
        # The city spoke when somebody listened: nothing of the day before is missing.
        past = past_readings(pantau.state, "rain")
        assert (len(past), set(past.values())) == (6, {120})
    finally:
        code = pantau.stop()
    assert code == 0, pantau.lines
    assert pantau.lines[-1] == "stopped"
    assert processes_of(tmp_path / "state") == {}


def test_a_killed_up_takes_its_children_with_it(tmp_path):
    pantau = RunningPantau(tmp_path / "state", *ports())
    pantau.ready_url()
    assert processes_of(tmp_path / "state")
    pantau.stop(signal.SIGKILL)
    wait_until(lambda: not processes_of(tmp_path / "state"), within_s=20)


def test_a_process_that_falls_is_started_again(tmp_path):
    pantau = RunningPantau(tmp_path / "state", *ports())
    try:
        pantau.ready_url()
        running = processes_of(tmp_path / "state")
        os.kill(next(pid for pid, command in running.items() if "pantau ingest" in command), signal.SIGKILL)
        pantau.wait_for_line(r"^ingest ended with code -9; starting it again in 1 s")
        wait_until(lambda: run("doctor", state=tmp_path / "state").returncode == 0)
    finally:
        assert pantau.stop(signal.SIGTERM) == 0


def test_outside_the_demo_nobody_is_anonymous(tmp_path):
    state = tmp_path / "state"
    mqtt_port = free_port()
    pantau = RunningPantau(state, "--port", str(free_port()), "--mqtt-port", str(mqtt_port))
    try:
        url = pantau.ready_url()
        token = (state / "access-token").read_text().strip()
        assert get(f"{url}/api/v1/sites")[0] == 401
        assert get(f"{url}/events")[0] == 401
        pantau.wait_for_line(r"^Nobody can sign in yet: .*pantau users add NAME --role admin")
        add = ("users", "add", "Siti", "--role", "admin", "--password-stdin")
        assert run(*add, state=state, typed="kuda-lumping-9\n").returncode == 0
        login = urllib.request.urlopen(f"{url}/login", timeout=10).read().decode()
        assert "Nama" in login
        assert "pantau users add" not in login  # somebody can sign in now, without a restart
        assert token not in "\n".join([*pantau.lines, *pantau.logs()])
        with pytest.raises(BrokerUnavailable):
            Publisher(BrokerAddress(port=mqtt_port), client_id="nobody").connect(timeout_s=3)
        for path in (state, state / "access-token", state / "broker" / "own-password"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    finally:
        assert pantau.stop() == 0


@pytest.mark.parametrize("embedded", [False, True], ids=["mosquitto", "embedded broker"])
def test_a_device_registered_while_all_runs_may_speak_under_its_own_name_only(tmp_path, embedded):
    if not embedded:
        require_mosquitto()
    state, mqtt_port = tmp_path / "state", free_port()
    arguments = ("--port", str(free_port()), "--mqtt-port", str(mqtt_port))
    pantau = RunningPantau(state, *arguments, without_mosquitto=embedded)
    try:
        pantau.ready_url()
        add = ("devices", "add", "--kind", "flood", "--lat", "-7.63", "--lon", "111.51", "--json")
        weir = json.loads(run(*add, "--id", "weir-1", "--name", "Bendung 1", state=state).stdout)
        other = json.loads(run(*add, "--id", "weir-2", "--name", "Bendung 2", state=state).stdout)
        address = BrokerAddress(
            port=mqtt_port, mqtt5=not embedded, username="weir-1", password=weir["password"]
        )

        publisher = Publisher(address, client_id="weir-1")
        wait_until(lambda: connects(publisher), within_s=30)
        said = {"ts": datetime.now(UTC).isoformat(), "values": {"water_level_cm": 182.0}}
        publisher.publish(telemetry_topic("weir-2"), json.dumps(said).encode())
        publisher.publish(telemetry_topic("weir-1"), json.dumps(said).encode())
        publisher.drain(timeout_s=10)
        publisher.close()

        def latest(device_id: str):
            return json.loads(run("devices", "show", device_id, "--json", state=state).stdout)["latest"]

        wait_until(lambda: latest("weir-1"), within_s=20)
        assert latest("weir-1")[0]["value"] == 182.0
        assert latest("weir-2") == []
        assert weir["password"] != other["password"]
    finally:
        assert pantau.stop() == 0


def test_a_second_up_on_the_same_state_is_refused(tmp_path):
    pantau = RunningPantau(tmp_path / "state", *ports())
    try:
        pantau.ready_url()
        second = run("up", *ports(), state=tmp_path / "state")
        assert second.returncode == 2
        assert "another `pantau up` already works in" in second.stderr
    finally:
        assert pantau.stop() == 0


@pytest.mark.parametrize("option", ["--port", "--mqtt-port"])
def test_a_port_in_use_is_one_clear_sentence(tmp_path, option):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        others = ("--mqtt-port", str(free_port())) if option == "--port" else ("--port", str(free_port()))
        refused = run("up", option, str(port), *others, state=tmp_path / "state")
    assert refused.returncode == 2
    assert f"port {port}" in refused.stderr
    assert option in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_broken_configuration_names_file_line_and_column(tmp_path):
    (tmp_path / "kinds").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "kinds" / "flood.yaml").write_text("name: flood\nlabel: {id: a, en: b}\nprimery: x\n")
    refused = run("up", "--config", str(tmp_path), state=tmp_path / "state")
    assert refused.returncode == 2
    assert "flood.yaml:3:" in refused.stderr
    assert "primery" in refused.stderr


def test_a_state_folder_that_cannot_be_made_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    refused = run("up", *ports(), state=tmp_path / "file" / "state")
    assert refused.returncode == 2
    assert "cannot be written" in refused.stderr
    assert "--state" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("embedded", [False, True], ids=["mosquitto", "embedded broker"])
def test_hardware_of_an_enabled_source_may_speak_on_its_own_topics(tmp_path, embedded):
    if not embedded:
        require_mosquitto()
    state, mqtt_port, config = tmp_path / "state", free_port(), tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    source = config / "sources" / "zigbee2mqtt.yaml"
    source.write_text(source.read_text().replace("enabled: false", "enabled: true"))
    arguments = ("--config", str(config), "--port", str(free_port()), "--mqtt-port", str(mqtt_port))
    pantau = RunningPantau(state, *arguments, without_mosquitto=embedded)
    try:
        pantau.ready_url()
        add = ("devices", "add", "--kind", "air", "--lat", "-7.63", "--lon", "111.51", "--json")
        room = json.loads(run(*add, "--id", "hall", "--name", "Hall", state=state).stdout)
        address = BrokerAddress(
            port=mqtt_port, mqtt5=not embedded, username="hall", password=room["password"]
        )
        publisher = Publisher(address, client_id="bridge")
        wait_until(lambda: connects(publisher), within_s=30)
        publisher.publish("zigbee2mqtt/hall", b'{"temperature": 27.3, "humidity": 44.7, "pm25": 12}')
        publisher.drain(timeout_s=10)
        publisher.close()

        def latest():
            return json.loads(run("devices", "show", "hall", "--json", state=state).stdout)["latest"]

        wait_until(latest, within_s=20)
        assert "temperature_c" in {value["metric"] for value in latest()}
    finally:
        assert pantau.stop() == 0


def connects(publisher: Publisher) -> bool:
    try:
        publisher.connect(timeout_s=3)
    except BrokerUnavailable:
        return False
    return True
