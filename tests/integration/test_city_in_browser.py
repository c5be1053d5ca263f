"""The whole house in a browser: from one command to a moving map, an alarm and a chart, with no internet."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from support.brokers import free_port
from support.browser import Watched, headless_chromium
from support.running import RunningPantau


@pytest.mark.slow
def test_the_demo_city_moves_raises_an_alarm_and_opens_its_panel_without_internet(tmp_path):
    with headless_chromium() as browser:
        ports = ("--port", str(free_port()), "--mqtt-port", str(free_port()))
        pantau = RunningPantau(tmp_path / "state", "--demo", *ports)
        try:
            url = pantau.ready_url()
            watched = Watched(browser.new_page(viewport={"width": 1600, "height": 900}))
            watched.open(url)
            watched.until("window.pantau.city.sites.size >= 40", timeout_s=30)
            watched.until(
                "[...window.pantau.city.sites.values()].filter(s => s.state === 'normal').length >= 30"
            )
            sites_move(watched)
            an_alarm_arrives(watched)
            the_panel_opens(watched)
            asked = {urlsplit(request).netloc for request in watched.requests if request.startswith("http")}
            assert asked == {urlsplit(url).netloc}
            assert watched.complaints == []
        finally:
            assert pantau.stop() == 0


def sites_move(watched: Watched) -> None:
    values = "JSON.stringify([...window.pantau.city.sites.values()].map(s => s.value))"
    before = watched.ask(values)
    view = watched.ask("JSON.stringify([window.pantau.map.getCenter(), window.pantau.map.getZoom()])")
    watched.until(f"{values} !== {before!r}", timeout_s=30)
    assert watched.ask("JSON.stringify([window.pantau.map.getCenter(), window.pantau.map.getZoom()])") == view


def an_alarm_arrives(watched: Watched) -> None:
    watched.until("document.querySelector('[data-alarm]') !== null", timeout_s=150)
    row = watched.page.locator("[data-alarm]").first
    assert "simulasi" in row.inner_text()
    site = row.get_attribute("data-site")
    watched.until(f"!['normal', 'unknown', null].includes(window.pantau.paintedState('{site}'))")


def the_panel_opens(watched: Watched) -> None:
    watched.page.locator("[data-alarm]").first.click()
    watched.until("document.querySelector('.js-plotly-plot .scatterlayer .js-line') !== null", timeout_s=30)
