"""What a person sees while parts of the house are away or slow: the truth, and nothing of theirs lost."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import CityDatabase, ago, city_rules

from benchmarks.city_load import Change, Speaking, seed
from benchmarks.processes import cost

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
SIAGA = city_rules()["siaga"]
VIEWS = ("map", "alarms", "shift", "system", "wall")
KEY_PARTS = (
    *(
        ".brand h1",
        "header .demo-mark",
        ".figures .figure",
        ".clock",
        ".navigation a",
        "#horn > *",
        "#account > *",
        "#theme",
    ),
    *("#language", "#menu"),
)
# Asked at once: on a large wall every question waits for the map's next picture.
KEY_BOXES = f"""{json.dumps(KEY_PARTS)}.flatMap((part) => {{
  return [...document.querySelectorAll(part)].map((found, at) => {{
    const box = found.getBoundingClientRect();
    return [`${{part}}[${{at}}]`, box.left, box.top, box.right, box.bottom];
  }});
}}).filter(([, left, top, right, bottom]) => right - left > 1 && bottom - top > 1)"""

# Words that do not fit into their place lie over what stands beside them.
OVERFLOWING = """[...document.querySelectorAll(".alarm > *, .alarm-row > *, .horn-count")]
  .filter((part) => part.clientWidth > 1 && part.scrollWidth > part.clientWidth + 1)
  .map((part) => `${part.className} overflows`)"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", lat=-7.627, lon=111.507, name="Pintu Air")
    city.add_site("road", "traffic", lat=-7.640, lon=111.530, name="Jalan Raya")
    for minutes in range(60, 0, -5):
        city.measure("gate", "flood", ago(minutes=minutes), water_level_cm=300.0 + minutes)
    city.measure("gate", "flood", ago(), water_level_cm=321.0)
    city.measure("road", "traffic", ago(), speed_km_h=40.0)
    city.raise_alarm("gate", ago(minutes=3), rule=SIAGA, value=321.0)
    city.ingest_lives(ago())
    yield city
    city.close()


def test_a_killed_server_costs_neither_selection_nor_view_nor_filter_nor_typed_words(
    chromium: Browser, city: CityDatabase, tmp_path: Path
) -> None:
    with closing(ServedDashboard(tmp_path, city_folder=CITY)) as served:
        served.start()
        watched = Watched(chromium.new_page(viewport={"width": 1280, "height": 800}))
        page = watched.page
        watched.open(f"{served.url}/?lang=en")
        page.locator('[data-kind-layer="traffic"]').click()
        watched.ask("window.pantau.map.jumpTo({center: [111.51, -7.62], zoom: 13.5})")
        watched.ask("window.pantau.select('gate')")
        watched.ask("window.pantau.router.go('alarms')")
        page.locator(".alarm-row:visible").first.click()
        page.keyboard.press("m")
        page.locator(".act-dialog textarea").fill("pintu dibuka, lurah dikabari")

        served.stop(with_signal=signal.SIGKILL)
        expect(page.locator("#banner")).to_contain_text("not the present", timeout=10_000)
        city.add_site("new", "flood", lat=-7.65, lon=111.55)
        served.start()
        watched.until("window.pantau.siteState('new') !== null", timeout_s=20)
        city.ingest_lives(ago())
        expect(page.locator("#banner")).to_be_hidden(timeout=10_000)

        expect(page.locator(".act-dialog textarea")).to_have_value("pintu dibuka, lurah dikabari")
        page.locator(".act-dialog .main-act").click()
        expect(page.locator(".alarm-row").first).to_contain_text("lurah dikabari")
        watched.ask("window.pantau.router.go('map')")
        assert watched.ask("window.pantau.selectedSite()") == "gate"
        assert watched.ask("window.pantau.map.getZoom()") == 13.5
        expect(page.locator('[data-kind-layer="traffic"]')).to_have_attribute("aria-pressed", "false")
        page.close()


