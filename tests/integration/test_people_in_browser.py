"""People at the page in a real browser: signing in, staying in, being put out, and coming back."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import ServedDashboard, Watched, headless_chromium
from support.city_database import CityDatabase, ago
from support.signing_in import PASSWORD, add_person, desk_over

from people.audit_table import audit_entries
from people.roles import Role

CITY = Path(__file__).parents[2] / "config" / "city" / "madiun"
LIVE = "window.pantau?.counts.full > 0"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with headless_chromium() as browser:
        yield browser


@pytest.fixture
def city(tmp_path: Path) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path)
    city.add_site("gate", "flood", lat=-7.627, lon=111.507, name="Pintu Air")
    city.ingest_lives(ago())
    add_person(city.database, "Siti Rahma")
    add_person(city.database, "Budi", Role.ADMIN)
    yield city
    city.close()


@pytest.fixture
def served(city: CityDatabase, tmp_path: Path) -> Iterator[ServedDashboard]:
    served = ServedDashboard(tmp_path, city_folder=CITY, token="correct horse")
    served.start()
    yield served
    served.close()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.get_by_role("button").click()


def test_a_person_signs_in_stays_over_a_restart_is_put_out_within_seconds_and_comes_back_to_their_page(
    chromium: Browser, city: CityDatabase, served: ServedDashboard
) -> None:
    context = chromium.new_context()
    watched = Watched(context.new_page())
    page = watched.page
    page.goto(f"{served.url}/alarms")
    expect(page).to_have_url(f"{served.url}/login?next=/alarms")
    sign_in(page, "Siti Rahma", "wrong-password")
    expect(page.get_by_role("alert")).to_have_text("Nama atau kata sandi salah.")
    expect(page.locator("#name")).to_have_value("Siti Rahma")
    sign_in(page, "siti rahma")
    watched.until(LIVE, timeout_s=60)
    expect(page).to_have_url(f"{served.url}/alarms")
    expect(page.locator(".account-button")).to_have_accessible_name("Masuk sebagai Siti Rahma, operator")
    hidden = {cookie["name"] for cookie in context.cookies() if cookie["httpOnly"]}
    assert hidden >= {"pantau_session"}
    assert all(cookie["sameSite"] == "Strict" for cookie in context.cookies())

    served.stop()
    served.start()
    seen = watched.ask("window.pantau.counts.full")
    watched.until(f"window.pantau.counts.full > {seen}", timeout_s=20)

    desk_over(city.database).disable("Siti Rahma")
    watched.until("document.querySelector('#banner .sign-in-link') !== null", timeout_s=15)
    desk_over(city.database).enable("Siti Rahma")
    page.locator(".sign-in-link").click()
    sign_in(page, "Siti Rahma")
    watched.until(LIVE, timeout_s=60)
    assert page.url == f"{served.url}/alarms"
    context.close()


def test_a_page_that_somebody_else_took_over_in_another_tab_begins_anew_in_their_name(
    chromium: Browser, served: ServedDashboard
) -> None:
    context = chromium.new_context()
    first = Watched(context.new_page())
    first.page.goto(f"{served.url}/login?next=/shift")
    sign_in(first.page, "Siti Rahma")
    first.until(LIVE, timeout_s=60)

    second = context.new_page()
    second.goto(f"{served.url}/login")
    sign_in(second, "Budi")
    second.wait_for_selector(".account-button", timeout=60_000)
    # Whoever acts in the first tab now acts as Budi, so the first tab must say so.
    expect(first.page.locator(".account-name")).to_have_text("Budi", timeout=30_000)
    second.close()

    page = first.page
    page.locator(".account-button").click()
    page.get_by_role("button", name="Ganti kata sandi").click()
    page.get_by_label("Kata sandi sekarang").fill(PASSWORD)
    page.locator("#account-wanted").fill("pecel-madiun-77")
    page.get_by_label("Kata sandi baru sekali lagi").fill("pecel-madiun-78")
    page.get_by_role("button", name="Simpan", exact=True).click()
    assert page.evaluate("document.activeElement.validationMessage") == "Kedua kata sandi baru tidak sama."
    page.get_by_label("Kata sandi baru sekali lagi").fill("pecel-madiun-77")
    page.get_by_role("button", name="Simpan", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Kata sandi diganti")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#menu").click()
    page.locator(".account-button").click()
    place = page.locator(".account-panel").bounding_box()
    assert place is not None
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= 390
    page.get_by_role("button", name="Keluar").click()
    expect(page).to_have_url(f"{served.url}/login?lang=id&theme=dark&next=%2Fshift")
    page.go_back()
    expect(page).to_have_url(re.compile("/login"))  # nothing of the page is left to look at
    assert first.complaints == [c for c in first.complaints if "401" in c]
    context.close()


def test_the_login_works_without_scripts_and_is_accessible_in_both_languages_and_themes(
    chromium: Browser, served: ServedDashboard
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python"
    )
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    for language in ("id", "en"):
        for theme in ("dark", "light"):
            page.goto(f"{served.url}/login?lang={language}&theme={theme}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            found = axe.Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
    context.close()

    bare = chromium.new_context(java_script_enabled=False)
    page = bare.new_page()
    page.goto(f"{served.url}/system")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading")).to_have_text("Sign in to Pantau")
    sign_in(page, "Budi")
    expect(page).to_have_url(f"{served.url}/system")
    bare.close()


def test_behind_a_proxy_that_speaks_https_cookies_are_secure_and_the_real_address_is_written_down(
    city: CityDatabase, served: ServedDashboard
) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.8.7"}
    page = urllib.request.urlopen(urllib.request.Request(f"{served.url}/login", headers=told), timeout=10)
    form = page.headers["set-cookie"]
    assert "Secure" in form
    token = form.partition("=")[2].partition(";")[0]
    typed = urlencode({"name": "Budi", "password": "wrong-password", "token": token}).encode()
    asked = urllib.request.Request(
        f"{served.url}/login", typed, headers={**told, "Cookie": f"pantau_login={token}"}
    )
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(asked, timeout=10)
    with city.database.reading() as connection:
        last = audit_entries(connection)[-1]
    assert (last.about, last.origin) == ("Budi", "10.9.8.7")
