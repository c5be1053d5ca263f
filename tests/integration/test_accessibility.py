"""Every page in both languages and both themes, held against WCAG 2.2 AA by axe.

The login is held so in test_people_in_browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import CityDatabase, ago, city_rules

from devices.site_notes_table import SiteNote, add_site_note, end_site_note

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
AXE = Axe()
WCAG_2_2_AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
VIEWS = ("map", "alarms", "shift", "system", "wall")
# Names hang on the language alone and contrast on the theme alone: two looks hold all four.
LOOKS = [("id", "light"), ("en", "dark")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CityDatabase, Path]]:
    folder = tmp_path_factory.mktemp("city")
    city = CityDatabase(folder)
    city.add_site("gate", "flood", lat=-7.627, lon=111.507, name="Pintu Air", simulated=True)
    city.add_site("road", "traffic", lat=-7.640, lon=111.530, name="Jalan Raya")
    city.add_site("mute", "air", lat=-7.615, lon=111.520, name="Stasiun Sunyi")
    for minutes in range(60, 0, -5):
        city.measure("gate", "flood", ago(minutes=minutes), water_level_cm=300.0 + minutes)
    city.measure("gate", "flood", ago(), water_level_cm=321.0)
    city.measure("road", "traffic", ago(), speed_km_h=4.0)
    city.ingest_lives(ago())
    siaga, jam = city_rules()["siaga"], city_rules()["jam"]
    city.raise_alarm("gate", ago(minutes=3), rule=siaga, value=321.0)
    city.raise_alarm("road", ago(minutes=1), rule=jam, value=4.0)
    city.raise_alarm("gate", ago(hours=3), rule=jam, value=310.0, retrospective=True)
    notes = [
        SiteNote(id=uuid4(), site_id="gate", at=ago(hours=hours), by="Siti", text="Pintu macet")
        for hours in (9, 1)
    ]
    with city.database.transaction() as connection:
        for note in notes:
            add_site_note(connection, note)
        end_site_note(connection, "gate", notes[0].id, by="Budi", at=ago(hours=2))
    yield city, folder
    city.close()


@pytest.fixture(scope="module")
def served(city: tuple[CityDatabase, Path]) -> Iterator[ServedDashboard]:
    served = ServedDashboard(city[1], city_folder=CITY)
    served.start()
    yield served
    served.close()


def violations(page: Page) -> list[str]:
    """Each violation as a line: the rule, the element that breaks it, and what would mend it."""
    found: list[dict[str, Any]] = AXE.run(page, options=WCAG_2_2_AA).response["violations"]
    return [
        f"{v['id']}: {node['target']} {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for v in found
        for node in v["nodes"]
    ]


@pytest.mark.parametrize(("language", "theme"), LOOKS, ids=["-".join(look) for look in LOOKS])
def test_no_page_keeps_anybody_out(
    chromium: Browser, served: ServedDashboard, language: str, theme: str
) -> None:
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    watched = Watched(page)
    watched.open(f"{served.url}/?lang={language}&theme={theme}")
    found: dict[str, list[str]] = {}
    for view in VIEWS:
        watched.ask(f"window.pantau.router.go('{view}')")
        expect(page.locator(f"#view-{view}")).to_be_visible()
        page.wait_for_timeout(300)
        found[view] = violations(page)
    watched.ask("window.pantau.router.go('map')")
    watched.ask("window.pantau.select('gate')")
    expect(page.locator("#panel .main-svg").first).to_be_visible(timeout=30_000)
    notes = page.locator(".site-notes")
    notes.locator(".panel-title > button").first.click()
    notes.locator("button[aria-expanded]").click()
    expect(notes.locator("li.ended")).to_be_visible()
    found["panel"] = violations(page)
    page.keyboard.press("Escape")
    watched.ask("window.pantau.router.go('alarms')")
    page.locator(".alarm-row:visible .alarm-main").first.click()
    expect(page.locator("#alarm-details")).to_be_visible()
    found["details"] = violations(page)
    page.locator("#view-alarms [data-verb=shelve]:visible").first.click()
    expect(page.locator(".act-dialog")).to_be_visible()
    found["shelve"] = violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator(".keys-dialog")).to_be_visible()
    found["help"] = violations(page)
    page.close()
    broken = [f"{place}: {line}" for place, lines in found.items() for line in lines]
    assert not broken, "\n".join(broken)
