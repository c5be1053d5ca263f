"""The map in a real browser: what it never hides, what it never moves, and what it does without."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from support.browser import ServedDashboard, Watched, free_port, headless_chromium
from support.city_database import CityDatabase, ago, city_rules

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
BOX = {"width": 1280, "height": 800}
VIEW = "(m => [m.getCenter().lng, m.getCenter().lat, m.getZoom()])(window.pantau.map)"
MARKS = "window.pantau.map.queryRenderedFeatures({layers: ['attention-shapes']})"
RANK_OF_HIGH = 3
expect.set_options(timeout=20_000)  # a machine that many share draws slowly


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("city")


@pytest.fixture(scope="module")
def city(state: Path) -> Iterator[CityDatabase]:
    """Thirty normal sensors in a square, three silent ones and an alarm among them, and an alarm far off."""
    city = CityDatabase(state)
    for n in range(30):
        name = f"Jalan {n}"
        city.add_site(
            f"road-{n}", "traffic", lat=-7.630 + (n % 6) * 2e-4, lon=111.52 + n // 6 * 2e-4, name=name
        )
        city.measure(f"road-{n}", "traffic", ago(), speed_km_h=40.0)
    for n in range(3):
        city.add_site(f"mute-{n}", "air", lat=-7.6295 + n * 1e-4, lon=111.5203, name=f"Stasiun {n}")
    city.add_site("gate", "flood", lat=-7.6295, lon=111.5204, name="Pintu Air Sono")
    city.measure("gate", "flood", ago(), water_level_cm=321.0)
    city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
    city.add_site("far", "traffic", lat=-7.66, lon=111.55, name="Perempatan Jauh")
    city.measure("far", "traffic", ago(), speed_km_h=4.0)
    city.raise_alarm("far", ago(), rule=city_rules()["jam"], value=4.0)
    city.ingest_lives(ago())
    yield city
    city.close()


@pytest.fixture(scope="module")
def served(state: Path, city: CityDatabase) -> Iterator[ServedDashboard]:
    served = ServedDashboard(state, city_folder=CITY)
    served.start()
    yield served
    served.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=BOX)
    yield context
    context.close()


@pytest.fixture
def watched(context: BrowserContext, served: ServedDashboard) -> Watched:
    watched = Watched(context.new_page())
    watched.open(served.url)
    watched.until("window.pantau.paintedState('gate') === 'high'", timeout_s=20)
    return watched


def jump(watched: Watched, zoom: float, *, lon: float = 111.5204, lat: float = -7.6295) -> None:
    watched.ask(f"window.pantau.map.jumpTo({{center: [{lon}, {lat}], zoom: {zoom}}})")


def test_no_alarm_is_hidden_under_what_is_well_at_any_zoom(watched: Watched) -> None:
    page = watched.page
    for zoom, is_folded in ((9, True), (12, True), (16.5, False)):
        jump(watched, zoom)
        watched.until(
            f"{MARKS}.some(f => (f.properties.worst ?? f.properties.rank) === {RANK_OF_HIGH}"
            f" && Boolean(f.properties.cluster) === {str(is_folded).lower()})"
        )
        counted = watched.ask(f"{MARKS}.reduce((n, f) => n + (f.properties.point_count ?? 1), 0)")
        assert counted >= 4  # the alarm and the three silent ones, whatever else is on the screen
    # Above every circle lies the mark: drawing order is the order of the layers.
    order = watched.ask("window.pantau.map.getStyle().layers.map(l => l.id)")
    assert order.index("attention-shapes") > order.index("sites-circles")
    jump(watched, 12)
    watched.until(f"{MARKS}.some(f => f.properties.cluster)")
    box = page.locator("#map").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    expect(page.locator("#map-tip")).to_contain_text("4 titik perlu perhatian di sini")
    expect(page.locator("#map-tip")).to_contain_text("1 tinggi · 3 tidak diketahui")
    page.mouse.click(*middle)
    watched.until("window.pantau.map.getZoom() > 13.9")


def test_five_hundred_updates_theme_language_page_and_reload_move_nothing(watched: Watched) -> None:
    page = watched.page
    jump(watched, 14.3, lon=111.5261, lat=-7.6312)
    watched.ask("window.pantau.select('far')")
    expect(page.locator("#panel h2")).to_have_text("Perempatan Jauh")
    before = watched.ask(VIEW)
    # Handed to the same entrance as the stream's own messages: real ones would last eight minutes.
    watched.ask(
        "(() => { for (let n = 0; n < 500; n += 1) window.pantau.city.apply('delta', {"
        " at: window.pantau.city.now(), health: window.pantau.city.health,"
        " sites: [{id: `road-${n % 30}`, state: ['normal', 'low', 'unknown'][n % 3], value: n},"
        " {id: 'gate', state: n % 2 ? 'high' : 'critical', value: n}]}); })()"
    )
    assert watched.ask(VIEW) == before
    page.locator("#theme").click()
    watched.until("document.documentElement.dataset.theme === 'light'")
    ground = "window.pantau.map.getPaintProperty('ground', 'background-color')"
    token = "getComputedStyle(document.documentElement).getPropertyValue('--map-ground').trim()"
    assert watched.ask(ground) == watched.ask(token)
    page.locator("#language").click()
    expect(page.locator("#panel")).to_contain_text("Values now")
    page.locator("a[data-view=alarms]").first.click()
    expect(page.locator("#view-map")).to_be_hidden()
    page.go_back()
    expect(page.locator("#view-map")).to_be_visible()
    assert watched.ask(VIEW) == before
    page.reload()
    watched.until("window.pantau?.map && window.pantau.selectedSite() === 'far'", timeout_s=30)
    assert watched.ask(VIEW) == pytest.approx(before, abs=1e-6)
    expect(page.locator("#panel h2")).to_have_text("Perempatan Jauh")
    assert watched.complaints == []


def test_search_and_filter_are_worked_by_keyboard_and_hide_no_alarm_in_silence(watched: Watched) -> None:
    page = watched.page
    page.keyboard.press("/")
    page.keyboard.type("jalan 1")
    options = page.locator("#search-results [role=option]")
    expect(options).to_have_count(8)
    expect(page.locator("#search-results")).to_contain_text("lagi; ketik lebih lengkap")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = options.nth(1).locator("strong").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text(chosen)
    expect(page.locator("#panel")).to_be_focused()
    expect(options).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()

    page.locator(".kind[data-kind-layer=flood]").focus()
    page.keyboard.press("Space")
    notice = page.locator("#hidden-alarms")
    expect(notice).to_contain_text("1 titik beralarm tersembunyi")
    assert not watched.ask(f"{MARKS}.some(f => f.properties.id === 'gate')")
    page.reload()  # remembered, and told again
    expect(page.locator("#hidden-alarms")).to_contain_text("1 titik beralarm tersembunyi")
    expect(page.locator(".kind[data-kind-layer=flood]")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("/")
    page.keyboard.type("sono")  # a search finds what the filter hides, and shows it
    page.keyboard.press("Enter")
    watched.until("window.pantau.map?.querySourceFeatures('sites').some(f => f.properties.id === 'gate')")
    page.locator("#hidden-alarms-show").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#hidden-alarms")).to_be_hidden()
    assert watched.complaints == []


def test_a_page_that_begins_elsewhere_shows_the_city_when_the_map_is_first_seen(
    context: BrowserContext, served: ServedDashboard
) -> None:
    page = context.new_page()
    watched = Watched(page)
    page.goto(f"{served.url}/alarms")
    watched.until("window.pantau?.counts.full > 0", timeout_s=30)
    assert watched.ask("window.pantau.map") is None
    page.locator("a[data-view=map]").click()
    watched.until("window.pantau.map?.loaded()", timeout_s=30)
    assert watched.ask("window.pantau.map.getBounds().contains([111.55, -7.66])")
    assert 11 < watched.ask("window.pantau.map.getZoom()") < 15
    # The one map moves into another place of the page with its view, as the wall needs it.
    before = watched.ask(VIEW)
    watched.ask("window.pantau.atlas.attach(document.querySelector('.alarm-column'))")
    assert watched.ask("document.getElementById('map').parentElement.className") == "alarm-column"
    assert watched.ask(VIEW) == before


@contextmanager
def refused() -> Iterator[int]:
    yield free_port()


@contextmanager
def hung() -> Iterator[int]:
    # Connections are accepted by the system and never answered, as behind a firewall that drops.
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield int(listening.getsockname()[1])


@pytest.mark.parametrize(
    ("key", "path"),
    [("tiles_url", "/{z}/{x}/{y}.png"), ("style_url", "/style.json")],
    ids=["picture tiles", "a style"],
)
@pytest.mark.parametrize("server", [refused, hung])
def test_a_base_map_server_that_fails_costs_only_the_base_map(
    context: BrowserContext,
    city: CityDatabase,
    state: Path,
    server: Callable[[], AbstractContextManager[int]],
    key: str,
    path: str,
) -> None:
    with server() as port:
        served = ServedDashboard(state, city_folder=CITY, tiles={key: f"http://127.0.0.1:{port}{path}"})
        with closing(served):
            served.start()
            watched = Watched(context.new_page())
            watched.open(served.url)
            watched.until("window.pantau.paintedState('gate') === 'high'", timeout_s=20)
            expect(watched.page.locator("#map-note")).to_contain_text("Ubin latar tidak datang")
            assert "Ubin" not in (watched.page.locator("#banner").text_content() or "")
            assert any(url.startswith(f"http://127.0.0.1:{port}/") for url in watched.requests)
            city.measure("road-1", "traffic", ago(), speed_km_h=3.0)
            raised = city.raise_alarm("road-1", ago(), rule=city_rules()["jam"], value=3.0)
            watched.until("window.pantau.paintedState('road-1') === 'low'")
            city.clear_alarm(raised, ago())
            watched.until("window.pantau.paintedState('road-1') === 'normal'")


STYLE = {
    "version": 8,
    "sources": {
        "land": {
            "type": "geojson",
            "data": {
                "type": "Polygon",
                "coordinates": [[[111.4, -7.7], [111.6, -7.7], [111.6, -7.5], [111.4, -7.5], [111.4, -7.7]]],
            },
        }
    },
    "layers": [{"id": "land", "type": "fill", "source": "land", "paint": {"fill-color": "#123456"}}],
}


class StyleServer(BaseHTTPRequestHandler):
    """Somebody's server of map styles on another port: another origin for the page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(json.dumps(STYLE).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_style_of_another_server_lies_beneath_the_citys_own_layers(
    context: BrowserContext, city: CityDatabase, state: Path
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), StyleServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        style = f"http://127.0.0.1:{server.server_port}/style.json"
        served = ServedDashboard(state, city_folder=CITY, tiles={"style_url": style})
        with closing(served):
            served.start()
            watched = Watched(context.new_page())
            watched.open(served.url)
            watched.until("window.pantau.map?.queryRenderedFeatures({layers: ['base-land']}).length > 0")
            watched.until("window.pantau.paintedState('gate') === 'high'")
            order = watched.ask("window.pantau.map.getStyle().layers.map((layer) => layer.id)")
            assert order.index("base-land") < min(
                order.index(name) for name in ("areas-line", "sites-circles")
            )
            expect(watched.page.locator("#map-note")).not_to_contain_text("Ubin")
            assert watched.complaints == []
        server.shutdown()
