"""Alarms at work in real browsers, over a real server and a real journal that the tests fill."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import LONG_AGO, CityDatabase, ago, city_rules
from support.signing_in import PASSWORD, add_person

from alerts.desk.desk import alarm_rows
from alerts.journal.alarms import AlarmEvent, EventType
from alerts.journal.journal_table import events
from devices.registry import Device, Registration, Site
from devices.registry_table import register
from people.roles import Role

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
BOX = {"width": 1280, "height": 800}
SIAGA, WORST, JAM = (city_rules()[name] for name in ("siaga", "siaga_worst", "jam"))


# Every row is told anew, with another value; how many ages have no text, all in one turn.
AGELESS = """() => {
  const { city } = window.pantau;
  const rows = [...city.rows.values()].map((row) => ({ ...row, value: row.value + 1 }));
  city.apply("delta", { at: city.now(), health: city.health, rows });
  const ages = [...document.querySelectorAll("#view-alarms .row-when time")];
  return [ages.length, ages.filter((age) => age.textContent === "").length];
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    for order, site_id in enumerate(("gate", "bridge", "dam")):
        river = Site(
            id=site_id,
            name=site_id.title(),
            lat_deg=-7.62 - order / 100,
            lon_deg=111.5,
            area="Taman",
            waterway="Kali Madiun",
            order=order,
        )
        device = Device(id=f"{site_id}-1", kind="flood")
        with city.database.transaction() as connection:
            register(connection, [Registration(site=river, device=device, since=LONG_AGO)])
        city.measure(site_id, "flood", ago(), water_level_cm=200.0)
    for site_id in ("road", "street"):
        city.add_site(site_id, "traffic", lat=-7.64, lon=111.53)
        city.measure(site_id, "traffic", ago(), speed_km_h=4.0)
    city.ingest_lives(ago(minutes=-30))  # else the banner comes meanwhile; no test here is about it
    yield city
    city.close()


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens the alarm page in a browser of its own, signed in when a name is given."""
    with ExitStack() as stack:

        def open_page(served: ServedDashboard, name: str = "", *, path: str = "/alarms?lang=en") -> Watched:
            context = chromium.new_context(viewport=BOX)
            stack.callback(context.close)
            page = context.new_page()
            if name:
                page.goto(f"{served.url}/login")
                page.locator("#name").fill(name)
                page.locator("#password").fill(PASSWORD)
                page.locator("form button").click()
            watched = Watched(page)
            page.goto(served.url + path)
            watched.until("window.pantau?.counts.full > 0", timeout_s=60)
            return watched

        yield open_page


@pytest.fixture
def served(city: CityDatabase, tmp_path: Path) -> Iterator[ServedDashboard]:
    served = ServedDashboard(tmp_path, city_folder=CITY)
    served.start()
    yield served
    served.close()


def row(page: Page, key: str) -> Locator:
    return page.locator(f'.alarm-row[data-key="{key}"]')


def keys_shown(page: Page) -> list[str]:
    return [str(item.get_attribute("data-key")) for item in page.locator(".alarm-row:visible").all()]


def journal(city: CityDatabase, type_: EventType) -> list[AlarmEvent]:
    with city.database.reading() as connection:
        return [event for event in events(connection) if event.type is type_]


def unseen(city: CityDatabase) -> set[str]:
    return {found.key for found in alarm_rows(city.database) if found.unseen}


CLAIM_AT = """(at) => window.setTimeout(
  () => document.querySelector('[data-key="siaga/gate"] [data-verb=claim]').click(), at - Date.now(),
)"""
NOTE_WHO_HAS_IT = """() => {
  const { city } = window.pantau;
  window.whoHasIt = [];
  city.onChange(() => window.whoHasIt.push([city.change, city.rows.get("siaga/gate").claimed_by]));
}"""


def test_of_two_who_want_one_alarm_one_has_it_and_every_screen_knows_who_with_the_next_message(
    city: CityDatabase, opened: Callable[..., Watched], tmp_path: Path
) -> None:
    city.raise_alarm("gate", ago(), rule=SIAGA, value=321.0)
    for name, role in (("Siti", Role.OPERATOR), ("Budi", Role.OPERATOR), ("Tamu", Role.VIEWER)):
        add_person(city.database, name, role)
    served = ServedDashboard(tmp_path, city_folder=CITY, token="kunci-kota")
    with ExitStack() as stack:
        stack.callback(served.close)
        served.start()
        siti, budi, guest = (opened(served, name) for name in ("Siti", "Budi", "Tamu"))
        expect(row(guest.page, "siaga/gate")).to_be_visible()
        expect(guest.page.locator("[data-verb], #alarms-bulk:visible")).to_have_count(0)
        for watched in (siti, budi):
            expect(row(watched.page, "siaga/gate").locator("[data-verb=claim]")).to_be_visible()
        for watched in (siti, budi, guest):
            watched.page.evaluate(NOTE_WHO_HAS_IT)
        clicked_at_s = time.time() + 2  # both pages set their clocks by it, so that both click at once
        for watched in (siti, budi):
            watched.page.evaluate(CLAIM_AT, clicked_at_s * 1000)
        for watched in (siti, budi, guest):
            expect(row(watched.page, "siaga/gate")).to_contain_text("is on it")
        (won,) = journal(city, EventType.CLAIMED)
        winner, loser = (siti, budi) if won.by == "Siti" else (budi, siti)
        for watched in (siti, budi, guest):
            expect(row(watched.page, "siaga/gate")).to_contain_text(f"{won.by} is on it")
        expect(loser.page.locator(".notice.is-refused")).to_contain_text(won.by)
        expect(winner.page.locator(".notice:not(.is-refused)")).to_contain_text("You are on it")
        expect(winner.page.locator(".notice.is-refused")).to_have_count(0)
        for watched in (siti, budi, guest):
            heard = [who for change, who in watched.ask("window.whoHasIt") if change >= 2]  # 1: raised
            assert set(heard) == {won.by}  # from the first message that knows of the claim


def test_every_row_tells_its_age_at_every_moment_also_when_it_is_told_anew(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    for minutes, site_id in enumerate(("gate", "bridge", "dam"), start=2):
        city.raise_alarm(site_id, ago(minutes=minutes), rule=SIAGA, value=310.0)
    city.raise_alarm("road", ago(minutes=5), rule=JAM, value=4.0)
    watched = opened(served)
    # The age is that of the alarm that the incident names: the worst, of those the newest.
    incident = watched.page.locator(".alarm-incident")
    expect(incident.locator(".row-what")).to_contain_text("Gate")
    expect(incident.locator(".row-when time")).to_have_text("2 min")
    assert watched.page.evaluate(AGELESS) == [5, 0]  # an incident, its three rows, and the road's


def test_nothing_moves_under_the_pointer_and_bulk_acknowledges_exactly_what_was_seen(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    for minutes, site in ((9, "road"), (5, "street")):
        city.raise_alarm(site, ago(minutes=minutes), rule=JAM, value=4.0)
    watched = opened(served)
    page = watched.page
    expect(row(page, "jam/road")).to_be_visible()
    assert keys_shown(page) == ["jam/street", "jam/road"]
    row(page, "jam/road").locator(".alarm-main").hover()
    place = row(page, "jam/road").bounding_box()
    raised = city.raise_alarm("gate", ago(), rule=SIAGA, value=321.0)
    expect(page.locator("#alarms-new")).to_contain_text("1 new, worst: High")
    city.clear_alarm(raised, ago())
    city.raise_alarm("dam", ago(minutes=1), rule=SIAGA, value=333.0)
    expect(page.locator("#alarms-new")).to_contain_text("2 new")
    assert keys_shown(page) == ["jam/street", "jam/road"]
    assert row(page, "jam/road").bounding_box() == pytest.approx(place, abs=2)  # pixels
    page.locator("#alarms-bulk").click()
    expect(page.locator(".notice")).to_contain_text("Acknowledged: 2 alarms")
    assert unseen(city) == {"siaga/gate", "siaga/dam"}
    page.mouse.move(5, 5)
    expect(row(page, "siaga/dam")).to_be_visible()
    assert keys_shown(page)[0] == "siaga/dam"
    expect(page.locator("#alarms-new")).to_be_hidden()
    # The filter tells what it hides, and bulk leaves the hidden ones alone.
    city.raise_alarm("road", ago(), rule=JAM, value=3.0)
    page.locator('[data-filter="search"]').fill("dam")
    expect(page.locator("#alarms-hidden")).to_contain_text("hidden by the filter: 3")
    page.locator("#alarms-bulk").click()
    expect(row(page, "siaga/dam")).to_contain_text("acknowledged by Demo")
    assert unseen(city) == {"siaga/gate", "jam/road"}
    page.locator("#alarms-show-all").click()
    expect(row(page, "siaga/gate")).to_contain_text("cleared")
    expect(row(page, "siaga/gate")).to_contain_text("While it was active: BPBD: Check the gate")
    expect(page.locator('[data-severity-filter="low"]')).to_be_hidden()
    page.locator("#alarms-filter").click()
    page.locator('[data-severity-filter="low"]').click()
    expect(page.locator("#alarms-filter-count")).to_have_text("1")
    page.mouse.move(5, 5)
    expect(row(page, "siaga/gate")).to_have_count(0)
    assert watched.complaints == []


def test_the_whole_work_is_done_by_keyboard(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    city.raise_alarm("road", ago(minutes=3), rule=JAM, value=4.0)
    city.raise_alarm("gate", ago(minutes=2), rule=SIAGA, value=321.0)
    watched = opened(served)
    page, press = watched.page, watched.page.keyboard.press
    expect(row(page, "siaga/gate")).to_be_visible()
    press("j")
    press("c")
    expect(row(page, "siaga/gate")).to_contain_text("Demo is on it")
    expect(page.locator(".notice", has_text="You are on it")).to_be_visible()
    press("z")
    expect(row(page, "siaga/gate")).not_to_contain_text("Demo is on it")
    press("a")
    expect(row(page, "siaga/gate")).to_contain_text("acknowledged by Demo")
    press("m")
    page.keyboard.type("pintu dibuka")
    press("Tab")
    press("Tab")
    press("Enter")
    expect(row(page, "siaga/gate")).to_contain_text("pintu dibuka")
    press("j")
    press("s")
    expect(page.locator(".act-dialog textarea")).to_be_focused()
    page.keyboard.type("kamera dibersihkan")
    page.locator(".act-dialog textarea").press("Tab")
    press("Tab")
    press("Enter")
    expect(page.locator('[data-tab="shelved"] .tab-count')).to_have_text("1")
    shelf = alarm_rows(city.database)[-1].shelf
    assert shelf is not None
    assert shelf.until is not None
    assert (shelf.reason, shelf.until - shelf.since) == ("kamera dibersihkan", timedelta(minutes=30))
    expect(page.locator(".notice", has_text="Shelved")).to_be_visible()
    press("z")
    expect(page.locator('[data-tab="shelved"] .tab-count')).to_have_text("0")
    press("j")  # what is acknowledged has gone below what is not, while the dialog was open
    press("Enter")
    expect(page.locator("#alarm-details h2")).to_have_text("Gate")
    expect(page.locator("#alarm-details .history")).to_contain_text("comment")
    expect(page.locator("#alarm-details .details-instruction")).to_contain_text("Check the gate")
    press("Escape")
    expect(page.locator("#alarm-details")).to_be_hidden()
    press("/")
    page.keyboard.type("road")
    expect(row(page, "siaga/gate")).to_have_count(0)
    press("Escape")
    press("?")
    expect(page.locator(".keys-dialog")).to_contain_text("next row")
    page.locator(".keys-dialog input").press("Space")
    press("Escape")
    press("j")
    press("a")
    press("?")
    expect(page.locator(".keys-dialog")).to_be_hidden()
    assert "jam/road" in unseen(city)
    assert watched.complaints == []


def test_the_horn_sounds_until_somebody_acknowledges_or_silences_and_a_new_alarm_sounds_again(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    city.raise_alarm("gate", ago(minutes=2), rule=SIAGA, value=321.0)
    city.raise_alarm("bridge", ago(hours=2), rule=SIAGA, value=321.0, retrospective=True)
    watched = opened(served, path="/?lang=en")
    page = watched.page
    expect(page.locator(".horn-locked")).to_contain_text("Click for sound")
    expect(page.locator(".horn-count")).to_contain_text("1 not acknowledged")
    watched.until("document.title.startsWith('(1) ')")
    assert watched.ask("window.pantau.horn.sounded") == 0
    page.locator(".horn-locked").click()
    expect(page.locator(".horn-locked")).to_be_hidden()
    watched.until("window.pantau.horn.sounded >= 1")
    page.get_by_role("button", name="Silence").click()
    assert watched.ask("window.pantau.horn.loud") == []
    assert watched.ask("window.pantau.horn.calling") == ["siaga/gate"]
    city.raise_alarm("dam", ago(), rule=SIAGA, value=400.0)
    watched.until("window.pantau.horn.loud.includes('siaga/dam')")
    heard = watched.ask("window.pantau.horn.sounded")
    page.locator('.navigation a[data-view="alarms"]').click()  # a change of page stops no horn
    watched.until(f"window.pantau.horn.sounded > {heard}")
    city.raise_alarm("road", ago(), rule=JAM, value=4.0)
    watched.until("window.pantau.horn.calling.length === 3")
    assert "jam/road" not in watched.ask("window.pantau.horn.loud")  # the lowest severity is off at first
    watched.ask("window.pantau.horn.change({on: {high: false, low: true}, volume: 0.2})")
    assert watched.ask("window.pantau.horn.loud") == ["jam/road"]
    page.locator("#alarms-bulk").click()
    watched.until(
        "window.pantau.horn.calling.length === 2"
    )  # a closed incident is not shown, so not swept up
    page.locator(".alarm-incident [data-verb=acknowledge]").click()
    watched.until("window.pantau.horn.calling.length === 0")
    watched.until("!document.title.startsWith('(')")
    page.reload()
    watched.until("window.pantau?.counts.full > 0")
    assert watched.ask("window.pantau.horn.settings.volume") == 0.2


def test_an_incident_is_one_row_that_opens_and_an_outage_holds_what_it_explains(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    city.raise_alarm("dam", ago(minutes=30), rule=SIAGA, value=321.0)
    for minutes, site in ((20, "bridge"), (9, "gate")):
        city.raise_alarm(site, ago(minutes=minutes), rule=SIAGA, value=321.0)
    watched = opened(served)
    page = watched.page
    incident = page.locator(".alarm-incident")
    expect(incident).to_contain_text("Kali Madiun")
    expect(incident).to_contain_text("3 alarms at 3 sites")
    expect(incident).to_contain_text("Began with: High water, Dam")
    expect(incident).to_contain_text("Gate → Bridge → Dam")
    expect(incident.locator(".alarm-main")).to_have_attribute("aria-expanded", "false")
    assert keys_shown(page) == []
    incident.locator(".alarm-main").click()
    assert keys_shown(page) == ["siaga/gate", "siaga/bridge", "siaga/dam"]
    row(page, "siaga/dam").locator("[data-verb=acknowledge]").click()
    expect(incident).to_contain_text("2 to acknowledge")
    assert unseen(city) == {"siaga/gate", "siaga/bridge"}
    incident.locator("[data-verb=acknowledge]").click()
    expect(incident.locator("[data-verb=acknowledge]")).to_have_count(0)
    assert unseen(city) == set()
    # The second viewer starts from a full message, the first one got there by changes: both know the same.
    rows = "JSON.stringify([...window.pantau.city.rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1)))"
    other = opened(served)
    watched.until(f"{rows}.length > 10")
    assert other.ask(rows) == watched.ask(rows)
    assert watched.complaints == []


def test_an_incident_shows_its_worst_alarm_and_is_worked_on_as_a_whole(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    city.raise_alarm("dam", ago(minutes=30), rule=SIAGA, value=321.0)
    city.raise_alarm("bridge", ago(minutes=20), rule=WORST, value=421.0)
    city.raise_alarm("gate", ago(minutes=9), rule=SIAGA, value=321.0)
    watched = opened(served)
    page, press = watched.page, watched.page.keyboard.press
    incident = page.locator(".alarm-incident")
    expect(incident).to_contain_text("Critical")
    expect(incident).to_contain_text("Bridge: High water · 200 cm · limit ≥ 400")
    expect(incident).to_contain_text("BPBD: Check the gate and tell the lurah.")
    press("j")
    press("c")
    expect(page.locator(".notice")).to_contain_text("You are on it: 3 alarms")
    expect(incident).to_contain_text("Demo is on it")
    press("c")
    expect(page.locator(".notice.is-refused")).to_contain_text("Kali Madiun: nothing left there")
    press("z")
    expect(incident.locator("[data-verb=claim]")).to_be_visible()
    assert len(journal(city, EventType.CLAIMED)) == len(journal(city, EventType.RELEASED)) == 3
    press("s")
    expect(page.locator(".notice.is-refused").last).to_contain_text("is done alarm by alarm")
    press("m")
    page.keyboard.type("pompa dikirim")
    press("Tab")
    press("Tab")
    press("Enter")
    expect(page.locator(".notice", has_text="Comment saved: 3 alarms")).to_be_visible()
    assert {event.site_id for event in journal(city, EventType.COMMENTED)} == {"dam", "bridge", "gate"}
    incident.locator("[data-verb=assign]").click()
    page.locator(".act-dialog select").select_option("Dishub")
    page.locator(".act-dialog .main-act").click()
    page.locator(".notice", has_text="Assigned: 3 alarms").locator('[data-notice="undo"]').click()
    expect(incident).to_contain_text("BPBD: Check the gate")
    assert [event.text for event in journal(city, EventType.ASSIGNED)] == ["Dishub"] * 3 + ["BPBD"] * 3
    # What came while somebody points at the button was not meant by it.
    incident.locator("[data-verb=acknowledge]").hover()
    city.raise_alarm("gate", ago(minutes=1), rule=WORST, value=433.0)
    expect(page.locator("#alarms-new")).to_contain_text("1 new")
    incident.locator("[data-verb=acknowledge]").click()
    expect(page.locator(".notice", has_text="Acknowledged: 3 alarms")).to_be_visible()
    assert unseen(city) == {"siaga_worst/gate"}
    assert watched.complaints == []


def test_bulk_acknowledges_what_was_on_the_screen_and_tells_how_many_lie_below(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    names = [f"corner-{number:02}" for number in range(30)]
    for number, name in enumerate(names):
        city.add_site(name, "traffic")
        city.measure(name, "traffic", ago(), speed_km_h=4.0)
        city.raise_alarm(name, ago(minutes=10 + number), rule=JAM, value=4.0)
    watched = opened(served)
    page, bulk = watched.page, watched.page.locator("#alarms-bulk")
    expect(row(page, "jam/corner-29")).to_have_count(1)
    first = seen_of(bulk)
    assert 3 <= first <= 15, "about as many as fit into the window"
    expect(page.locator("#alarms-below")).to_contain_text(f"{30 - first} more")
    row(page, f"jam/{names[first + 3]}").scroll_into_view_if_needed()
    watched.until(f"Number(document.getElementById('alarms-bulk').textContent.match(/\\d+/)[0]) > {first}")
    second = seen_of(bulk)
    bulk.click()
    expect(page.locator(".notice")).to_contain_text(f"Acknowledged: {second} alarms")
    assert unseen(city) == {f"jam/{name}" for name in names[second:]}
    assert watched.complaints == []


def seen_of(bulk: Locator) -> int:
    return int("".join(letter for letter in bulk.inner_text() if letter.isdigit()))


def test_a_gauge_that_passed_two_levels_is_one_row_and_one_acknowledgement(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    city.raise_alarm("gate", ago(minutes=3), rule=SIAGA, value=321.0)
    worst = city.raise_alarm("gate", ago(minutes=2), rule=WORST, value=421.0)
    watched = opened(served)
    page = watched.page
    expect(row(page, "siaga_worst/gate")).to_contain_text("holds 1 more")
    assert keys_shown(page) == ["siaga_worst/gate"]
    expect(page.locator("#count-alarms")).to_have_text("1")
    row(page, "siaga_worst/gate").locator(".alarm-main").click()
    assert keys_shown(page) == ["siaga_worst/gate", "siaga/gate"]
    row(page, "siaga_worst/gate").locator("[data-verb=acknowledge]").click()
    expect(row(page, "siaga/gate").locator("[data-verb=acknowledge]")).to_have_count(0)
    assert unseen(city) == set()
    page.mouse.move(5, 5)  # away from the list, which stands still under a pointer
    page.locator("#language").focus()
    city.clear_alarm(worst, ago())
    expect(row(page, "siaga_worst/gate")).to_have_count(0)
    expect(row(page, "siaga/gate")).to_contain_text("acknowledged")
    assert watched.complaints == []


def test_an_act_whose_answer_is_lost_is_sent_again_and_done_once(
    city: CityDatabase, served: ServedDashboard, opened: Callable[..., Watched]
) -> None:
    city.raise_alarm("gate", ago(), rule=SIAGA, value=321.0)
    watched = opened(served)
    page, lost = watched.page, []

    def lose_the_first_answer(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.post_data)
        route.fetch()  # the server does it, and the page never hears so
        route.abort()

    page.route("**/api/v1/alarms/acts", lose_the_first_answer)
    row(page, "siaga/gate").locator("[data-verb=claim]").click()
    expect(page.locator(".notice")).to_contain_text("You are on it")
    expect(page.locator(".notice.is-refused")).to_have_count(0)
    assert len(lost) == 1
    assert len(journal(city, EventType.CLAIMED)) == 1
