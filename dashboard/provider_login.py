"""The way in through the city's identity provider: there with a secret in a cookie, and back with a code."""

from __future__ import annotations

import asyncio
import hmac
import html
import logging
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.forgery import cookies
from dashboard.login_door import Door, Wish, let_in, show_page, visit_of, wish_of
from people.identities import IdentityRefused, Refusal, identity_of
from people.identity_provider import IdentityProvider, NotProven, ProviderUnavailable, derived
from people.provider_sign_in import account_vouched_for
from storage.ports import StorageUnavailable

RETURN_PATH = "/login/return"
_LOG = logging.getLogger(__name__)
_COOKIE = "pantau_provider"
# So long may somebody take to tell the provider who they are.
_COOKIE_LASTS_S = 900
_LONGEST_WISH = 1000
# So many threads may wait for the provider at once: a dead one must not hold up the pages.
_ASKING_AT_ONCE = 3
_SENTENCES: Mapping[Refusal, str] = {
    Refusal.NO_NAME: "login_no_name",
    Refusal.NO_ROLE: "login_no_role",
    Refusal.NAME_TAKEN: "login_name_taken",
    Refusal.DISABLED: "login_disabled",
}


def provider_routes(door: Door, provider: IdentityProvider) -> APIRouter:
    """Return the routes by which people sign in through the identity provider."""
    router = APIRouter(include_in_schema=False)
    asking = asyncio.Semaphore(_ASKING_AT_ONCE)

    @router.get("/login/provider")
    async def leave(request: Request) -> Response:
        async with asking:
            return await _leave(door, provider, request)

    @router.get(RETURN_PATH)
    async def come_back(request: Request) -> Response:
        secret, wish = _begun(door, request)
        if not _is_answer_to(secret, provider, request.query_params):
            return await show_page(door, request, wish, wrong="login_stale", status=403)
        async with asking:
            sentence, status = "login_unavailable", 503
            try:
                return await _let_in(door, provider, request, secret=secret, wish=wish)
            except ProviderUnavailable as error:
                _LOG.warning("nobody can sign in through the identity provider: %s", error)
                sentence = "login_provider_away"
            except NotProven as error:
                _LOG.warning("somebody did not prove who they are: %s", error)
                sentence, status = "login_not_proven", 403
            except IdentityRefused as error:
                sentence, status = _SENTENCES[error.why], 403
            except StorageUnavailable:
                pass
        return await show_page(door, request, wish, wrong=sentence, status=status)

    return router


async def _leave(door: Door, provider: IdentityProvider, request: Request) -> Response:
    wish, secret = wish_of(door, request.query_params), secrets.token_urlsafe(32)
    try:
        address = await asyncio.to_thread(provider.way_in, secret)
    except ProviderUnavailable as error:
        _LOG.warning("nobody can sign in through the identity provider: %s", error)
        return await show_page(door, request, wish, wrong="login_provider_away", status=503)
    answer = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
    # Lax, for it must come along from another site; it is good for this one sign-in only.
    answer.set_cookie(
        _COOKIE,
        f"{secret}.{_kept(wish)}",
        max_age=_COOKIE_LASTS_S,
        path="/login",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


async def _let_in(
    door: Door, provider: IdentityProvider, request: Request, *, secret: str, wish: Wish
) -> Response:
    code = request.query_params.get("code", "")
    if not code:
        # Such as access_denied, when somebody turned back.
        raise NotProven(f"the provider says {request.query_params.get('error', '')[:100]!r}")
    visit = visit_of(door, request)
    claims = await asyncio.to_thread(provider.claims, secret, code, visit.at)
    identity = identity_of(claims, provider.settings)
    account = await asyncio.to_thread(account_vouched_for, door.parts.database, identity, visit)
    onward = _onward(wish)
    answer = await asyncio.to_thread(let_in, door, request, onward, account=account, visit=visit)
    answer.delete_cookie(_COOKIE, path="/login")
    return answer


def _onward(wish: Wish) -> Response:
    """Return a page that leads on from here: along a redirect from elsewhere no session would be sent."""
    to = html.escape(wish.wanted)
    page = f'<!doctype html><meta http-equiv="refresh" content="0; url={to}"><title>Pantau</title>'
    return HTMLResponse(page, headers={"Cache-Control": "no-store"})


def _kept(wish: Wish) -> str:
    wanted = wish.wanted if len(wish.wanted) <= _LONGEST_WISH else "/"
    return urlencode({"lang": wish.language, "theme": wish.theme, "next": wanted})


def _begun(door: Door, request: Request) -> tuple[str, Wish]:
    """Return the secret of the sign-in that this browser began, "" for none, and what it wished for."""
    secret, _, kept = cookies(request.scope).get(_COOKIE, "").partition(".")
    return secret, wish_of(door, dict(parse_qsl(kept)))


def _is_answer_to(secret: str, provider: IdentityProvider, told: Mapping[str, str]) -> bool:
    """Tell whether what came back answers what this browser began, and comes from whom we asked."""
    expected = derived(secret, "state")
    fits = bool(secret) and hmac.compare_digest(expected.encode(), told.get("state", "").encode())
    return fits and told.get("iss", provider.settings.issuer) == provider.settings.issuer
