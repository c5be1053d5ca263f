from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pantau.parts import Folders, read_configuration
from pantau.services import identity_provider
from pantau.state import State

PROJECT = Path(__file__).parents[3]
OIDC = "oidc: {issuer: https://sso.kota.example, client_id: pantau, roles: {piket: operator}}\n"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    return Folders(state=State(folder=tmp_path / "state"), config=tmp_path / "config")


def return_address(folders: Folders) -> str:
    provider = identity_provider(folders, read_configuration(folders), 8050)
    assert provider is not None
    return provider.return_address


def test_no_identity_provider_stands_behind_a_configuration_that_names_none(folders: Folders) -> None:
    assert identity_provider(folders, read_configuration(folders), 8050) is None


def test_people_come_back_to_the_address_that_messages_name(folders: Folders) -> None:
    (folders.config / "pantau.yaml").write_text(OIDC)
    (folders.config / "notifications.yaml").write_text("page: https://pantau.kota.example/\n")
    assert return_address(folders) == "https://pantau.kota.example/login/return"


@pytest.mark.parametrize("told", ["silent_below: medium\n", None])
def test_without_a_page_address_people_come_back_to_this_machine(folders: Folders, told: str | None) -> None:
    (folders.config / "pantau.yaml").write_text(OIDC)
    path = folders.config / "notifications.yaml"
    path.unlink() if told is None else path.write_text(told)
    assert return_address(folders) == "http://127.0.0.1:8050/login/return"
