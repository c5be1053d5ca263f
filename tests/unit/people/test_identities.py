from __future__ import annotations

from typing import Any

import pytest

from config.oidc import Oidc
from people.identities import identity_of
from people.identity_provider import derived
from people.roles import Role

CLAIMS = {"iss": "https://sso.example", "sub": "s", "preferred_username": "siti"}


def role_of(told: Any, *, claim: str = "roles", **claims: Any) -> Role | None:
    meanings = {"a": "admin", "b": "operator", "c": "viewer"}
    settings = Oidc(issuer="https://sso.example", client_id="p", roles=meanings, roles_claim=claim)
    return identity_of({**CLAIMS, "roles": told, **claims}, settings).role


@pytest.mark.parametrize(
    ("told", "role"),
    [
        (["c", "b"], Role.OPERATOR),
        ("b", Role.OPERATOR),
        ("b c", None),
        (["A"], None),
        ([], None),
        (None, None),
        ({"b": True}, None),
        ([["b"], 7, None], None),
        ("abc", None),
    ],
    ids=str,
)
def test_who_has_several_roles_gets_the_first_that_the_settings_list(told: Any, role: Role | None) -> None:
    assert role_of(told) is role


def test_a_claim_may_lie_inside_another_or_hold_points_in_its_own_name() -> None:
    assert role_of(None, claim="realm.roles", realm={"roles": ["c"]}) is Role.VIEWER
    assert (
        role_of(None, claim="https://kota.example/roles", **{"https://kota.example/roles": ["a"]})
        is Role.ADMIN
    )
    assert role_of(None, claim="realm.roles", realm=["c"]) is None


def test_state_nonce_and_verifier_tell_neither_each_other_nor_the_secret() -> None:
    told = {derived("secret", purpose) for purpose in ("state", "nonce", "verifier")}
    assert len(told) == 3
    assert all(len(one) == 43 and one.replace("-", "").replace("_", "").isalnum() for one in told)
    assert derived("secret", "state") != derived("secreT", "state")