def test_silent_books_are_told_and_a_store_that_blocks_the_panel_never_holds_up_the_stream(
    chromium: Browser, city: CityDatabase, tmp_path: Path
) -> None:
    with closing(ServedDashboard(tmp_path, city_folder=CITY, blocked_s=20.0)) as served:
        served.start()
        watched = Watched(chromium.new_page(viewport={"width": 1280, "height": 800}))
        watched.open(f"{served.url}/?lang=en")
        heard = watched.ask("window.pantau.counts.delta")
        watched.ask("window.pantau.select('gate')")
        city.measure("road", "traffic", ago(), speed_km_h=7.0)
        watched.until("window.pantau.city.sites.get('road').value === 7", timeout_s=15)
        watched.until(f"window.pantau.counts.delta >= {heard + 3}", timeout_s=15)
        assert watched.page.locator("#panel .js-plotly-plot .scatterlayer .js-line").count() == 0
        rename(city, "latest", "latest_away")
        expect(watched.page.locator("#banner")).to_contain_text("database", timeout=10_000)
        rename(city, "latest_away", "latest")
        city.ingest_lives(ago())
        expect(watched.page.locator("#banner")).to_be_hidden(timeout=10_000)
        watched.page.close()


def rename(city: CityDatabase, before: str, after: str) -> None:
    """Make the books unreadable, or readable again."""
    with city.database.transaction() as connection:
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


@pytest.mark.slow
def test_a_viewer_that_does_not_read_is_brought_up_by_one_full_message_and_costs_no_memory(
    tmp_path: Path,
) -> None:
    with (
        closing(seed(tmp_path, 10_000)) as database,
        closing(ServedDashboard(tmp_path, city_folder=CITY)) as served,
        socket.socket() as deaf,
    ):
        served.start()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", served.port))
        deaf.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        with Speaking(database, Change(share=1.0)):
            time.sleep(6)  # the server warms up, the buffers of the connection fill
            before = cost(served.pid).rss_mib
            time.sleep(
                22
            )  # more messages than the viewer's queue takes: nothing can be awaited, for it is deaf
            grown = cost(served.pid).rss_mib - before
        told = b""
        deaf.settimeout(10)
        while told.count(b"event: full") < 2:
            data = deaf.recv(1 << 20)
            assert data, "the stream ended"
            told += data
    assert grown < 40, f"the server grew by {grown:.0f} MiB"


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([(390, 844), (768, 1024), (900, 700), (1024, 768)], id="phone and tablets"),
        pytest.param([(1920, 1080)], id="desk"),
        pytest.param([(3840, 2160)], id="wall"),
    ],
)
def test_on_no_screen_does_a_page_scroll_sideways_overlap_or_ask_elsewhere(
    chromium: Browser, city: CityDatabase, tmp_path: Path, sizes: list[tuple[int, int]]
) -> None:
    width, height = sizes[0]
    with closing(ServedDashboard(tmp_path, city_folder=CITY)) as served:
        served.start()
        watched = Watched(chromium.new_page(viewport={"width": width, "height": height}))
        watched.open(f"{served.url}/?lang=id")
        wrong: list[str] = []
        for width, height in sizes:
            watched.page.set_viewport_size({"width": width, "height": height})
            for language in ("id", "en"):
                for view in VIEWS:
                    watched.ask(f"window.pantau.router.go('{view}')")
                    watched.page.wait_for_timeout(150)
                    wrong += [f"{view} {language} {width}: {what}" for what in misplaced(watched, width)]
                watched.ask("document.getElementById('language').click()")
        assert wrong == []
        assert [url for url in watched.requests if not url.startswith((served.url, "blob:", "data:"))] == []
        assert watched.complaints == []
        watched.page.close()


def misplaced(watched: Watched, width: int) -> Iterator[str]:
    """Yield what is off the screen, and which key parts lie over each other."""
    if watched.ask("document.documentElement.scrollWidth") > width:
        yield "scrolls sideways"
    yield from watched.ask(OVERFLOWING)
    boxes = [Box(*found) for found in watched.ask(KEY_BOXES)]
    yield from (f"{box.name} is off the screen" for box in boxes if box.right > width + 1)
    for one, other in combinations(boxes, 2):
        if overlap(one, other):
            yield f"{one.name} lies over {other.name}"


class Box(NamedTuple):
    name: str
    left: float
    top: float
    right: float
    bottom: float


def overlap(one: Box, other: Box) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across > 1 and down > 1
