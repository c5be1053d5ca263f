"""The page in a real browser, over a real server and real stores that the test fills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import CityDatabase, ago, city_rules

from storage.heartbeat_table import RULE_FILES, beat

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
BOX = {"width": 1280, "height": 800}
expect.set_options(timeout=20_000)  # a machine that many share draws slowly


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", lat=-7.627, lon=111.507, name="Pintu Air")
    city.add_site("road", "traffic", lat=-7.640, lon=111.530, name="Jalan Raya")
    city.add_site("mute", "air", lat=-7.615, lon=111.520, name="Stasiun Sunyi")
    for minutes in range(60, 0, -5):
        city.measure("gate", "flood", ago(minutes=minutes), water_level_cm=200.0 + minutes)
    city.measure("gate", "flood", ago(), water_level_cm=200.0)
    city.measure("road", "traffic", ago(), speed_km_h=40.0, flow_veh_h=800.0, occupancy_pct=12.0)
    city.ingest_lives(ago())
    yield city
    city.close()


@pytest.fixture
def served(city: CityDatabase, tmp_path: Path) -> Iterator[ServedDashboard]:
    served = ServedDashboard(tmp_path, city_folder=CITY)
    served.start()
    yield served
    served.close()


@pytest.fixture
def watched(chromium: Browser, served: ServedDashboard) -> Iterator[Watched]:
    context = chromium.new_context(viewport=BOX)
    watched = Watched(context.new_page())
    watched.open(served.url)
    yield watched
    context.close()


def state_of(site: str) -> str:
    return f"window.pantau.siteState('{site}')"


def painted(site: str, state: str) -> str:
    return f"window.pantau.paintedState('{site}') === '{state}'"


def test_sites_are_drawn_in_their_states_and_nothing_leaves_the_origin(
    watched: Watched, served: ServedDashboard
) -> None:
    watched.until(
        f"{painted('gate', 'normal')} && {painted('road', 'normal')} && {painted('mute', 'unknown')}"
    )
    watched.until(
        "window.pantau.map.queryRenderedFeatures({layers: ['sites-circles']}).length === 3"
        " && window.pantau.map.queryRenderedFeatures({layers: ['attention-shapes']}).length === 1"
    )
    expect(watched.page.locator("#count-unknown")).to_have_text("1")
    expect(watched.page.locator("header .demo-mark")).to_be_visible()
    expect(watched.page.locator("#clock-zone")).to_have_text("WIB")
    expect(watched.page.locator("#data-age")).to_have_text(re.compile("lalu|baru saja"))
    assert [url for url in watched.requests if not url.startswith((served.url, "blob:", "data:"))] == []
    assert watched.complaints == []


def test_an_alarm_arrives_in_the_list_and_on_the_map_and_leaves_again(
    watched: Watched, city: CityDatabase
) -> None:
    expect(watched.page.locator("#alarms-none")).to_contain_text("Tidak ada alarm aktif")
    city.measure("gate", "flood", ago(), water_level_cm=321.0)
    raised = city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
    row = watched.page.locator(".alarm")
    expect(row).to_contain_text("Pintu Air")
    expect(row).to_contain_text("321 cm")
    expect(row).to_contain_text("Periksa pintu air")
    watched.until(painted("gate", "high"))
    city.clear_alarm(raised, ago())
    expect(row).to_have_count(0)
    watched.until(painted("gate", "normal"))


def test_a_retrospective_alarm_is_listed_apart_and_paints_nothing(
    watched: Watched, city: CityDatabase
) -> None:
    city.raise_alarm("gate", ago(hours=3), rule=city_rules()["siaga"], value=310.0, retrospective=True)
    expect(watched.page.locator("#retrospective .alarm")).to_have_count(1)
    expect(watched.page.locator("#alarms .alarm")).to_have_count(0)
    assert watched.ask(state_of("gate")) == "normal"


def on_screen(watched: Watched, lon: float, lat: float) -> tuple[float, float]:
    """Where a place of the map stands in the window, in CSS pixels, once its sites are drawn."""
    watched.until("window.pantau.map.queryRenderedFeatures({layers: ['sites-circles']}).length >= 3")
    x, y = watched.ask(f"(({{x, y}}) => [x, y])(window.pantau.map.project([{lon}, {lat}]))")
    box = watched.page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + y


def test_the_panel_shows_the_chosen_site_and_takes_new_values_without_losing_the_zoom(
    watched: Watched, city: CityDatabase
) -> None:
    page = watched.page
    page.mouse.click(*on_screen(watched, 111.507, -7.627))
    expect(page.locator("#panel h2")).to_have_text("Pintu Air")
    expect(page.locator("#panel .main-svg").first).to_be_visible(timeout=30_000)
    expect(page.locator(".value-number")).to_have_text("200 cm")
    graph = "document.querySelector('#panel .js-plotly-plot')"
    watched.until(f"{graph}.data?.length > 0")
    series = f"{graph}.data.find((trace) => trace.name === 'gate-1').y"  # beside it stand the limits
    points = watched.ask(f"{series}.length")
    watched.ask(
        f"window.Plotly.relayout({graph}, {{'xaxis.range': ['2026-01-01 00:00', '2026-01-01 01:00']}})"
        ".then(() => true)"
    )
    notes = page.locator(".site-notes")
    notes.get_by_role("button", name="Tulis catatan").click()
    notes.get_by_role("textbox").fill("Pintu air <b>macet</b>")
    city.measure("gate", "flood", ago(), water_level_cm=234.0)
    watched.until(f"{series}.length === {points + 1}", timeout_s=20)
    expect(page.locator(".value-number")).to_have_text("234 cm")
    assert watched.ask(f"{graph}.layout.xaxis.range[1]").startswith("2026-01-01 01:00")
    expect(notes.get_by_role("textbox")).to_be_focused()
    the_note_is_kept_and_ended(notes)
    assert watched.complaints == []


IN_A_PHONES_FIRST_LINE = (".brand-name", ".demo-mark", "#rules-refused", "#clock-time")
# What the page does with a message, all in one turn: nothing of it waits for a timer or for the server.
NEWS = """({ site: id, value, secondsAgo }) => {
  const { city } = window.pantau;
  const at = city.now();
  const number = [...city.sites.keys()].indexOf(id);
  city.apply("delta", {
    at, health: city.health,
    values: { of: [number], value: [value], age_ms: [1000 * secondsAgo] },
    rows: [...city.rows.values()].filter((row) => row.site === id).map((row) => ({ ...row, value })),
  });
  const text = (place) => document.querySelector(place).textContent;
  return { card: text(".alarm-what strong"), panel: text(".value-number"), age: text(".value-age time") };
}"""


@pytest.mark.parametrize("span", ["24h", "30d"])
def test_the_panel_and_the_card_of_an_alarm_always_show_the_same_value(
    watched: Watched, city: CityDatabase, span: str
) -> None:
    city.measure("gate", "flood", ago(), water_level_cm=310.0)
    city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=310.0)
    page = watched.page
    page.locator(".alarm").click()
    expect(page.locator(".value-number")).to_have_text("310 cm", timeout=30_000)
    page.locator(f'[data-span="{span}"]').click()
    expect(page.locator(f'[data-span="{span}"]')).to_have_attribute("aria-pressed", "true", timeout=30_000)
    for number in range(3):
        news = {"site": "gate", "value": 1234.0 + number, "secondsAgo": 7}
        said = page.evaluate(NEWS, news)
        assert said == {"card": f"1.23{4 + number} cm", "panel": f"1.23{4 + number} cm", "age": "7 dtk lalu"}
    city.measure("gate", "flood", ago(), water_level_cm=322.0)
    expect(page.locator(".alarm-what strong")).to_have_text("322 cm")
    expect(page.locator(".value-number")).to_have_text("322 cm", timeout=1000)
    assert watched.complaints == []


def the_note_is_kept_and_ended(notes: Locator) -> None:
    """Save what was typed before the panel took its new values."""
    notes.get_by_role("button", name="Simpan").click()
    lines = notes.locator("li")
    expect(lines.locator("p")).to_have_text("Pintu air <b>macet</b>")
    expect(notes.get_by_role("button", name="Tulis catatan")).to_be_focused()
    notes.get_by_role("button", name="Tandai tidak berlaku").click()
    expect(lines).to_have_text("Tidak ada catatan yang berlaku.")
    expect(notes.get_by_role("button", name="Semua catatan (1)")).to_be_focused()
    notes.get_by_role("button", name="Semua catatan (1)").click()
    expect(lines).to_contain_text("Tidak berlaku lagi menurut Demo")


def test_the_alarm_list_is_worked_by_keyboard_alone(watched: Watched, city: CityDatabase) -> None:
    page = watched.page
    city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
    row = page.locator(".alarm")
    expect(row).to_be_visible()
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text("Pintu Air")
    city.raise_alarm("road", ago(), rule=city_rules()["jam"], value=4.0)
    expect(page.locator(".alarm")).to_have_count(2)
    assert watched.ask("document.activeElement.dataset.site") == "gate"
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()


def test_a_site_chosen_by_a_click_is_moved_from_under_its_panel_and_no_further(
    watched: Watched, city: CityDatabase
) -> None:
    page = watched.page
    city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
    watched.ask("window.pantau.map.jumpTo({center: [111.507, -7.622], zoom: 14})")
    below = "(window.pantau.map.project([111.507, -7.627]).y - document.getElementById('map').clientHeight)"
    watched.ask(f"window.pantau.map.panBy([0, {below} + 60], {{duration: 0}})")
    before = watched.ask("window.pantau.map.getCenter().lng"), watched.ask("window.pantau.map.getZoom()")
    page.locator(".alarm").click()
    expect(page.locator("#panel")).to_be_visible()
    watched.until("!window.pantau.map.isMoving()")
    room = watched.ask(
        "document.getElementById('panel').getBoundingClientRect().top"
        " - document.getElementById('map').getBoundingClientRect().top"
        " - window.pantau.map.project([111.507, -7.627]).y"
    )
    assert room == pytest.approx(40, abs=2)
    after = watched.ask("window.pantau.map.getCenter().lng"), watched.ask("window.pantau.map.getZoom()")
    assert after == pytest.approx(before, abs=1e-6)


def test_the_chart_spans_six_hours_too(watched: Watched) -> None:
    watched.ask("window.pantau.select('gate')")
    watched.page.locator('[data-span="6h"]').click(timeout=30_000)
    expect(watched.page.locator("#panel h3").first).to_contain_text("6 jam terakhir", timeout=30_000)


def test_zoomed_view_and_selection_survive_five_hundred_updates_and_some_of_the_real_stream(
    watched: Watched, city: CityDatabase
) -> None:
    watched.ask("window.pantau.map.jumpTo({center: [111.5201, -7.6302], zoom: 14.3})")
    watched.ask("window.pantau.select('road')")
    expect(watched.page.locator("#panel h2")).to_have_text("Jalan Raya")
    view = "(m => [m.getCenter().lng, m.getCenter().lat, m.getZoom()])(window.pantau.map)"
    before = watched.ask(view)
    seen = watched.ask("window.pantau.counts.delta")
    # Handed to the same entrance as the stream's own messages: real ones would last more than eight minutes.
    watched.ask(
        "(() => { for (let n = 0; n < 500; n += 1) window.pantau.city.apply('delta', {"
        " at: window.pantau.city.now(), health: window.pantau.city.health,"
        " sites: [{id: 'gate', state: n % 2 ? 'high' : 'normal', value: n},"
        " {id: 'road', state: n % 3 ? 'low' : 'unknown', value: n}]}); })()"
    )
    assert watched.ask(view) == before
    for speed in (31.0, 32.0, 33.0, 34.0, 35.0):
        city.measure("road", "traffic", ago(), speed_km_h=speed)
        watched.until(f"window.pantau.city.sites.get('road').value === {speed}")
    city.add_site("new", "rain", lat=-7.70, lon=111.60)  # a changed registry sends everything anew
    watched.until(f"{state_of('new')} === 'unknown'")
    assert watched.ask("window.pantau.counts.delta") >= seen + 500
    assert watched.ask(view) == before
    assert watched.ask("window.pantau.selectedSite()") == "road"


def test_a_sensor_that_falls_silent_becomes_unknown_though_no_message_comes(
    watched: Watched, city: CityDatabase
) -> None:
    # Traffic is overdue after three minutes: this value has some seconds to live.
    city.measure("road", "traffic", ago(seconds=174), speed_km_h=30.0)
    assert watched.ask(state_of("road")) == "normal"  # the newer value of the fixture still stands
    city.add_site("dying", "traffic", lat=-7.65, lon=111.51)
    city.measure("dying", "traffic", ago(seconds=174), speed_km_h=30.0)
    watched.until(painted("dying", "normal"))
    watched.until(painted("dying", "unknown"))


def test_a_dead_server_is_told_within_ten_seconds_and_recovery_needs_no_reload(
    watched: Watched, served: ServedDashboard, city: CityDatabase
) -> None:
    page = watched.page
    watched.ask("window.pantau.map.jumpTo({center: [111.5, -7.6], zoom: 13})")
    watched.ask("window.stillTheSamePage = true")
    assert served.stop() == 0
    expect(page.locator("#banner")).to_contain_text("bukan keadaan sekarang", timeout=10_000)
    assert watched.ask("document.body.classList.contains('is-frozen')")
    city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
    served.start()
    expect(page.locator(".alarm")).to_contain_text("Pintu Air", timeout=20_000)
    city.ingest_lives(ago())
    expect(page.locator("#banner")).to_be_hidden(timeout=10_000)
    assert watched.ask("window.stillTheSamePage")
    assert watched.ask("window.pantau.map.getZoom()") == 13


def test_the_banner_says_when_ingest_is_silent(watched: Watched, city: CityDatabase) -> None:
    city.ingest_lives(ago(seconds=30))
    expect(watched.page.locator("#banner")).to_contain_text("Penerima data sensor tidak merespons")
    city.ingest_lives(ago(), trouble="broker refused")
    expect(watched.page.locator("#banner")).to_contain_text("broker refused")


def test_a_refused_rule_file_is_told_apart_from_the_data_and_leads_to_where_its_faults_stand(
    watched: Watched, city: CityDatabase
) -> None:
    page, notice = watched.page, watched.page.locator("#rules-refused")
    city.ingest_lives(ago())
    with city.database.transaction() as connection:
        beat(connection, RULE_FILES, ago(), trouble="flood.yaml")
    expect(notice).to_have_text("Berkas aturan ditolak: flood.yaml")
    expect(page.locator("#banner")).to_be_hidden()
    notice.click()
    expect(page.locator("#view-system")).to_be_visible()
    with city.database.transaction() as connection:
        beat(connection, RULE_FILES, ago())
    expect(notice).to_be_hidden()


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_tells_a_refused_rule_file_in_one_word_that_hides_and_moves_nothing(
    chromium: Browser, served: ServedDashboard, city: CityDatabase, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 844})
    watched = Watched(context.new_page())
    watched.open(served.url)
    page, notice = watched.page, watched.page.locator("#rules-refused")
    below = page.locator(".strip").bounding_box()
    with city.database.transaction() as connection:
        beat(connection, RULE_FILES, ago(), trouble="flood.yaml")
    expect(notice).to_be_visible()
    expect(notice).to_have_accessible_name("Berkas aturan ditolak: flood.yaml")
    assert watched.ask("getComputedStyle(document.getElementById('rules-refused'), '::before').content") == (
        '"Aturan!"'
    )
    assert page.locator(".strip").bounding_box() == below
    assert watched.ask("document.documentElement.scrollWidth") <= width
    boxes = [page.locator(f".bar {place}").bounding_box() for place in IN_A_PHONES_FIRST_LINE]
    ends = [edge for box in boxes if box for edge in (box["x"], box["x"] + box["width"])]
    assert ends == sorted(ends)
    notice.click()
    expect(page.locator("#view-system")).to_be_visible()
    context.close()


def test_a_banner_that_comes_and_goes_moves_nothing_that_somebody_may_be_pointing_at(
    watched: Watched, city: CityDatabase
) -> None:
    page = watched.page
    city.ingest_lives(ago(minutes=-30))
    city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
    expect(page.locator(".alarm")).to_be_visible()
    expect(page.locator("#banner")).to_be_hidden()

    def aims() -> object:
        return on_screen(watched, 111.507, -7.627), page.locator(".alarm").bounding_box()

    before = aims()
    city.ingest_lives(ago(minutes=2), trouble="broker refused")
    expect(page.locator("#banner")).to_contain_text("Penerima data sensor tidak merespons")
    assert aims() == before
    expect(page.locator("#clock-time")).to_be_visible()
    city.ingest_lives(ago())
    expect(page.locator("#banner")).to_be_hidden()
    assert aims() == before


def test_the_language_changes_without_moving_the_map_or_closing_the_panel(
    watched: Watched, city: CityDatabase
) -> None:
    page = watched.page
    city.raise_alarm("gate", ago(), rule=city_rules()["siaga"], value=321.0)
    expect(page.locator(".alarm")).to_contain_text("Muka air tinggi")
    watched.ask("window.pantau.select('gate')")
    expect(page.locator("#panel h3").first).to_contain_text("24 jam terakhir")
    watched.ask("window.pantau.map.jumpTo({center: [111.5, -7.6], zoom: 13})")
    page.locator("#language").click()
    expect(page.locator(".alarm")).to_contain_text("High water")
    expect(page.locator("#panel h3").first).to_contain_text("Last 24 hours")
    expect(page.locator(".legend")).to_contain_text("Unknown")
    assert watched.ask("document.documentElement.lang") == "en"
    assert watched.ask("window.pantau.map.getZoom()") == 13
    page.reload()
    watched.until("window.pantau?.map")
    expect(page.locator(".legend")).to_contain_text("Unknown")


def test_a_tablet_says_that_its_sound_waits_for_a_click_before_the_first_alarm_calls(
    chromium: Browser, served: ServedDashboard
) -> None:
    context = chromium.new_context(viewport={"width": 768, "height": 1024})
    watched = Watched(context.new_page())
    watched.open(f"{served.url}/?lang=en")
    expect(watched.page.locator(".horn-locked")).to_have_text("Click for sound")
    expect(watched.page.locator(".horn-locked")).to_be_visible()
    expect(watched.page.locator("#theme")).to_be_hidden()
    watched.page.locator("#menu").click()
    expect(watched.page.locator("#theme")).to_be_visible()
    context.close()
