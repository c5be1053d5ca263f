"""Take the pictures of the docs: start the demo, wait for its storm, photograph every page.

Run it with `make screens`; it needs Chromium. Look at the pictures before you commit them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from PIL import Image  # noqa: E402 - the path above makes our own known
from playwright.sync_api import Page  # noqa: E402
from support.brokers import free_port  # noqa: E402
from support.browser import ServedDashboard, Watched, headless_chromium  # noqa: E402
from support.city_database import CityDatabase  # noqa: E402
from support.running import RunningPantau  # noqa: E402
from support.signing_in import add_person  # noqa: E402

_STORM_WITHIN_S = 300
_WORST = "mdn-flood-josenan-hulu"
_DESK, _TABLET, _PHONE, _WALL_4K = (1600, 900), (768, 1024), (390, 844), (3840, 2160)
_LANGUAGES, _THEMES = ("id", "en"), ("dark", "light")
_SETTLE_MS = 1500
_COLOURS = 256
_MAP_IS_DRAWN = "window.pantau.map?.queryRenderedFeatures({ layers: ['sites-circles'] }).length > 30"


def _nothing(_page: Page) -> None:
    """Take the page as it opens."""


def _open_panel(page: Page) -> None:
    page.evaluate(f"window.pantau.select('{_WORST}')")
    page.locator("#panel .main-svg").first.wait_for(timeout=60_000)


def _open_details(page: Page) -> None:
    incident = page.locator(".alarm-incident .alarm-main")
    if incident.count():
        incident.first.click()
    page.locator(".alarm-row[data-key]:not(.alarm-incident) .alarm-main").first.click()
    page.locator("#alarm-details h2").first.wait_for()


def _open_report(page: Page) -> None:
    page.locator("#shift-reports button, #shift-reports a").first.click()
    page.locator("dialog[open] h2").first.wait_for()


def _open_sheet(page: Page) -> None:
    """Show the newest handover sheet; before the first, write a note, hand over and take over."""
    sheets = page.locator("#shift-sheets .actions button")
    page.locator("#shift-kpis .fact").first.wait_for()
    if not sheets.count():
        page.locator("#note-text").fill("Pompa Sogaten dicek pukul 02.00, menyala.")
        page.locator("#note-button").click()
        page.locator("#shift-notes li").first.wait_for()
        page.locator("#handover-button").click()
        page.locator("#handover-waiting button").last.click()
        page.locator("#handover-waiting button").first.wait_for(state="detached")
    sheets.first.click()
    page.locator("dialog[open] .signature").first.wait_for()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of the docs: where, how large, and what is done before it is taken."""

    name: str
    path: str = "/"
    size: tuple[int, int] = _DESK
    prepare: Callable[[Page], None] = _nothing
    languages: tuple[str, ...] = _LANGUAGES
    themes: tuple[str, ...] = _THEMES


PICTURES = (
    Picture(name="map"),
    Picture(name="wall", path="/wall", size=(1920, 1080)),
    Picture(name="wall-4k", path="/wall", size=_WALL_4K, languages=("id",), themes=("dark",)),
    Picture(name="panel", prepare=_open_panel),
    Picture(name="alarms", path="/alarms"),
    Picture(name="alarm-details", path="/alarms", prepare=_open_details),
    Picture(name="shift", path="/shift"),
    Picture(name="situation-report", path="/shift", prepare=_open_report),
    Picture(name="handover", path="/shift", prepare=_open_sheet),
    Picture(name="system", path="/system"),
    Picture(name="map-tablet", size=_TABLET),
    Picture(name="alarms-tablet", path="/alarms", size=_TABLET),
    Picture(name="map-phone", size=_PHONE),
    Picture(name="alarms-phone", path="/alarms", size=_PHONE),
)


def main() -> None:
    """Write docs/screens/<name>-<language>[-light].png for every picture, and the login."""
    screens = ROOT / "docs" / "screens"
    screens.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ports = ("--port", str(free_port()), "--mqtt-port", str(free_port()))
        pantau = RunningPantau(Path(folder) / "state", "--demo", *ports)
        try:
            _photograph(pantau.ready_url(), screens)
        finally:
            pantau.stop()
        _photograph_login(Path(folder), screens)


def _photograph(url: str, screens: Path) -> None:
    with headless_chromium() as browser:
        page = browser.new_page(viewport={"width": _DESK[0], "height": _DESK[1]})
        watched = Watched(page)
        watched.open(url)
        watched.until(f"window.pantau.paintedState('{_WORST}') === 'critical'", timeout_s=_STORM_WITHIN_S)
        # Picture by picture, not look by look: the storm passes, and those that show it come first.
        for picture in PICTURES:
            for language, theme in product(picture.languages, picture.themes):
                asked = f"{url}{picture.path}?lang={language}&theme={theme}"
                file = screens / f"{picture.name}-{_suffix(language, theme)}.png"
                _take(watched, picture, asked, file)


def _suffix(language: str, theme: str) -> str:
    return language if theme == "dark" else f"{language}-light"


def _photograph_login(folder: Path, screens: Path) -> None:
    """Take the sign-in page, which the demo does not have."""
    city = CityDatabase(folder)
    add_person(city.database)
    city.close()
    city_folder = ROOT / "config" / "city" / "madiun"
    with closing(ServedDashboard(folder, city_folder=city_folder, token="-")) as served:
        served.start()
        with headless_chromium() as browser:
            for language, theme in product(_LANGUAGES, _THEMES):
                page = browser.new_page(viewport={"width": 800, "height": 600})
                page.goto(f"{served.url}/login?lang={language}&theme={theme}")
                file = screens / f"login-{_suffix(language, theme)}.png"
                page.screenshot(path=file)
                shrink(file)


def _take(watched: Watched, picture: Picture, url: str, file: Path) -> None:
    page = watched.page
    page.set_viewport_size({"width": picture.size[0], "height": picture.size[1]})
    page.goto("about:blank")
    page.goto(url)
    watched.until("window.pantau?.counts.full > 0", timeout_s=60)
    watched.ask("window.pantau.select(null)")
    if picture.path == "/":
        watched.until(_MAP_IS_DRAWN, timeout_s=60)
    picture.prepare(page)
    page.wait_for_timeout(_SETTLE_MS)
    page.screenshot(path=file)
    shrink(file)


def shrink(file: Path) -> None:
    """Keep a picture small by a palette of its own, in which no colour is lost, however small its place.

    The median cut would give the legend's one mark of a severity the colour of another severity.
    """
    with Image.open(file) as picture:
        few = picture.convert("RGB").quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE)
        few.save(file, optimize=True)


if __name__ == "__main__":
    main()
