from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from support.asgi import Answer, ask
from support.city_database import CityDatabase
from support.guarded import guarded_parts
from support.identity_provider import CLIENT_ID, SECRET, FakeProvider, new_key, query, visit
from support.signing_in import PASSWORD, add_person, desk_over, try_password

from config.oidc import Oidc
from dashboard.server import create_app
from people.accounts import Account, PasswordRefused
from people.audit import Act, AuditEntry
from people.audit_table import audit_entries
from people.identity_provider import IdentityProvider
from people.people_table import account_named
from people.roles import Role

PAGE = "https://pantau.kota.example"
NOT_PROVEN = "tidak membenarkan siapa Anda"
EXPIRED = "sudah kedaluwarsa"
AWAY = "Layanan akun kota tidak menjawab"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityDatabase]:
    city = CityDatabase(tmp_path_factory.mktemp("city"))
    add_person(city.database, "Kepala", Role.ADMIN)
    yield city
    city.close()


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    provider = FakeProvider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def app(city: CityDatabase, provider: FakeProvider) -> Any:
    return app_with(city, provider.issuer)


def app_with(city: CityDatabase, issuer: str, *, secret: str = SECRET) -> Any:
    oidc = Oidc(
        issuer=issuer,
        client_id=CLIENT_ID,
        roles={"pantau-piket": "operator", "pantau-lihat": "viewer"},
        roles_claim="realm_access.roles",
        secret=secret,
    )
    there = IdentityProvider(settings=oidc, return_address=f"{PAGE}/login/return")
    return create_app(guarded_parts(city, provider=there), hosts=("*",))


def left(app: Any, wish: str = "") -> tuple[str, str]:
    """Return where a browser is sent and the cookie that it holds from then on."""
    answer = ask(app, f"/login/provider{wish}", host="elsewhere.example")
    assert answer.status == 303, answer.body
    cookie = next(line for line in answer.set_cookies if line.startswith("pantau_provider="))
    assert {"HttpOnly", "SameSite=lax", "Path=/login"} <= {part.strip() for part in cookie.split(";")}
    return answer.headers["location"], cookie.split(";")[0]


