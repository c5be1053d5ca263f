"""What a page keeps of what came and went: nothing. A wall stands open for weeks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, expect
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import CityDatabase, ago, city_rules

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
SITES = 100
expect.set_options(timeout=20_000)  # a machine that many share draws slowly
# A hundred alarms that come and go, `rounds` times, handed to the same entrance as the stream's own messages.
# Two changes of theme in each round draw every image anew while the map is still at work with the last ones.
STORM = """async (rounds) => {
  const { city } = window.pantau;
  const rest = (ms) => new Promise((resolve) => { window.setTimeout(resolve, ms); });
  const severities = ["low", "medium", "high", "critical"];
  const tell = (told) => city.apply("delta", { at: city.now(), health: city.health, incidents: [], ...told });
  const model = [...city.rows.values()][0];
  const names = [...city.sites.keys()].filter((id) => id.startsWith("s-"));
  for (let round = 0; round < rounds; round += 1) {
    const rows = names.map((site, at) => ({
      ...model, id: `siaga/${site}`, site, site_name: site, severity: severities[at % 4], value: 300 + round,
      raised_at: city.now(), state: "active_unacknowledged",
    }));
    tell({ rows, sites: rows.map((row) => ({ id: row.site, state: row.severity, value: row.value })) });
    await rest(260 + 20 * (round % 4));
    document.getElementById("theme").click();
    await rest(30);
    document.getElementById("theme").click();
    const gone = rows.map((row) => row.id);
    tell({ gone, sites: names.map((id) => ({ id, state: "normal", value: 100 })) });
    await rest(260 + 20 * (round % 3));
  }
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedDashboard]:
    with (
        closing(CityDatabase(tmp_path)) as city,
        closing(ServedDashboard(tmp_path, city_folder=CITY)) as served,
    ):
        city.add_site("gate", "flood", lat=-7.58, lon=111.50, name="Pintu Air")
        for at in range(SITES):
            city.add_site(f"s-{at}", "flood", lat=-7.60 - 0.006 * (at // 10), lon=111.48 + 0.008 * (at % 10))
        city.measure("gate", "flood", ago(), water_level_cm=321.0)
        city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
        served.start()
        yield served


@pytest.fixture
def watched(chromium: Browser, served: ServedDashboard) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    watched = Watched(context.new_page())
    watched.open(f"{served.url}/?lang=en")
    watched.until("window.pantau.city.rows.size === 1")
    yield watched
    context.close()


class Kept:
    """What a page holds after its garbage was collected."""

    def __init__(self, watched: Watched) -> None:
        self._page = watched.page
        self._tool: CDPSession = watched.page.context.new_cdp_session(watched.page)

    def settled(self, looks: int = 8) -> tuple[int, int]:
        """Return the fewest listeners and nodes of several looks: garbage is not all found at once."""
        counted = []
        for _ in range(looks):
            counted.append(self.now())
            self._page.wait_for_timeout(250)
        return min(listeners for listeners, _ in counted), min(nodes for _, nodes in counted)

    def now(self) -> tuple[int, int]:
        """Return listeners and nodes."""
        self._tool.send("HeapProfiler.collectGarbage")
        counted = self._tool.send("Memory.getDOMCounters")
        return counted["jsEventListeners"], counted["nodes"]


def comes_back_to(watched: Watched, kept: Kept, before: tuple[int, int]) -> bool:
    """Tell whether listeners become what they were, and elements less than one more for each alarm."""
    for _ in range(40):
        listeners, nodes = kept.now()
        if listeners <= before[0] and nodes < before[1] + SITES:
            return True
        watched.page.wait_for_timeout(250)
    return False


@pytest.mark.slow
def test_hundreds_of_alarms_that_came_and_went_leave_no_listener_and_no_element_behind(
    watched: Watched,
) -> None:
    kept = Kept(watched)
    watched.page.evaluate(STORM, 2)
    expect(watched.page.locator(".alarm")).to_have_count(1)
    before = kept.settled()
    watched.page.evaluate(STORM, 8)
    expect(watched.page.locator(".alarm")).to_have_count(1)
    assert comes_back_to(watched, kept, before), f"{before} became {kept.now()}"
    assert watched.complaints == []


@pytest.mark.slow
@pytest.mark.timeout(420)  # three restarts of a server and many pages, beside other tests
def test_panels_pages_themes_languages_and_lost_connections_leave_nothing_behind(
    watched: Watched, served: ServedDashboard
) -> None:
    kept = Kept(watched)
    for _ in range(2):
        go_round(watched, served)  # what is made only once is made now
    before = kept.settled()
    go_round(watched, served)
    assert comes_back_to(watched, kept, before), f"{before} became {kept.now()}"


def go_round(watched: Watched, served: ServedDashboard) -> None:
    """Open and close what can be opened, lose the server and find it, and end where it began."""
    page = watched.page
    for site in ("s-0", "s-1"):
        watched.ask(f"window.pantau.select('{site}')")
        expect(page.locator("#panel h2")).to_have_text(site.title())
    watched.ask("window.pantau.select(null)")
    expect(page.locator("#panel")).to_be_hidden()
    for view in ("alarms", "shift", "system", "wall", "map"):
        watched.ask(f"window.pantau.router.go('{view}')")
        expect(page.locator(f"#view-{view}")).to_be_visible()
        if view == "alarms":
            page.locator(".alarm-main").click()
            expect(page.locator("#alarm-details .history li").first).to_be_visible()
            page.keyboard.press("Escape")
    for button in ("#theme", "#language"):
        for _ in range(2):
            page.locator(button).click()
    heard = watched.ask("window.pantau.counts.full")
    served.stop()
    served.start()
    watched.until(f"window.pantau.counts.full > {heard}", timeout_s=30)


def test_a_tile_is_loaded_once_at_a_time_and_what_is_asked_for_meanwhile_once_afterwards(
    watched: Watched,
) -> None:
    told = watched.page.evaluate(
        """async () => {
          const { loadInTurns } = await import("/assets/live/tile_turns.js");
          const ends = [];
          const source = { loadTile: () => new Promise((resolve, reject) => ends.push({ resolve, reject })) };
          loadInTurns(source);
          const pause = () => new Promise((resolve) => { window.setTimeout(resolve, 0); });
          const [tile, other, gone] = [{ state: "loaded" }, {}, { aborted: true }];
          const told = [];
          const turns = [tile, tile, tile].map((one) => source.loadTile(one).catch(() => "failed"));
          source.loadTile(other);
          told.push(ends.length);                             // each tile once
          ends[0].reject(new Error("damaged"));
          await pause();
          told.push(ends.length, tile.state);                 // and once more, though the first one failed
          ends[2].resolve("fresh");
          told.push(...await Promise.all(turns));
          source.loadTile(gone);
          source.loadTile(gone);
          told.push(ends.length);                             // nobody waits for what was aborted
          return told;
        }"""
    )
    assert told == [2, 3, "reloading", "failed", "fresh", "fresh", 5]


def test_images_of_folded_sites_do_not_gather_and_those_in_use_are_drawn_again(watched: Watched) -> None:
    marks = "window.pantau.map.listImages().filter((id) => id.startsWith('cluster|')).length"
    is_folded = (
        "window.pantau.map.queryRenderedFeatures({layers: ['attention-shapes']})"
        ".some((mark) => mark.properties.cluster)"
    )
    watched.ask("window.pantau.map.jumpTo({center: [111.51, -7.62], zoom: 9})")
    watched.until(f"{is_folded} && {marks} > 0")
    watched.ask(
        "(() => { const image = {width: 1, height: 1, data: new Uint8Array(4)};"
        " for (let n = 0; n < 300; n += 1) window.pantau.map.addImage(`cluster|low|${n + 1000}`, image); })()"
    )
    watched.ask(
        "window.pantau.city.apply('delta', {at: window.pantau.city.now(), health: window.pantau.city.health,"
        " sites: [{id: 's-1', state: 'high'}]})"
    )
    watched.until(f"{marks} < 100")
    watched.until(f"{is_folded} && {marks} > 0")
