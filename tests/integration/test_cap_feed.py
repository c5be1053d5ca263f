"""The CAP feed as another agency meets it: over HTTP, from the dashboard's own process, by its settings."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.brokers import free_port
from support.cap import Alert
from support.city_database import CityDatabase, ago

from alerts.rulebook.rule_book import RuleBook
from devices.kinds import load_kinds

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"


def get(url: str, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): said for name, said in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture
def served(tmp_path) -> Iterator[tuple[str, CityDatabase]]:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (config / "pantau.yaml").write_text(
        "cap: {public: true, sender: bpbd@madiunkota.example, radius_km: 2}\n"
    )
    state = tmp_path / "state"
    state.mkdir()
    city = CityDatabase(state)
    port = free_port()
    command = [sys.executable, "-m", "pantau", "dashboard", "--port", str(port)]
    places = ["--state", str(state), "--config", str(config)]
    process = subprocess.Popen([*command, *places], cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        yield url, city
    finally:
        process.terminate()
        process.wait(20)
        city.close()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None, "the dashboard ended"
        assert time.monotonic() < deadline
        try:
            if get(f"{url}/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)


def test_everybody_reads_valid_alerts_and_nothing_else(served):
    feedparser = pytest.importorskip(
        "feedparser", reason="feedparser is not installed (pip install '.[test]')"
    )
    url, city = served
    rules = RuleBook(CONFIG / "rules", load_kinds(CONFIG / "kinds")).rules
    loud = [rule for rule in rules.values() if rule.severity.name in ("HIGH", "CRITICAL")]
    severe = [rule for rule in loud if rule.kind != "pantau"]
    assert len(severe) > 3
    city.ingest_lives(ago())
    for number, rule in enumerate(severe):
        city.add_site(f"site-{number}", rule.kind, name=f"Pos {number} <&>")
        raised = city.raise_alarm(f"site-{number}", ago(hours=9), rule=rule, value=1.0)
        if number % 2:
            city.clear_alarm(raised, ago(minutes=number))

    status, body = get(f"{url}/cap/feed.atom")
    assert status == 200
    feed = feedparser.parse(body)
    assert not feed.bozo
    assert feed.version == "atom10"
    types = []
    for entry in feed.entries:
        status, document = get(urllib.parse.urljoin(f"{url}/cap/feed.atom", entry.links[0].href))
        assert status == 200
        alert = Alert(document)
        assert (alert.text("scope"), alert.text("status")) == ("Public", "Actual")
        assert alert.text("sender") == "bpbd@madiunkota.example"
        types.append(alert.text("msgType"))
    assert types.count("Alert") == len(severe)
    assert types.count("Cancel") == len(severe) // 2
    assert types.count("Update") >= 2 * len(severe)  # nine hours, told anew every three
    assert [get(f"{url}{path}")[0] for path in ("/boot.json", "/metrics", "/api/v1/alarms")] == [401] * 3
