"""Take the pictures of the docs: start the demo, wait for its storm, photograph the page in both languages.

Run it with `make screens`; it needs Chromium. Look at the pictures before you commit them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.brokers import free_port  # noqa: E402 - the path above makes it known
from support.browser import Watched, headless_chromium  # noqa: E402
from support.running import RunningPantau  # noqa: E402

_STORM_WITHIN_S = 300
_SIZES = {"": (1600, 900), "-phone": (390, 844)}


def main() -> None:
    """Write docs/screens/map-<language>[-phone].png and panel-<language>.png."""
    screens = ROOT / "docs" / "screens"
    screens.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ports = ("--port", str(free_port()), "--mqtt-port", str(free_port()))
        pantau = RunningPantau(Path(folder) / "state", "--demo", *ports)
        try:
            _photograph(pantau.ready_url(), screens)
        finally:
            pantau.stop()


def _photograph(url: str, screens: Path) -> None:
    with headless_chromium() as browser:
        page = browser.new_page()
        watched = Watched(page)
        worst = "mdn-flood-josenan-hulu"
        watched.open(url)
        watched.until(f"window.pantau.paintedState('{worst}') === 'critical'", timeout_s=_STORM_WITHIN_S)
        for language in ("id", "en"):
            for name, (width, height) in _SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                watched.open(f"{url}/?lang={language}")
                page.wait_for_timeout(3000)
                page.screenshot(path=screens / f"map-{language}{name}.png")
            page.set_viewport_size({"width": 1600, "height": 900})
            watched.open(f"{url}/?lang={language}")
            watched.ask(f"window.pantau.select('{worst}')")
            page.wait_for_timeout(4000)
            page.screenshot(path=screens / f"panel-{language}.png")


if __name__ == "__main__":
    main()
