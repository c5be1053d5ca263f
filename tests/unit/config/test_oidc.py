import pytest

from config.oidc import ROLES, Oidc, OidcLabel, is_safe_address
from config.problems import ConfigError
from config.settings import load_settings
from people.roles import Role

WHOLE = (
    "oidc:\n"
    "  issuer: https://sso.kota.example/realms/kota\n"
    "  client_id: pantau\n"
    "  roles: {pantau-piket: operator}\n"
)


def written(folder, text):
    (folder / "pantau.yaml").write_text(text, encoding="utf-8")
    return folder


def test_no_identity_provider_is_asked_unless_the_settings_name_one(tmp_path):
    assert load_settings(written(tmp_path, "city: madiun\n"), {"PANTAU_OIDC_SECRET": "x"}).oidc is None


def test_the_provider_is_set_in_the_file_and_its_secret_in_the_environment(tmp_path):
    oidc = load_settings(written(tmp_path, WHOLE), {"PANTAU_OIDC_SECRET": "hunter2"}).oidc
    assert oidc == Oidc(
        issuer="https://sso.kota.example/realms/kota",
        client_id="pantau",
        roles={"pantau-piket": "operator"},
        secret="hunter2",
    )
    assert "hunter2" not in repr(oidc)


def test_a_secret_in_the_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="PANTAU_OIDC_SECRET") as raised:
        load_settings(written(tmp_path, WHOLE + "  secret: hunter2\n"), {})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("oidc: {}", "'issuer' is missing"),
        ("oidc: {issuer: 'https://a', client_id: p, roles: {}}", "without roles"),
        ("oidc: {issuer: 'https://a', client_id: p, roles: {x: chief}}", "is not one of: viewer"),
        ("oidc: {issuer: 'https://a', client_id: '', roles: {x: admin}}", "must not be empty"),
        ("oidc: {issuer: 'https://a', client_id: p, roles: {x: admin}, scopes: [profile]}", "hold openid"),
        ("oidc: {issuer: 'http://sso.kota.example', client_id: p, roles: {x: admin}}", "only on loopback"),
        ("oidc: {issuer: 'https://a?x=1', client_id: p, roles: {x: admin}}", "must look like"),
    ],
)
def test_settings_by_which_nobody_or_anybody_came_in_are_refused(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        load_settings(written(tmp_path, text + "\n"), {})


@pytest.mark.parametrize(
    "address",
    ["http://localhost.evil.example", "http://127.0.0.1@evil.example", "https://", "ftp://a", "https://a:x"],
)
def test_an_address_to_which_a_secret_must_not_go_is_not_safe(address):
    assert not is_safe_address(address)


def test_the_settings_know_the_roles_that_people_have():
    assert set(ROLES) == {role.value for role in Role}


def test_a_label_speaks_both_languages():
    with pytest.raises(ValueError, match="both languages"):
        OidcLabel(en=" ")