def back(app: Any, address: str, cookie: str) -> Answer:
    """Return the answer to a browser that the provider sent back; the address is that of the page."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == PAGE
    headers = {"cookie": cookie, "sec-fetch-site": "cross-site"}
    return ask(app, f"{parts.path}?{parts.query}", headers=headers)


def came(app: Any, wish: str = "") -> Answer:
    there, cookie = left(app, wish)
    return back(app, visit(there), cookie)


def account(city: CityDatabase, name: str) -> Account | None:
    with city.database.reading() as connection:
        return account_named(connection, name)


def trail(city: CityDatabase, about: str) -> list[AuditEntry]:
    with city.database.reading() as connection:
        return [entry for entry in audit_entries(connection) if entry.about == about]


def is_out(answer: Answer, said: str) -> bool:
    return answer.status == 403 and said in answer.body and "pantau_session" not in answer.cookies()


def test_whom_the_provider_vouches_for_is_in_as_their_mapped_role_at_the_page_they_wanted(
    app: Any, city: CityDatabase, provider: FakeProvider
) -> None:
    assert (
        'href="/login/provider?lang=id&amp;next=%2Falarms">Masuk dengan akun kota'
        in ask(app, "/login?next=/alarms").body
    )
    provider.knows("s-1", "siti.rahma", "offline_access", "pantau-lihat", "pantau-piket")
    answer = came(app, "?lang=en&next=/alarms%3Fseverity=high")
    assert answer.status == 200
    assert 'content="0; url=/alarms?severity=high"' in answer.body
    session = next(line for line in answer.set_cookies if line.startswith("pantau_session="))
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in session.split(";")}
    assert answer.cookies()["pantau_provider"] == ""
    held = {"cookie": session.split(";")[0]}
    told = ask(app, "/boot.json", headers=held).body
    assert '"name":"siti.rahma","role":"operator"' in told
    assert '"has_password":false' in told  # so that the page offers none to change
    assert ask(app, "/logout", method="POST", headers=held, is_forged=True).status == 403
    made = account(city, "siti.rahma")
    assert made is not None
    assert (made.issuer, made.subject, made.password_hash) == (provider.issuer, "s-1", "")
    told = [(entry.by, entry.act) for entry in trail(city, "siti.rahma")]
    assert told == [("identity provider", Act.ACCOUNT_ADDED), ("siti.rahma", Act.SIGNED_IN)]


def test_no_password_opens_an_account_of_the_provider_and_none_can_be_set(
    app: Any, city: CityDatabase, provider: FakeProvider
) -> None:
    provider.knows("s-2", "budi", "pantau-piket")
    assert came(app).status == 200
    assert try_password(app, "budi", "").status == 401
    with pytest.raises(PasswordRefused, match="has no password here"):
        desk_over(city.database).set_password("budi", PASSWORD)


def test_role_and_name_follow_the_provider_at_every_sign_in_and_the_trail_tells(
    app: Any, city: CityDatabase, provider: FakeProvider
) -> None:
    provider.knows("s-3", "dewi", "pantau-piket")
    came(app)
    provider.knows("s-3", "dewi.lestari", "pantau-lihat")
    assert came(app).status == 200
    assert account(city, "dewi") is None
    now = account(city, "dewi.lestari")
    assert now is not None
    assert now.role is Role.VIEWER
    changes = [(entry.act, entry.details.get("before")) for entry in trail(city, "dewi.lestari")]
    assert changes[:2] == [(Act.ACCOUNT_RENAMED, "dewi"), (Act.ROLE_CHANGED, "operator")]


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "another-application"},
        {"aud": "another-application", "azp": CLIENT_ID},
        {"aud": ["another-application", CLIENT_ID], "azp": "another-application"},
        {"iss": "http://localhost:1/realms/kota"},
        {"exp": 1},
        {"exp": None},
        {"iat": 99_999_999_999},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_for_this_sign_in_proves_nothing(
    app: Any, city: CityDatabase, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    provider.knows("s-4", "penyusup", "pantau-piket")
    provider.claims = claims
    assert is_out(came(app), NOT_PROVEN)
    assert account(city, "penyusup") is None


def by_another_key(claims: dict[str, Any], _provider: FakeProvider) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, new_key("one"))


def by_nobody(claims: dict[str, Any], _provider: FakeProvider) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(
        [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts] + [""]
    )


def by_our_secret(claims: dict[str, Any], _provider: FakeProvider) -> str:
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET * 3))


def by_the_public_key(claims: dict[str, Any], provider: FakeProvider) -> str:
    """Sign with what everybody knows, in the hope that it is taken for a shared secret."""
    shared = base64.b64encode(provider.key.as_pem(private=False)).decode()
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(shared))


@pytest.mark.parametrize("forged", [by_another_key, by_nobody, by_our_secret, by_the_public_key])
def test_a_signature_that_is_not_the_providers_proves_nothing(
    app: Any,
    city: CityDatabase,
    provider: FakeProvider,
    forged: Callable[[dict[str, Any], FakeProvider], str],
) -> None:
    provider.knows("s-5", "pemalsu", "pantau-piket")
    provider.sign = lambda claims: forged(claims, provider)
    assert is_out(came(app), NOT_PROVEN)
    assert account(city, "pemalsu") is None


def test_an_answer_that_this_browser_did_not_ask_for_asks_nothing_of_the_provider(
    app: Any, provider: FakeProvider
) -> None:
    provider.knows("s-6", "orang", "pantau-piket")
    there, cookie = left(app)
    home = visit(there)
    provider.asked.clear()
    for address, held in (
        (home, ""),
        (home.replace("state=", "state=x"), cookie),
        (home.replace("state=", "estate="), cookie),
        (home, left(app)[1]),
        (home, "pantau_provider=.lang=id"),
        (home.replace("iss=http", "iss=https"), cookie),
    ):
        assert is_out(back(app, address, held), EXPIRED)
    assert "/token" not in provider.asked
    assert back(app, home, cookie).status == 200


def test_a_stolen_code_is_worth_nothing_in_another_browser(app: Any, provider: FakeProvider) -> None:
    provider.knows("s-7", "korban", "pantau-piket")
    there, _ = left(app)
    asked = query(there)
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{PAGE}/login/return"  # not where the Host header says we are
    assert "code_verifier" not in asked
    code = query(visit(there))["code"]
    thiefs, cookie = left(app)
    state = query(thiefs)["state"]
    assert is_out(back(app, f"{PAGE}/login/return?code={code}&state={state}", cookie), NOT_PROVEN)


def test_a_code_is_not_given_without_the_verifier_or_for_a_wrong_secret(provider: FakeProvider) -> None:
    """The provider of these tests is as strict as a real one, else the tests above would prove little."""
    basic = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    begun = {"code_challenge": "x", "code_challenge_method": "S256", "redirect_uri": "r", "nonce": "n"}
    provider.codes["c"] = begun
    assert provider.token({"code": "c", "redirect_uri": "r"}, f"Basic {basic}")[1] == {
        "error": "invalid_grant"
    }
    assert provider.token({"code": "c"}, "")[0] == 401


@pytest.mark.parametrize("told", ["error=access_denied", "", "code="])
def test_who_turns_back_at_the_provider_may_try_again(app: Any, told: str) -> None:
    there, cookie = left(app)
    state = query(there)["state"]
    assert is_out(back(app, f"{PAGE}/login/return?{told}&state={state}", cookie), NOT_PROVEN)


@pytest.mark.parametrize("roles", [(), ("offline_access",), ("PANTAU-PIKET",), ("admin",)])
def test_whoever_has_no_mapped_role_is_refused_with_a_sentence_in_their_language(
    app: Any, city: CityDatabase, provider: FakeProvider, roles: tuple[str, ...]
) -> None:
    provider.knows("s-8", "tamu", *roles)
    assert is_out(came(app, "?lang=en"), "has no role in Pantau")
    assert account(city, "tamu") is None
    assert trail(city, "tamu")[-1].details["why"] == "no role"


def test_who_is_disabled_here_stays_out_whatever_the_provider_says(
    app: Any, city: CityDatabase, provider: FakeProvider
) -> None:
    provider.knows("s-9", "mantan", "pantau-piket")
    held = {"cookie": f"pantau_session={came(app).cookies()['pantau_session']}"}
    desk_over(city.database).disable("mantan")
    provider.knows("s-9", "nama.baru", "pantau-piket")
    assert is_out(came(app), "dinonaktifkan")
    assert account(city, "nama.baru") is None
    assert trail(city, "mantan")[-1].details["why"] == "disabled"
    assert ask(app, "/boot.json", headers=held).status == 401
    desk_over(city.database).enable("mantan")
    assert came(app).status == 200


@pytest.mark.parametrize("name", ["kepala", "KEPALA", " Kepala "])
def test_nobody_becomes_their_namesake(
    app: Any, city: CityDatabase, provider: FakeProvider, name: str
) -> None:
    before = account(city, "Kepala")
    provider.knows("s-10", name, "pantau-lihat")
    assert is_out(came(app), "sudah dipakai akun lain")
    assert account(city, "Kepala") == before


@pytest.mark.parametrize("name", [None, "", "<b>x</b>", ["a"], "x" * 100])
def test_a_name_that_the_journal_cannot_write_is_refused(
    app: Any, provider: FakeProvider, name: object
) -> None:
    provider.knows("s-11", "apa", "pantau-piket")
    provider.claims = {"preferred_username": name}
    assert is_out(came(app), "tidak memberi nama")


def test_a_provider_that_changes_its_keys_needs_no_restart(app: Any, provider: FakeProvider) -> None:
    provider.knows("s-12", "rotasi", "pantau-piket")
    assert came(app).status == 200
    provider.key = new_key("two")
    assert came(app).status == 200


@pytest.mark.parametrize(("method", "secret"), [("client_secret_post", SECRET), ("none", "")])
def test_pantau_proves_itself_as_the_provider_wants_it(city: CityDatabase, method: str, secret: str) -> None:
    other = FakeProvider()
    try:
        other.method = method
        other.knows("s-1", f"lain {method}", "pantau-piket")
        assert came(app_with(city, other.issuer, secret=secret)).status == 200
        if secret:
            assert is_out(came(app_with(city, other.issuer, secret="wrong-secret")), NOT_PROVEN)
    finally:
        other.close()


def test_nobody_is_led_out_of_the_house(app: Any, provider: FakeProvider) -> None:
    provider.knows("s-13", "pergi", "pantau-piket")
    answer = came(app, "?next=https://evil.example/")
    assert 'content="0; url=/"' in answer.body


def test_a_dead_provider_costs_its_own_way_in_and_nothing_else(
    city: CityDatabase, provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    dying = FakeProvider()
    app = app_with(city, dying.issuer)
    assert dying.asked == []  # nothing is asked before somebody wants in
    there, cookie = left(app)
    home = visit(there)
    dying.close()
    for answer in (ask(app, "/login/provider?next=/wall"), back(app, home, cookie)):
        assert answer.status == 503
        assert AWAY in answer.body
        assert "pantau_session" not in answer.cookies()
    assert try_password(app, "Kepala", PASSWORD).status == 303
    assert SECRET not in caplog.text


def test_a_provider_of_another_name_is_not_asked_further(
    city: CityDatabase, provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    app = app_with(city, provider.issuer + "/")
    assert ask(app, "/login/provider").status == 503
    assert "write that as issuer" in caplog.text
