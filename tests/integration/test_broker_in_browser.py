"""A real broker stops under a real ingest: what a person sees of it, and how it ends."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import expect
from support.brokers import MosquittoBroker
from support.browser import ServedDashboard, Watched, headless_chromium
from support.ingesting import RunningIngest
from support.readings import payload

from devices.topics import telemetry_topic
from simulators.publisher import Publisher

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
expect.set_options(timeout=20_000)  # a machine that many share draws slowly


def test_a_stopped_broker_is_told_within_ten_seconds_with_the_age_of_the_data_and_its_return_needs_no_reload(
    mosquitto: MosquittoBroker, ingest: RunningIngest
) -> None:
    with (
        headless_chromium() as chromium,
        closing(ServedDashboard(ingest.state, city_folder=CITY)) as served,
    ):
        served.start()
        watched = Watched(chromium.new_page(viewport={"width": 1280, "height": 800}))
        banner = watched.page.locator("#banner")
        # Pantau's own figures are younger than this all the while.
        measured_at = datetime.now(UTC) - timedelta(minutes=4)
        say(mosquitto, 111.0, measured_at)
        watched.open(f"{served.url}/?lang=en")
        watched.until("window.pantau.city.sites.get('post')?.value === 111")
        watched.ask("window.stillTheSamePage = true")
        watched.ask("window.pantau.select('post')")
        watched.ask("window.pantau.map.jumpTo({center: [111.51, -7.62], zoom: 13.5})")
        expect(banner).to_be_hidden()

        mosquitto.stop()
        expect(banner).to_contain_text("connection to the message broker (MQTT) is lost", timeout=10_000)
        expect(banner).to_contain_text(re.compile(r"Newest data on the screen: [4-9] min ago"))
        watched.page.locator("#language").click()
        expect(banner).to_contain_text("Hubungan ke broker pesan (MQTT) terputus")
        expect(banner).to_contain_text(re.compile(r"Data terbaru di layar: [4-9] mnt"))

        mosquitto.start()
        expect(banner).to_be_hidden(
            timeout=40_000
        )  # ingest looks for the broker every 15 seconds at the latest
        say(mosquitto, 222.0, datetime.now(UTC))
        watched.until("window.pantau.city.sites.get('post').value === 222")
        assert watched.ask("window.stillTheSamePage")
        assert watched.ask("window.pantau.selectedSite()") == "post"
        assert watched.ask("window.pantau.map.getZoom()") == 13.5
        assert watched.complaints == []


def say(broker: MosquittoBroker, level: float, at: datetime) -> None:
    """Let the river post tell one level, and wait until the broker has it."""
    with closing(Publisher(broker.address, client_id="post")) as publisher:
        publisher.connect()
        publisher.publish(telemetry_topic("gauge"), payload(at, level))
        assert publisher.drain(timeout_s=30) == 0
