"""More pages of one browser than it has connections: what somebody looks at goes on, and acts arrive."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import CityDatabase, ago, city_rules

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
# A browser without a window shows all of its pages at once; a person sees one.
HIDE = """Object.defineProperty(document, "hidden", { get: () => Boolean(window.isAway) })"""
RESTING = "window.pantau.stream.isResting"


def left_page(context: BrowserContext, url: str, *, is_heard: bool = False) -> Watched:
    """Return a page that somebody opened and left; one that was clicked in may sound."""
    watched = Watched(context.new_page())
    watched.page.goto(f"{url}/shift?lang=en")
    watched.until("window.pantau?.counts.full > 0", timeout_s=60)
    if is_heard:
        watched.page.mouse.click(600, 400)
        watched.until("!window.pantau.horn.isLocked")
    watched.ask("window.isAway = true")
    return watched


def look_at(page: Page) -> None:
    page.evaluate("window.isAway = false; document.dispatchEvent(new Event('visibilitychange'))")


def test_a_seventh_page_acts_since_pages_that_nobody_sees_let_go_of_the_stream_and_find_back(
    tmp_path: Path,
) -> None:
    with (
        closing(CityDatabase(tmp_path)) as city,
        headless_chromium() as chromium,
        closing(ServedDashboard(tmp_path, city_folder=CITY)) as served,
    ):
        city.add_site("gate", "flood", name="Pintu Air")
        city.measure("gate", "flood", ago(), water_level_cm=321.0)
        city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
        city.ingest_lives(ago())
        served.start()
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(HIDE)
        caller = left_page(context, served.url, is_heard=True)
        others = [left_page(context, served.url) for _ in range(5)]
        for watched in others:
            watched.until(RESTING, timeout_s=60)
        assert not caller.ask(RESTING)

        seventh = Watched(context.new_page())
        seventh.page.goto(f"{served.url}/alarms?lang=en")
        row = seventh.page.locator('[data-key="siaga/gate"]')
        row.locator("[data-verb=acknowledge]").click(timeout=30_000)
        expect(seventh.page.locator(".notice")).to_contain_text("Acknowledged", timeout=30_000)

        caller.until("window.pantau.horn.calling.length === 0")  # it heard of it, unseen
        forgotten = others[0]
        assert forgotten.ask("window.pantau.horn.calling.length") == 1  # what it last knew
        look_at(forgotten.page)
        forgotten.until("window.pantau.horn.calling.length === 0", timeout_s=30)
        assert not forgotten.ask(RESTING)
        context.close()
