from __future__ import annotations

import pytest
from support.stores import T0

from devices.credentials import hash_password, is_password, new_password
from devices.credentials_table import password_hashes, set_password_hash
from devices.registry import Device, Registration, Site
from devices.registry_table import register


def test_a_password_fits_its_hash_and_no_other_does():
    password = new_password()
    assert is_password(password, hash_password(password))
    assert not is_password(new_password(), hash_password(password))


def test_the_same_password_is_never_hashed_alike_twice():
    assert hash_password("same") != hash_password("same")


@pytest.mark.parametrize(
    "broken",
    ["", "$7$", "plain", "$6$1$YQ==$YQ==", "$7$many$YQ==$YQ==", "$7$1$YQ$=$YQ", "$7$1$*$*", "$7$0$YQ==$YQ=="],
)
def test_a_hash_of_another_form_never_fits(broken):
    assert not is_password("", broken)


def test_a_new_password_replaces_the_old_one(database):
    site = Site(id="post", name="Post", lat_deg=-7.6, lon_deg=111.5)
    with database.transaction() as connection:
        register(connection, [Registration(site=site, device=Device(id="gauge", kind="flood"), since=T0)])
        set_password_hash(connection, "gauge", "old")
        set_password_hash(connection, "gauge", "new")
        assert password_hashes(connection) == {"gauge": "new"}
