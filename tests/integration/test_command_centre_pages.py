"""Shift board, wall and system page in a real browser, over real stores that the test fills."""

from __future__ import annotations

import io
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import LONG_AGO, CityDatabase, ago, city_rules

from alerts.journal.alarms import AlarmEvent, EventType
from devices.registry import Device, Registration, Site
from devices.registry_table import register
from storage.dead_letters_table import DeadLetter, record_dead_letters

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
SIAGA, JAM = city_rules()["siaga"], city_rules()["jam"]
WALL, SMALL = {"width": 1920, "height": 1080}, {"width": 800, "height": 600}
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
READY = "window.pantau?.counts.full > 0"

# Between which cards of one column there is more or less than one gap.
HOLES = """(page) => {
  const columns = new Map();
  for (const card of document.querySelectorAll(`${page} .card`)) {
    const { left, top, bottom } = card.getBoundingClientRect();
    const name = card.querySelector("h3").textContent;
    columns.set(left, [...(columns.get(left) ?? []), { top, bottom, name }]);
  }
  const gap = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return [...columns.values()].flatMap((cards) => {
    const sorted = cards.sort((one, other) => one.top - other.top);
    return sorted.slice(1).filter((card, place) => Math.abs(card.top - sorted[place].bottom - gap) > 1);
  });
}"""
# Nothing of the wall's alarms lies outside their room, and no line ends in three dots.
IS_WHOLE = """(() => {
  const list = document.querySelector("#wall-alarms");
  const isCut = (line) => line.scrollWidth > line.clientWidth;
  return list.scrollHeight <= list.clientHeight && ![...list.querySelectorAll("p")].some(isCut);
})()"""
# Whether all would fit in the next larger type too. Which types are passed over hangs on room and font.
FITS_LARGER = """(() => {
  const list = document.querySelector("#wall-alarms");
  const step = Number(list.dataset.step);
  if (step === 4 || list.querySelector(".wall-more")) return false;
  list.dataset.step = String(step + 1);
  const isFit = list.scrollHeight <= list.clientHeight;
  list.dataset.step = String(step);
  return isFit;
})()"""
# How many columns of cards there are.
COLUMNS = """(page) => new Set(
  [...document.querySelectorAll(`${page} .card`)].map((card) => card.getBoundingClientRect().left)
).size"""


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
    city.measure("gate", "flood", ago(), water_level_cm=310.0)
    city.measure("road", "traffic", ago(), speed_km_h=40.0)
    raised = city.raise_alarm("gate", ago(minutes=30), rule=SIAGA, value=310.0)
    city.tell(
        AlarmEvent(
            alarm_id=raised.alarm_id,
            rule_id=raised.rule_id,
            site_id=raised.site_id,
            type=EventType.CLAIMED,
            observed_at=ago(minutes=20),
            recorded_at=ago(minutes=20),
            severity=raised.severity,
            by="Siti",
        )
    )
    city.ingest_lives(ago())
    yield city
    city.close()


@pytest.fixture
def served(city: CityDatabase, tmp_path: Path) -> Iterator[ServedDashboard]:
    served = ServedDashboard(tmp_path, city_folder=CITY)
    served.start()
    yield served
    served.close()


@contextmanager
def opened(chromium: Browser, url: str, **context: object) -> Iterator[Watched]:
    made = chromium.new_context(viewport=context.pop("viewport", WALL), **context)
    watched = Watched(made.new_page())
    watched.page.goto(url)
    watched.until(READY, timeout_s=60)
    yield watched
    made.close()


