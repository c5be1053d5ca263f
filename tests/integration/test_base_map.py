"""A base map out of one local PMTiles file, drawn by a real browser beneath the sensors."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import CityDatabase, ago, city_rules
from support.vector_tiles import pack_of_city

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
PLACE = {"lat": -7.627, "lon": 111.507}
expect.set_options(timeout=20_000)  # a machine that many share draws slowly
DRAWN = "window.pantau.map.queryRenderedFeatures({{layers: ['{0}']}}).length"
COLOURS = (
    ("tiles-line-roads", "line-color", "--map-road"),
    ("tiles-area-water", "fill-color", "--map-water"),
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the city's own layers beside its pack of tiles."""
    folder = tmp_path / "madiun"
    shutil.copytree(CITY, folder)
    pack_of_city(folder / "madiun.pmtiles", **PLACE)
    return folder


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", **PLACE, name="Pintu Air")
    city.add_site("road", "traffic", lat=-7.640, lon=111.530, name="Jalan Raya")
    city.measure("gate", "flood", ago(), water_level_cm=200.0)
    city.measure("road", "traffic", ago(), speed_km_h=40.0)
    city.ingest_lives(ago())
    yield city
    city.close()


@contextmanager
def page_over(chromium: Browser, state: Path, folder: Path) -> Iterator[Watched]:
    served = ServedDashboard(state, city_folder=folder, tiles={"pmtiles": "madiun.pmtiles"})
    served.start()
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    try:
        watched = Watched(context.new_page())
        watched.open(f"{served.url}/?theme=dark&lang=en")
        yield watched
        assert [url for url in watched.requests if not url.startswith((served.url, "blob:", "data:"))] == []
    finally:
        context.close()
        served.close()


def test_roads_and_water_of_a_local_file_are_drawn_under_the_sensors_in_both_themes(
    chromium: Browser, city: CityDatabase, tmp_path: Path, folder: Path
) -> None:
    with page_over(chromium, tmp_path, folder) as watched:
        for theme in ("dark", "light"):
            watched.until(f"document.documentElement.dataset.theme === '{theme}'")
            watched.until(f"{DRAWN.format('tiles-line-roads')} > 0 && {DRAWN.format('tiles-area-water')} > 0")
            watched.until(f"{DRAWN.format('sites-circles')} === 2")
            for layer, paint, token in COLOURS:
                colour = f"getComputedStyle(document.documentElement).getPropertyValue('{token}').trim()"
                watched.until(f"window.pantau.map.getPaintProperty('{layer}', '{paint}') === {colour}")
            watched.page.locator("#theme").click()
        order = watched.ask("window.pantau.map.getStyle().layers.map((layer) => layer.id)")
        base = [place for place, name in enumerate(order) if name.startswith("tiles-")]
        assert base
        assert max(base) < min(
            order.index(name) for name in ("sites-circles", "attention-shapes", "areas-line")
        )
        assert any("/map/tiles/10/" in url for url in watched.requests)
        expect(watched.page.locator("#map-note")).not_to_contain_text("tiles")
        assert watched.complaints == []


@pytest.mark.parametrize("kept", [0, 64, 0.5], ids=["empty", "head", "half"])
def test_a_damaged_file_costs_only_the_base_map(
    chromium: Browser, city: CityDatabase, tmp_path: Path, folder: Path, kept: float
) -> None:
    pack = folder / "madiun.pmtiles"
    whole = pack.read_bytes()
    pack.write_bytes(whole[: kept if isinstance(kept, int) else int(len(whole) * kept)])
    with page_over(chromium, tmp_path, folder) as watched:
        watched.until(f"{DRAWN.format('sites-circles')} === 2")
        if kept == 0.5:
            expect(watched.page.locator("#map-note")).to_contain_text(
                "tiles", ignore_case=True, timeout=20_000
            )
        else:
            assert watched.ask("window.pantau.map.getSource('tiles') === undefined")
        assert "tiles" not in (watched.page.locator("#banner").text_content() or "")
        city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
        watched.until("window.pantau.paintedState('gate') === 'high'")
        expect(watched.page.locator(".alarm")).to_contain_text("Pintu Air")
