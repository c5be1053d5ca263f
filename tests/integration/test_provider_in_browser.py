"""The way in through an identity provider, with the real command and a real browser over two sites."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.browser import Watched, free_port, headless_chromium, wait_until
from support.city_database import CityDatabase
from support.identity_provider import CLIENT_ID, SECRET, FakeProvider
from support.running import ROOT

LIVE = "window.pantau?.counts.full > 0"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    provider = FakeProvider()
    yield provider
    provider.close()


@pytest.fixture
def address(tmp_path: Path, provider: FakeProvider) -> Iterator[str]:
    """The dashboard as `pantau dashboard` serves it, configured by files and the environment only."""
    state, config, port = tmp_path / "state", tmp_path / "config", free_port()
    state.mkdir()
    CityDatabase(state).close()
    shutil.copytree(ROOT / "config", config)
    settings = (
        "oidc:\n"
        f"  issuer: {provider.issuer}\n"
        f"  client_id: {CLIENT_ID}\n"
        "  roles_claim: realm_access.roles\n"
        "  roles: {pantau-piket: operator}\n"
    )
    (config / "pantau.yaml").write_text(settings)
    told = ["--state", str(state), "--config", str(config), "--port", str(port)]
    with (state / "dashboard.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pantau", "dashboard", *told],
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env={**os.environ, "PANTAU_OIDC_SECRET": SECRET, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    try:
        wait_until(lambda: answers(port), f"the dashboard does not answer; see {state}", timeout_s=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_a_person_goes_to_the_provider_and_comes_back_signed_in_on_the_page_they_wanted(
    address: str, provider: FakeProvider
) -> None:
    """The provider is `localhost`, the page 127.0.0.1: two sites, so cookies and policy are tried."""
    provider.knows("s-1", "siti.rahma", "pantau-piket")
    with headless_chromium() as browser:
        watched = Watched(browser.new_page())
        page = watched.page
        page.goto(f"{address}/alarms?lang=en")
        page.get_by_role("link", name="Masuk dengan akun kota").click()
        page.wait_for_url(f"{address}/alarms*")
        watched.until(LIVE, timeout_s=60)
        held = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert held["pantau_session"]["sameSite"] == "Strict"
        assert "pantau_provider" not in held
        expect(page.locator(".account-button")).to_have_accessible_name(re.compile("siti.rahma, operator"))
        provider.knows("s-2", "tamu")
        stranger = browser.new_context().new_page()
        stranger.goto(f"{address}/login?lang=en&next=/wall")
        stranger.get_by_role("link", name="Sign in with the city's account").click()
        expect(stranger.get_by_role("alert")).to_contain_text("has no role in Pantau")
        expect(stranger.locator("#password")).to_be_visible()