def test_a_shift_is_worked_noted_and_handed_over_on_its_board(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    with opened(chromium, f"{served.url}/shift?lang=en") as watched:
        page = watched.page
        expect(page.locator("#shift-dead")).to_contain_text("Stasiun Sunyi")
        expect(page.locator("#shift-load .load-bar")).to_have_count(48)
        page.get_by_role("button", name="Sign on").click()
        expect(page.locator("#shift-duty")).to_contain_text("Demo")
        page.locator("#note-text").fill("Pompa 2 menyala\n<img src=x onerror=alert(1)>")
        page.get_by_role("button", name="Keep note").click()
        expect(page.locator("#shift-notes li")).to_contain_text("<img src=x")
        expect(page.locator("#note-text")).to_have_value("")
        page.get_by_role("button", name="Hand over").click()
        page.get_by_role("button", name="Take over and sign").click()
        expect(page.locator("#handover-said")).to_contain_text("complete")
        expect(page.locator("#shift-notes li")).to_have_count(0)
        page.reload()
        page.get_by_role("button", name="Read", exact=False).first.wait_for()
        page.locator("#shift-sheets").get_by_role("button").click()
        sheet = page.get_by_role("dialog")
        expect(sheet).to_contain_text("Pompa 2 menyala")
        expect(sheet).to_contain_text("Siti")
        expect(sheet).to_contain_text("SIMULATION")
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        answer = page.request.get(
            f"{served.url}{page.locator('#shift-sheets a').first.get_attribute('href')}"
        )
        text = PdfReader(io.BytesIO(answer.body())).pages[0].extract_text()
        assert "Handover sheet 1" in text
        assert "Pintu Air" in text
        assert watched.complaints == []


def test_a_small_desk_shows_all_that_a_shift_does_without_scrolling(
    chromium: Browser, served: ServedDashboard
) -> None:
    with opened(chromium, f"{served.url}/shift?lang=en", viewport=DESK) as watched:
        page = watched.page
        page.get_by_role("button", name="Sign on").click()
        page.get_by_role("button", name="Hand over").click()
        for name in ("Sign off", "Keep note", "Hand over", "Take over and sign"):
            expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
        expect(page.locator("#note-text")).to_be_in_viewport(ratio=1)
        expect(page.locator("#shift-load")).to_be_in_viewport(ratio=1)
        load = page.locator("#shift-load").bounding_box()
        duty = page.locator("#shift-duty").bounding_box()
        assert load is not None
        assert duty is not None
        assert load["x"] < duty["x"]


@pytest.mark.parametrize(("width", "columns"), [(1920, 4), (1366, 3), (1000, 2), (390, 1)])
def test_the_cards_of_the_shift_board_leave_no_holes_whatever_they_hold(
    chromium: Browser, served: ServedDashboard, width: int, columns: int
) -> None:
    viewport = {"width": width, "height": 900}
    with opened(chromium, f"{served.url}/shift?lang=en", viewport=viewport) as watched:
        expect(watched.page.locator("#shift-dead")).to_contain_text("Stasiun Sunyi")
        assert watched.page.evaluate(COLUMNS, ".shift-columns") == columns
        assert watched.page.evaluate(HOLES, ".shift-columns") == []
        for card in ("#shift-dead", "#shift-worst", "#shift-reports"):
            watched.page.locator(card).evaluate("card => { card.style.height = '60rem'; }")
            assert watched.page.evaluate(HOLES, ".shift-columns") == []


def test_the_note_that_is_being_typed_stays_where_it_is_when_others_write_theirs(
    chromium: Browser, served: ServedDashboard
) -> None:
    with opened(chromium, f"{served.url}/shift?lang=en", viewport=DESK) as watched:
        field, button = (
            watched.page.locator("#note-text"),
            watched.page.get_by_role("button", name="Keep note"),
        )
        field.fill("half a")
        before = field.bounding_box(), button.bounding_box()
        with opened(chromium, f"{served.url}/shift?lang=en") as other:
            for note in ("first", "second"):
                other.page.locator("#note-text").fill(note)
                other.page.get_by_role("button", name="Keep note").click()
                expect(other.page.locator("#shift-notes li").first).to_contain_text(note)
        expect(watched.page.locator("#shift-notes li")).to_have_count(2, timeout=15_000)
        expect(watched.page.locator("#shift-notes li").first).to_contain_text("second")
        assert (field.bounding_box(), button.bounding_box()) == before
        expect(field).to_have_value("half a")


def test_on_a_phone_the_tab_key_goes_down_the_shift_board_and_what_people_do_comes_before_the_figures(
    chromium: Browser, served: ServedDashboard
) -> None:
    with opened(chromium, f"{served.url}/shift?lang=en", viewport=PHONE) as watched:
        expect(watched.page.locator("#shift-reports button").first).to_be_visible()
        middles = watched.ask(
            "[...document.querySelectorAll('.shift-columns :is(button, a, textarea)')]"
            ".filter((e) => e.checkVisibility()).map((e) => e.getBoundingClientRect())"
            ".map((box) => Math.round(box.top + box.height / 2))"
        )
        assert len(middles) > 4
        assert middles == sorted(middles)
        top_of = "document.querySelector('{}').getBoundingClientRect().top"
        assert watched.ask(f"{top_of.format('#shift-kpis')} > {top_of.format('#shift-reports')}")


def test_a_wall_shows_the_worst_with_who_has_it_turns_by_itself_and_finds_back_after_the_server_was_away(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    with opened(chromium, f"{served.url}/wall?views=alarms,map,shift&every=5s") as watched:
        page = watched.page
        row = page.locator(".wall-alarm")
        expect(row).to_contain_text("Pintu Air")
        expect(row).to_contain_text("Periksa pintu air")
        expect(row).to_contain_text("ditangani Siti")
        expect(page.locator(".bar")).to_be_hidden()
        expect(page.locator(".strip")).to_be_hidden()
        assert watched.ask("getComputedStyle(document.querySelector('.wall')).cursor") == "none"
        assert watched.ask("document.querySelectorAll('#view-wall :is(button, a, input)').length") == 0
        expect(page.locator("#wall-map #map canvas").first).to_be_visible(timeout=40_000)
        expect(page.locator("#wall-shift")).to_be_visible(timeout=60_000)
        expect(page.locator("#wall-shift")).to_contain_text("titik tidak diketahui")
        city.raise_alarm("road", ago(), rule=JAM, value=4.0)
        served.stop(with_signal=signal.SIGKILL)
        expect(page.locator("#banner")).to_contain_text("bukan keadaan sekarang", timeout=10_000)
        expect(page.locator("#banner")).to_contain_text("Data terbaru di layar")
        page.evaluate("window.wasNotReloaded = true")
        served.start()
        expect(page.locator("#banner")).not_to_contain_text("Halaman tidak menerima", timeout=30_000)
        expect(row).to_have_count(2, timeout=20_000)
        assert watched.ask("window.wasNotReloaded") is True


def test_a_wall_counts_the_alarms_that_do_not_fit_instead_of_cutting_them_off(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    for number in range(20):
        city.add_site(f"post{number}", "flood", name=f"Pos {number}")
        city.raise_alarm(f"post{number}", ago(minutes=number), rule=SIAGA, value=310.0)
    with opened(chromium, f"{served.url}/wall", viewport={"width": 1280, "height": 600}) as watched:
        expect(watched.page.locator(".wall-more")).to_be_visible()
        shown = watched.page.locator(".wall-alarm").count()
        expect(watched.page.locator(".wall-more")).to_contain_text(f"{21 - shown} alarm lagi")
        assert watched.ask("(e => e.scrollHeight <= e.clientHeight)(document.querySelector('#wall-alarms'))")


@pytest.mark.parametrize("viewport", [WALL, {"width": 3840, "height": 2160}], ids=["1080p", "4k"])
def test_a_wall_tells_alarms_in_the_largest_of_four_types_in_which_all_fit(
    chromium: Browser, served: ServedDashboard, city: CityDatabase, viewport: dict[str, int]
) -> None:
    city.ingest_lives(ago(minutes=2))  # the banner takes room: from the beginning, not in the midst
    with opened(chromium, f"{served.url}/wall", viewport=viewport) as watched:
        expect(watched.page.locator(".wall-alarm")).to_have_count(1)
        expect(watched.page.locator("#banner")).to_contain_text("tidak merespons")
        steps, heights = [], []
        for number in range(9):
            steps.append(watched.page.locator("#wall-alarms").get_attribute("data-step"))
            assert not watched.ask(FITS_LARGER), f"with {number + 1} alarms in type {steps[-1]}"
            heights.append(
                watched.ask("parseFloat(getComputedStyle(document.querySelector('.wall-what')).fontSize)")
            )
            assert watched.ask(IS_WHOLE), f"with {number + 1} alarms"
            city.add_site(f"post{number}", "flood", name=f"Pos Nambangan Kidul {number}")
            city.raise_alarm(f"post{number}", ago(), rule=SIAGA, value=310.0)
            expect(watched.page.locator("#wall-alarm-count")).to_have_text(str(number + 2))
        assert sorted(steps, reverse=True) == steps
        assert (steps[0], steps[-1]) == ("4", "1")
        assert heights[0] > 1.9 * heights[-1]
        expect(watched.page.locator(".wall-more")).to_be_visible()


def test_the_same_alarms_keep_their_type_on_a_wall_and_shrink_only_when_they_would_be_cut_off(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    city.add_site("post0", "flood", name="Pos 0")
    city.raise_alarm("post0", ago(), rule=SIAGA, value=310.0)
    with opened(chromium, f"{served.url}/wall?theme=dark") as watched:
        listed = watched.page.locator("#wall-alarms")
        expect(watched.page.locator(".wall-alarm")).to_have_count(2)
        expect(listed).to_have_attribute("data-step", "4")
        watched.page.locator(".wall").evaluate("wall => { wall.style.height = '26rem'; }")
        expect(listed).not_to_have_attribute("data-step", "4")
        small = listed.get_attribute("data-step")
        watched.page.locator(".wall").evaluate("wall => { wall.style.height = ''; }")
        city.measure("post0", "flood", ago(), water_level_cm=333.0)
        expect(watched.page.locator(".wall-alarm", has_text="333")).to_be_visible()
        expect(listed).to_have_attribute("data-step", str(small))
        city.add_site("post1", "flood", name="Pos 1")
        city.raise_alarm("post1", ago(), rule=SIAGA, value=310.0)
        expect(watched.page.locator(".wall-alarm")).to_have_count(3)
        assert int(listed.get_attribute("data-step") or 0) > int(small or 0)


def test_alarms_that_came_while_a_wall_showed_its_map_are_not_cut_off_when_it_turns_to_them(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    viewport = {"width": 1280, "height": 600}
    with opened(chromium, f"{served.url}/wall?views=map,alarms&every=8s", viewport=viewport) as watched:
        for number in range(8):
            city.add_site(f"post{number}", "flood", name=f"Pos {number}")
            city.raise_alarm(f"post{number}", ago(), rule=SIAGA, value=310.0)
        expect(watched.page.locator("#wall-alarms")).to_be_visible(timeout=30_000)
        expect(watched.page.locator("#wall-alarm-count")).to_have_text("9")
        assert watched.ask(IS_WHOLE)
        expect(watched.page.locator(".wall-more")).to_be_visible()


def test_a_wall_of_one_area_opens_its_map_there(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    city.add_site("far", "flood", lat=-7.66, lon=111.55, area="Taman")
    with opened(chromium, f"{served.url}/wall?views=map&area=Taman", viewport=SMALL) as watched:
        watched.until("window.pantau.map?.getBounds().contains([111.55, -7.66])", timeout_s=30)
        watched.until("!window.pantau.map.getBounds().contains([111.507, -7.627])", timeout_s=30)


def test_a_wall_of_an_area_that_does_not_exist_shows_the_whole_city_and_says_so(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    city.add_site("far", "flood", lat=-7.66, lon=111.55, area="Taman", name="Pos Jauh")
    city.raise_alarm("far", ago(), rule=SIAGA, value=333.0)
    asked = f"{served.url}/wall?views=alarms&lang=en&area="
    with opened(chromium, f"{asked}%20taman", viewport=WALL) as watched:
        expect(watched.page.locator("#wall-alarms")).to_contain_text("Pos Jauh")
        expect(watched.page.locator("#wall-alarm-count")).to_have_text("1")
    with opened(chromium, f"{asked}Nirwana", viewport=WALL) as watched:
        expect(watched.page.locator("#wall-city")).to_contain_text("there is no area “Nirwana”")
        expect(watched.page.locator("#wall-alarm-count")).to_have_text("2")


def test_the_system_page_tells_figures_and_a_computer_whose_clock_is_wrong_is_told(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    letter = DeadLetter(
        received_at=ago(minutes=3), topic="t", payload=b"{", device_id=None, reason="the payload is no JSON"
    )
    with city.database.transaction() as connection:
        record_dead_letters(connection, [letter])
    with opened(chromium, f"{served.url}/system?lang=en") as watched:
        page = watched.page
        expect(page.locator("#system-body")).to_contain_text("the payload is no JSON")
        expect(page.locator("#system-body")).to_contain_text("Unknown")  # what nobody has told is not zero
        expect(page.locator("#system-body")).to_contain_text("sqlite 3.")
        assert watched.complaints == []
    made = chromium.new_context(viewport=WALL)
    page = made.new_page()
    page.clock.install(time=ago() + timedelta(minutes=6.5))
    page.goto(f"{served.url}/system?lang=en")
    expect(page.locator("#clock-date")).to_have_text("This computer's clock is 6 min fast", timeout=15_000)
    expect(page.locator("#banner")).not_to_contain_text("clock")  # it would cover figures that are right
    made.close()


@pytest.mark.parametrize(("width", "columns"), [(1600, 3), (1000, 2), (390, 1)])
def test_the_cards_of_the_system_page_leave_no_holes_and_stay_the_same_while_nothing_changes(
    chromium: Browser, served: ServedDashboard, width: int, columns: int
) -> None:
    viewport = {"width": width, "height": 900}
    with opened(chromium, f"{served.url}/system?lang=en", viewport=viewport) as watched:
        expect(watched.page.locator("#system-body .column")).to_have_count(3)
        assert watched.page.evaluate(COLUMNS, "#system-body") == columns
        assert watched.page.evaluate(HOLES, "#system-body") == []
        watched.page.locator("#system-body .column").nth(2).evaluate("column => { window.kept = column; }")
        with watched.page.expect_response("**/api/v1/system"):
            pass
        watched.until("document.getElementById('system-at').textContent.length > 0")
        assert watched.ask("window.kept.isConnected")


def test_a_wall_starts_afresh_after_an_upgrade_and_never_while_the_server_is_away(
    chromium: Browser, served: ServedDashboard
) -> None:
    made = chromium.new_context(viewport=WALL)
    page = made.new_page()
    page.clock.install()
    watched = Watched(page)
    page.goto(f"{served.url}/wall")
    watched.until(READY, timeout_s=60)
    page.evaluate("window.wasNotReloaded = true")
    page.route("**/api/v1/version", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/api/v1/version")):
        page.clock.fast_forward(61_000)
    assert page.evaluate("window.wasNotReloaded") is True
    page.unroute("**/api/v1/version")
    page.route("**/api/v1/version", lambda route: route.fulfill(json={"version": "the next one"}))
    with page.expect_event("load", timeout=30_000):
        page.clock.fast_forward(61_000)
    made.close()


def test_a_wall_shows_an_incident_as_one_block_with_its_worst_alarm_and_who_has_how_many(
    chromium: Browser, served: ServedDashboard, city: CityDatabase
) -> None:
    raised = []
    for number in range(3):
        river = Site(
            id=f"post{number}",
            name=f"Pos {number}",
            lat_deg=-7.62,
            lon_deg=111.5,
            waterway="Kali Madiun",
            order=number,
        )
        device = Device(id=f"post{number}-1", kind="flood")
        with city.database.transaction() as connection:
            register(connection, [Registration(site=river, device=device, since=LONG_AGO)])
        rule = city_rules()["siaga_worst"] if number == 1 else SIAGA
        raised.append(city.raise_alarm(river.id, ago(minutes=9 - number), rule=rule, value=310.0))
    city.tell(
        replace(raised[0], type=EventType.CLAIMED, by="Budi", value=None, limit=None, recorded_at=ago())
    )
    with opened(chromium, f"{served.url}/wall") as watched:
        block = watched.page.locator(".wall-alarm", has_text="Kali Madiun")
        expect(block).to_have_count(1)
        expect(block).to_contain_text("3 alarm di 3 titik")
        expect(block).to_contain_text("Pos 1")
        expect(block).to_contain_text("Kritis")
        expect(block).to_contain_text("Periksa pintu air")
        expect(block).to_contain_text("Budi (1)")
        expect(block).to_contain_text("2 belum ditangani")
        assert watched.complaints == []
