"""The login page's HTML: no script, so that nothing stands between a person and the alarm list."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from urllib.parse import urlencode

from dashboard.texts import LANGUAGES, Texts

_LANGUAGE_NAMES = {"id": "Bahasa Indonesia", "en": "English"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """What one login page shows.

    Attributes:
        texts: Words of its language.
        language: `id` or `en`.
        theme: `dark` or `light`; "" for what the browser prefers.
        city: The city's name.
        wanted: Where the person wants to go.
        token: Proves that the form is ours.
        name: What they typed as their name, when they try again.
        wrong: Key of the sentence that says what is wrong; "" for nothing.
        provider: What the way through the identity provider is called; "" when there is none.
    """

    texts: Texts
    language: str
    theme: str
    city: str
    wanted: str
    token: str = field(repr=False)
    name: str = ""
    wrong: str = ""
    provider: str = ""


def login_page(page: LoginPage) -> str:
    """Return the page as HTML."""
    words = {key: html.escape(text) for key, text in page.texts.items() if key.startswith("login_")}
    theme = f' data-theme="{page.theme}"' if page.theme else ""
    wrong = words[page.wrong] if page.wrong else ""
    # Who tries again has typed their name already.
    focus_name, focus_password = ("", " autofocus") if page.name else (" autofocus", "")
    return (
        f'<!doctype html><html lang="{page.language}"{theme}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="dark light">'
        f"<title>{words['login_title']}</title>"
        '<link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/login.css"></head><body>'
        f'<main><h1>{words["login_title"]}</h1><p class="city">{html.escape(page.city)}</p>'
        f'<form method="post" action="{_address(page, page.language)}">'
        f'<p class="wrong" role="alert">{wrong}</p>'
        f'<input type="hidden" name="token" value="{html.escape(page.token)}">'
        f'<label for="name">{words["login_name"]}</label>'
        f'<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false"'
        f' value="{html.escape(page.name)}" required{focus_name}>'
        f'<label for="password">{words["login_password"]}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password"'
        f" required{focus_password}>"
        f"<button>{words['login_enter']}</button></form>"
        f"{_provider(page)}"
        f'<nav aria-label="{words["login_language"]}">{_languages(page)}</nav></main></body></html>'
    )


def _provider(page: LoginPage) -> str:
    # A link and no form: a form may only lead to this server, redirects included.
    if not page.provider:
        return ""
    address = _address(page, page.language, path="/login/provider")
    return f'<p><a class="provider" href="{address}">{html.escape(page.provider)}</a></p>'


def _languages(page: LoginPage) -> str:
    return "".join(_language(page, language) for language in LANGUAGES)


def _language(page: LoginPage, language: str) -> str:
    current = ' aria-current="true"' if language == page.language else ""
    address = _address(page, language)
    return f'<a href="{address}" lang="{language}"{current}>{_LANGUAGE_NAMES[language]}</a>'


def _address(page: LoginPage, language: str, *, path: str = "/login") -> str:
    theme = {"theme": page.theme} if page.theme else {}
    return html.escape(f"{path}?" + urlencode({"lang": language, **theme, "next": page.wanted}))
